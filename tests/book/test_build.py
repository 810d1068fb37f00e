"""Notebooks run in groups, each in order; a notebook is asked whether it is fresh only after those of its group before it have run."""

import sys
from pathlib import Path

import nbformat
import pytest

from visret_lab.tables import cumulative

ROOT = Path(__file__).parents[2]


@pytest.fixture
def build(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "book"), *sys.path])
    import build

    return build


def test_a_chapter_is_asked_after_the_earlier_ones_have_run(build, monkeypatch, capsys):
    sources = [ROOT / "notebooks" / f"{name}.ipynb" for name in ("01_a", "02_b", "03_c")]
    story = []
    monkeypatch.setattr(build, "is_fresh", lambda source: story.append(f"fresh? {source.stem}") or source.stem == "02_b")
    monkeypatch.setattr(build, "run", lambda source: story.append(f"run {source.stem}") or (1.0, "boom" if "c" in source.stem else ""))
    assert build.execute(sources) == ["03_c.ipynb"]
    assert story == ["fresh? 01_a", "run 01_a", "fresh? 02_b", "fresh? 03_c", "run 03_c"]
    assert "[1/3] 01_a.ipynb: ok" in capsys.readouterr().out


def test_chapters_that_share_features_run_in_order_and_solutions_fill_the_gaps(build):
    folder = ROOT / "notebooks"
    names = ["00_welcome", "05_b", "12_codes", "21_c", "22_film", "24_text", "26_d", "27_e", "solutions/05_b", "solutions/12_codes"]
    sources = [folder / f"{name}.ipynb" for name in names]
    found = [[s.relative_to(folder).with_suffix("").as_posix() for s in group] for group in build.groups(sources)]
    assert found == [["12_codes", "21_c"], ["00_welcome", "05_b"], ["22_film"], ["24_text", "26_d"], ["27_e"], ["solutions/05_b"],
                     ["solutions/12_codes"]]


def test_a_group_without_chapters_is_left_out(build):
    source = ROOT / "notebooks" / "25_a.ipynb"
    assert build.groups([source]) == [[source]]


def test_a_table_is_filled_with_what_ran_later_in_another_group(build, monkeypatch, tmp_path):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(build, "EXECUTED", tmp_path)
    row = {"dataset": "town", "protocol": "medium", "low": 0.1, "high": 0.9, "bytes": 4, "ms": 1.0}
    shown = cumulative.grow("12_codes", [{**row, "method": "codes", "mAP": 0.5}])
    output = nbformat.v4.new_output("display_data", {"text/html": shown.data})
    cell = nbformat.v4.new_code_cell('cumulative.grow("12_codes", found)', outputs=[output])
    other = nbformat.v4.new_code_cell("show()", outputs=[output])
    build.write(nbformat.v4.new_notebook(cells=[cell, other]), tmp_path / "12_codes.ipynb")
    cumulative.save("05_b", [{**row, "method": "words", "mAP": 0.4}])
    build.fill_table(ROOT / "notebooks" / "12_codes.ipynb")
    first, second = (c.outputs[0]["data"]["text/html"] for c in nbformat.read(tmp_path / "12_codes.ipynb", 4).cells)
    assert "words" in first and "codes" in first and second == shown.data and "words" not in second


def test_solutions_have_a_title_of_their_own_and_no_marks(build):
    notebook = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_markdown_cell("# Exercises: colour\n\nWrite each answer."),
        nbformat.v4.new_code_cell("def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION")])
    build.as_answers(notebook, "02_color.ipynb")
    assert notebook.cells[0].source.startswith("# Solutions: colour\n\n") and "Write each" not in notebook.cells[0].source
    assert notebook.cells[1].source == "def f(x):\n    return x\n" and "model answer" not in notebook.cells[0].source
    notebook.cells[0].source = "# Exercises: colour\n\nWrite."
    notebook.cells.append(nbformat.v4.new_markdown_cell("## 8. Open: your own\n\nTry."))
    build.as_answers(notebook, "02_color.ipynb")
    assert "*open* exercise has no model answer" in notebook.cells[0].source


def test_only_pictures_above_the_first_answer_go_into_the_exercises(build, tmp_path):
    def notebook(answer, **kept):
        cells = [nbformat.v4.new_code_cell("draw()", **kept), nbformat.v4.new_code_cell(answer, **kept), nbformat.v4.new_code_cell("show()", **kept)]
        return nbformat.v4.new_notebook(cells=cells)

    picture = nbformat.v4.new_output("display_data", {"image/png": "AAAA"})
    words = nbformat.v4.new_output("stream", text="seen")
    nbformat.write(notebook("raise NotImplementedError"), tmp_path / "exercise.ipynb")
    nbformat.write(notebook("return 1", outputs=[words, picture]), tmp_path / "solved.ipynb")
    made = nbformat.reads(build.with_drawings(tmp_path / "exercise.ipynb", tmp_path / "solved.ipynb").decode(), 4)
    assert [[o.output_type for o in c.outputs] for c in made.cells] == [["display_data"], [], []]
