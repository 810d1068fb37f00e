import json
import os

import nbformat
import pytest
from typer.testing import CliRunner
from nbclient.exceptions import DeadKernelError

from visret_lab.cli import app
from visret_lab.teaching import budgets
from visret_lab.teaching.commands import chapter_paths
from visret_lab.teaching.execute import execute
from visret_lab.teaching.warm_kernel import can_fork

WARM = [False, pytest.param(True, marks=pytest.mark.skipif(not can_fork(), reason="kernels cannot be forked here"))]


def notebook(path, *cells):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    nbformat.write(made, path)
    return path


@pytest.mark.parametrize("warm", WARM)
def test_outputs_come_back_and_the_file_stays(tmp_path, warm):
    path = notebook(tmp_path / "a.ipynb", "x = 2", "import os; print(x + 3, os.path.basename(os.getcwd()))")
    before = path.read_bytes()
    done, error = execute(path, warm=warm)
    assert error == "" and done.cells[1].outputs[0].text == f"5 {tmp_path.name}\n"
    assert path.read_bytes() == before


@pytest.mark.parametrize("warm", WARM)
def test_an_error_is_told(tmp_path, warm):
    _, error = execute(notebook(tmp_path / "a.ipynb", "1 / 0"), warm=warm)
    assert "ZeroDivisionError" in error and "\x1b" not in error  # its colours would be signs in a log


@pytest.mark.parametrize("warm", WARM)
def test_a_cell_that_never_ends(tmp_path, warm):
    _, error = execute(notebook(tmp_path / "a.ipynb", "import time; time.sleep(60)"), timeout=1, warm=warm)
    assert "timed out" in error


@pytest.mark.parametrize("warm", WARM)
def test_a_kernel_that_dies_does_not_hang(tmp_path, warm):
    with pytest.raises(DeadKernelError):
        execute(notebook(tmp_path / "a.ipynb", "import os; os._exit(3)"), warm=warm)


LOOKED_AT = """import os, subprocess, sys
import matplotlib.pyplot as plt
print(sorted(n for n in dir() if not n.startswith("_") and n not in ("In", "Out", "exit", "quit", "get_ipython", "open")))
print("pandas" in sys.modules, os.environ.get("VISRET_TOLD"), plt.get_backend(), sys.executable, sys.path[0], os.getpid())
print(subprocess.run([sys.executable, "-c", "print(input())"], input="words", text=True, capture_output=True).stdout)
plt.plot([1, 2]);"""


@pytest.mark.skipif(not can_fork(), reason="kernels cannot be forked here")
def test_a_warm_kernel_is_like_any_other(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_TOLD", "now")  # the environment of the call, and not that of the server
    path = notebook(tmp_path / "a.ipynb", LOOKED_AT)
    words, drawings, numbers = [], [], set()
    for warm in (False, True, True):
        outputs = execute(path, warm=warm)[0].cells[0].outputs
        text = "".join(o.text for o in outputs if o.output_type == "stream").split()
        numbers.add(int(text[-2]))
        loaded = text.index("now") - 1
        assert text[loaded] == str(warm)
        words.append(text[:loaded] + text[loaded + 1:-2] + text[-1:])
        drawings.append([o.data["image/png"] for o in outputs if o.output_type != "stream"])
    assert words[0] == words[1] == words[2] and drawings[0] == drawings[1] == drawings[2] and len(numbers) == 3
    for number in numbers:
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)  # they have ended


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


@pytest.mark.parametrize(("tier", "word", "code"), [("mini", "over budget", 1), ("campus", "ok", 0)])
def test_the_budget_is_for_the_mini_tier(tmp_path, monkeypatch, tier, word, code):
    """Real photographs take minutes, which is no fault of the chapter."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setenv("VISRET_TIER", tier)
    monkeypatch.setattr(budgets, "SECONDS", 0)
    notebook(tmp_path / "notebooks" / "00_a.ipynb", "1")
    run = CliRunner().invoke(app, ["notebooks", "run", "--root", str(tmp_path)])
    assert run.exit_code == code and run.stdout.strip().endswith(word)


def test_another_tier_is_not_written_into_the_record(monkeypatch):
    monkeypatch.setenv("VISRET_TIER", "campus")
    run = CliRunner().invoke(app, ["notebooks", "run", "--save"])
    assert run.exit_code == 1 and "--save" in str(run.exception)


def test_chapters_by_number_or_name(tmp_path):
    (tmp_path / "notebooks").mkdir()
    for name in ("01_a", "02_b"):
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text("{}")
    assert [p.stem for p in chapter_paths(tmp_path, None)] == ["01_a", "02_b"]
    assert [p.stem for p in chapter_paths(tmp_path, ["02", "01_a"])] == ["02_b", "01_a"]
    with pytest.raises(ValueError, match="no chapter '3'. There are: 01_a, 02_b"):
        chapter_paths(tmp_path, ["3"])


def test_a_notebook_by_its_path(tmp_path, monkeypatch):
    """What the shell completes: also solutions, whose measure does not belong into the record of the chapters."""
    monkeypatch.setattr(budgets, "RECORD", tmp_path / "status.json")
    (tmp_path / "notebooks" / "solutions").mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    solution = tmp_path / "notebooks" / "solutions" / "00_a.ipynb"
    notebook(solution, "1")
    chapter = notebook(tmp_path / "notebooks" / "00_a.ipynb", "1")
    assert chapter_paths(tmp_path, [str(chapter), str(solution)], others=True) == [chapter, solution]
    with pytest.raises(ValueError, match="There is no chapter"):  # its deck would take the place of the chapter's
        chapter_paths(tmp_path, [str(solution)])
    run = CliRunner().invoke(app, ["notebooks", "run", "--root", str(tmp_path), str(solution)])
    assert run.exit_code == 0 and run.stdout.strip().endswith("ok")
    run = CliRunner().invoke(app, ["notebooks", "run", "--save", "--root", str(tmp_path), str(solution)])
    assert run.exit_code == 1 and "chapters only" in str(run.exception)
    run = CliRunner().invoke(app, ["notebooks", "run", "--root", str(tmp_path), f"{solution}x"])
    assert run.exit_code == 1 and "There is no chapter" in str(run.exception)
