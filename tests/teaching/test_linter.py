"""The linter is green on the course, and turns red for each thing that it promises to see."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from visret_lab.cli import app
from visret_lab.teaching.derive import SHOWN, answers
from visret_lab.teaching.linter import lint

ROOT = Path(__file__).parents[2]


@pytest.fixture
def course(tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / SHOWN).parent.mkdir(parents=True)
    shutil.copy(ROOT / SHOWN, tmp_path / SHOWN)
    return tmp_path


def change(course, name, edit):
    path = course / "notebooks" / name
    notebook = json.loads(path.read_text())
    edit(notebook["cells"])
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def rules(course, in_step=False):
    return {p["rule"] for p in lint(course, in_step=in_step)}


def first(cells, kind, word=""):
    return next(c for c in cells if c["cell_type"] == kind and word in "".join(c["source"]))


def test_the_course_is_clean(course):
    assert lint(course) == []


def test_one_word_of_a_derived_exercise(course):
    change(course, "exercises/01_evaluation.ipynb", lambda c: c[0].update(source="# Other words"))
    assert rules(course, in_step=True) == {"derived"}


def test_an_answer_that_solution_would_show_otherwise(course):
    change(course, "solutions/01_evaluation.ipynb", lambda c: first(c, "code", "def interval").update(
        source="def interval(scores, draws):\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION"))
    assert rules(course, in_step=True) == {"derived"}
    assert answers(course / "notebooks/solutions/01_evaluation.ipynb")[1]["interval"] == "def interval(scores, draws):\n    pass"


def test_an_exercise_without_a_solution(course):
    (course / "notebooks/solutions/01_evaluation.ipynb").unlink()
    assert {"derived", "solutions"} <= rules(course, in_step=True)


@pytest.mark.parametrize(("rule", "edit"), [
    ("outputs", lambda c: first(c, "code").update(outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}])),
    ("outputs", lambda c: first(c, "code").update(execution_count=3)),
    ("alt", lambda c: first(c, "code", "show_ranking(").update(metadata={})),
    ("long", lambda c: first(c, "code").update(source="\n".join(f"a{i} = {i}" for i in range(26)))),
    ("wide", lambda c: first(c, "code").update(source="a = " + "1 + " * 30 + "1")),
    ("imports", lambda c: c.insert(1, {"cell_type": "code", "metadata": {}, "source": "%matplotlib inline\nimport a.b\nfrom c import d as e"})),
    ("skeleton", lambda c: first(c, "markdown", "## Summary").update(source="## In short")),
    ("promise", lambda c: c[0].update(source="# Title only")),
    ("minutes", lambda c: c[0].update(source="# Title\n\nA promise.")),
    ("quiz", lambda c: c.remove(first(c, "code", "quiz("))),
    ("words", lambda c: first(c, "markdown", "## Summary").update(source="## Summary\n\nNowadays this is cutting-edge.")),
    ("typed", lambda c: first(c, "markdown", "## Summary").update(source="## Summary\n\nThe mAP is 0.57.")),
])
def test_the_linter_turns_red(course, rule, edit):
    change(course, "01_evaluation.ipynb", edit)
    assert rule in rules(course)


def test_exit_codes_and_json(course):
    run = CliRunner().invoke(app, ["notebooks", "check", "--json", "--root", str(course)])
    report = json.loads(run.stdout)
    assert run.exit_code == 0 and report["ok"] and "01_evaluation" in report["chapters"] and report["problems"] == []
    change(course, "01_evaluation.ipynb", lambda c: first(c, "code").update(execution_count=3))
    run = CliRunner().invoke(app, ["notebooks", "check", "--json", "--root", str(course)])
    assert run.exit_code == 1 and json.loads(run.stdout)["problems"][0]["rule"] == "outputs"


def test_derive_mends_what_check_found(course):
    change(course, "exercises/01_evaluation.ipynb", lambda c: c[0].update(source="# Other words"))
    runner = CliRunner()
    assert runner.invoke(app, ["notebooks", "derive", "--check", "--root", str(course)]).exit_code == 1
    assert runner.invoke(app, ["notebooks", "derive", "--root", str(course)]).exit_code == 0
    assert lint(course) == []


def test_an_unsolved_exercise_stops_at_its_first_check():
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(ROOT / "notebooks/exercises/00_welcome.ipynb", as_version=4)
    with pytest.raises(CellExecutionError, match="still empty"):
        NotebookClient(notebook, timeout=120).execute()
