"""Pages of published and own figures: every figure stands on one, with what was declared, and a verdict only where one is due."""

import re
import sys
from pathlib import Path

import pytest

from visret_lab.tables import reproduce

ROOT = Path(__file__).parents[2]


@pytest.fixture
def published(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "book"), *sys.path])
    import published

    return published


def row(name="x", metric="R@1", told=0.5, **ours):
    return {"table": "semart", "row": name, "metric": metric, "published": told, "source": "a paper",
            "ours": {t: ours.get(t, "not run") for t in reproduce.TIERS}}


def record(rows=(), tolerance=0.01):
    return {"seed": 3, "tolerance": tolerance, "tolerance_reason": "so", "rows": list(rows)}


def test_every_table_is_on_a_page_of_its_deck_and_every_chapter_is_there(published):
    assert {r["table"] for r in reproduce.rows()} <= set(published.TABLES)
    assert {t.deck for t in published.TABLES.values()} == set(published.DECKS)
    for about in published.TABLES.values():
        assert all(published.link(c).startswith(f"[{c}](../notebooks/{c}_") for c in about.chapters)


def test_every_figure_of_every_record_and_of_every_paper_stands_on_the_page_of_its_table(published):
    pages = published.pages()
    for r in reproduce.rows():
        page = pages[f"published_{published.TABLES[r['table']].deck}"]
        for value in [published.figure(v) for v in r["ours"].values() if not isinstance(v, str)]:
            assert value in page
        assert r["published"] is None or published.printed(r["published"]) in page


def test_a_published_figure_that_nobody_ran_says_so(published):
    text = published.section("semart", [row()], {})
    assert "| x | R@1 | 0.5 | not run |" in text and "Runs: none yet." in text and "Published in: a paper." in text
    kept = {("semart", "mini"): record()}
    own = row(metric="R@1, museum", told=None, mini=0.25)
    text = published.section("semart", [row(), row("y"), own], kept)
    assert "| x | R@1 | 0.5 |  | not run |\n| x | R@1, museum |  | 0.250 |  |\n| y |" in text  # a method's rows stand together


def test_a_verdict_only_on_the_same_set_and_by_the_declared_tolerance(published):
    kept = {("semart", "full"): record([{"row": "x", "metric": "R@1", "value": 0.505, "low": 0.4, "high": 0.6}])}
    assert "| x | R@1 | 0.5 | 0.505 [0.400, 0.600] | within ±0.01 |" in published.section("semart", [row(full=0.505)], kept)
    assert published.verdict(row(full=0.48), kept) == "outside ±0.01, by 0.010"
    own = published.section("semart", [row(), row("y", "R@1, museum", None, full=0.25)], kept)
    assert "| y | R@1, museum |  | 0.250 |  |" in own
    assert "seed 3, tolerance 0.01 (so)" in own


def test_a_table_that_nobody_published_has_no_columns_for_it(published):
    text = published.section("semart", [row(told=None, mini=0.25)], {("semart", "mini"): record()})
    assert "| method | measure | ours, mini |" in text and "Nothing was published" in text


def test_the_first_page_counts(published):
    tables = {name: [] for name in published.TABLES}
    tables["semart"] = [row(mini=0.505), row("y", mini=0.7), row("z"), row("o", "R@1, museum", None, mini=0.1)]
    text = published.overview(tables, {("semart", "mini"): record()})
    assert "| {ref}`Paintings and their comments <table-semart>` | [25](../notebooks/25_semart.ipynb) | 3 | 2 | 1 | 1 |" in text


def test_bars_and_stars_of_names_are_escaped(published):
    assert published.markdown(["a"], [["x|y *"]]).splitlines()[2] == "| x\\|y \\* |"


def test_the_contents_name_every_page(published):
    named = set(re.findall(r"file: generated/(published\w+)", (ROOT / "book" / "_toc.yml").read_text()))
    assert named == set(published.pages())


def test_a_figure_has_the_digits_that_say_something(published):
    assert [published.figure(v) for v in (0.7031, -0.00004, -0.0, 1.0, 0.00031, -0.0021, 2.0, 210.5, 4130.2)] == [
        "0.703", "0.000", "0.000", "1.000", "0.00031", "-0.0021", "2.0", "210.5", "4,130"]
    assert [published.printed(v) for v in (0.68, 3.47, 200000.0, 4.13e6)] == ["0.68", "3.47", "200,000", "4,130,000"]
