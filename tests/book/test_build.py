"""Notebooks run in two lanes, each in order; a notebook is asked whether it is fresh only after those before it have run."""

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


def test_local_features_run_in_one_lane_and_all_else_in_the_other(build):
    folder = ROOT / "notebooks"
    names = ["00_welcome.ipynb", "05_b.ipynb", "12_codes.ipynb", "13_c.ipynb", "solutions/05_b.ipynb", "solutions/12_codes.ipynb"]
    first, second = build.lanes([folder / name for name in names])
    assert first == [folder / n for n in names[:2]] and second == [folder / n for n in names[2:]]


def test_a_table_is_filled_with_what_ran_later_in_the_other_lane(build, monkeypatch, tmp_path):
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
