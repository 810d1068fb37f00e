import sys
from pathlib import Path

import pytest

from visret_lab.tables import reproduce


@pytest.fixture
def pages(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2] / "book"), *sys.path])
    import pages

    return pages


def test_every_table_has_a_title(pages):
    assert {r["table"] for r in reproduce.rows()} <= set(pages.TITLES)


def test_methods_are_rows_and_measures_are_columns(pages):
    rows = [{"row": "a|b", "metric": "m", "v": 1}, {"row": "c", "metric": "n", "v": 2}]
    assert pages.pivot(rows, lambda r: r["v"]).splitlines() == [
        "| method | m | n |", "| --- | --- | --- |", "| a\\|b | 1 | - |", "| c | - | 2 |"]


def test_a_published_value_stands_beside_ours_or_not_run(pages, monkeypatch):
    def rows(ours):
        return [{"table": "semart", "row": r, "metric": "R@1", "published": 0.5, "source": "a paper",
                 "ours": {"mini": "not run", "campus": "not run", "full": o}} for r, o in ours.items()]

    monkeypatch.setattr(reproduce, "rows", lambda: rows({"x": "not run", "y": "not run"}))
    assert "| x | 0.5 |" in pages.published() and "Ours on these sets: not run" in pages.published()
    monkeypatch.setattr(reproduce, "rows", lambda: rows({"x": 0.25, "y": "not run"}))
    assert "| x | 0.5 / 0.250 |" in pages.published() and "| y | 0.5 / not run |" in pages.published()


def test_every_recorded_value_is_on_the_page(pages):
    text = pages.published()
    for row in reproduce.rows():
        for value in row["ours"].values():
            assert isinstance(value, str) or f"{value:.3f}" in text


def test_measures_of_the_same_methods_stand_in_one_table(pages, monkeypatch):
    ours = [("x", "A"), ("y", "A"), ("x", "B"), ("y", "B"), ("x", "C")]
    monkeypatch.setattr(reproduce, "rows", lambda: [
        {"table": "semart", "row": r, "metric": m, "published": None, "source": "", "ours": {
            "mini": "not run", "campus": 0.5, "full": "not run"}} for r, m in ours])
    text = pages.published()
    assert "| method | A | B |\n| --- | --- | --- |\n| x | 0.500 | 0.500 |\n| y | 0.500 | 0.500 |" in text
    assert "| method | C |\n| --- | --- |\n| x | 0.500 |\n\n" in text


def test_a_chapter_over_its_budget_is_not_ok(pages):
    row = {"ok": True, "seconds": 59.0, "peak_bytes": 1.9e9}
    assert pages.state(row, 60, 2e9) == "ok"
    assert pages.state({**row, "seconds": 61.0}, 60, 2e9) == pages.state({**row, "peak_bytes": 2.1e9}, 60, 2e9) == "over budget"
    assert pages.state({**row, "ok": False}, 60, 2e9) == "failed"
