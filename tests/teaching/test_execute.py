import json

import nbformat
import pytest

from visret_lab.teaching import budgets
from visret_lab.teaching.execute import execute


def notebook(path, *cells):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    nbformat.write(made, path)
    return path


def test_outputs_come_back_and_the_file_stays(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "x = 2", "import os; print(x + 3, os.path.basename(os.getcwd()))")
    before = path.read_bytes()
    done, error = execute(path)
    assert error == "" and done.cells[1].outputs[0].text == f"5 {tmp_path.name}\n"
    assert path.read_bytes() == before


def test_an_error_is_told(tmp_path):
    _, error = execute(notebook(tmp_path / "a.ipynb", "1 / 0"))
    assert "ZeroDivisionError" in error


def test_a_cell_that_never_ends(tmp_path):
    _, error = execute(notebook(tmp_path / "a.ipynb", "import time; time.sleep(60)"), timeout=1)
    assert "timed out" in error


@pytest.mark.parametrize(("cell", "ok"), [("x = bytearray(200_000_000); import time; time.sleep(1)", True), ("1 / 0", False)])
def test_the_budget_sees_memory_and_failure(tmp_path, cell, ok):
    row = budgets.measure(notebook(tmp_path / "a.ipynb", cell))
    assert row["ok"] is ok and row["chapter"] == "a"
    assert not ok or (row["peak_bytes"] > 200e6 and row["seconds"] > 1)


def test_the_record_keeps_chapters_that_were_not_measured_now(tmp_path, monkeypatch):
    monkeypatch.setattr(budgets, "RECORD", tmp_path / "records" / "status.json")
    budgets.save([{"chapter": "b", "seconds": 1.0}, {"chapter": "a", "seconds": 2.0}])
    budgets.save([{"chapter": "b", "seconds": 3.0}])
    kept = json.loads(budgets.RECORD.read_text())["chapters"]
    assert [(row["chapter"], row["seconds"]) for row in kept] == [("a", 2.0), ("b", 3.0)]
