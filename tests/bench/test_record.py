"""The record of the races: one chapter raced again must not cost the others."""

import json

import pytest
from typer.testing import CliRunner

from visret_lab.bench import record
from visret_lab.bench import run as bench
from visret_lab.bench.race import RaceError
from visret_lab.cli import app


def row(chapter, name):
    return {"chapter": chapter, "name": name}


def test_a_chapter_raced_again_leaves_the_others(tmp_path):
    path = tmp_path / "bench.json"
    record.keep([row("02_b", "old"), row("01_a", "first"), row("02_b", "gone")], path)
    record.keep([row("02_b", "new"), row("03_c", "last")], path)
    assert [r["name"] for r in json.loads(path.read_text())["races"]] == ["first", "new", "last"]


def test_what_is_no_longer_raced_goes_with_the_whole_course_raced_again(tmp_path, monkeypatch):
    path = tmp_path / "bench.json"
    record.keep([row("01_a", "x"), row("02_gone", "y")], path)
    monkeypatch.setattr(record, "versions", lambda: {"python": "9", "machine": "other"})
    record.keep([row("01_a", "z")], path, whole=True)
    assert [r["name"] for r in json.loads(path.read_text())["races"]] == ["z"]


def test_other_versions_are_not_mixed(tmp_path, monkeypatch):
    path = tmp_path / "bench.json"
    record.keep([row("01_a", "x"), row("02_b", "y")], path)
    before = path.read_bytes()
    monkeypatch.setattr(record, "versions", lambda: {"python": "9", "machine": "other"})
    with pytest.raises(ValueError, match="raced with .*python 3.*visret bench --save"):
        record.keep([row("02_b", "z")], path)
    assert path.read_bytes() == before
    record.keep([row("01_a", "x"), row("02_b", "z")], path)  # all of them: nothing is mixed
    assert json.loads(path.read_text())["versions"]["python"] == "9"


def test_nothing_is_written_where_an_output_differs(monkeypatch):
    def differs(race):
        raise RaceError(f"{race.name} differs")

    monkeypatch.setattr(bench, "run_race", differs)
    monkeypatch.setattr(bench, "keep", lambda *rows, **whole: pytest.fail("written"))
    original = bench.all_races
    monkeypatch.setattr(bench, "all_races", lambda chapter=None: original("01", small=True))
    run = CliRunner().invoke(app, ["bench", "--chapter", "01", "--save"])
    assert run.exit_code == 1 and "nothing was written" in run.output
