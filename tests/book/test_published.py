"""Pages of published and own figures: every figure stands on one, with what was declared, and a verdict only where one is due."""

import re
import sys
from pathlib import Path

import numpy as np
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
    """A figure stands there if a number of the page is that figure, rounded: at most half a unit of the number's last digit off."""
    printed = {name: np.array([(float(n.replace(",", "")), 0.5001 * 10.0 ** -len(n.partition(".")[2]))
                               for n in set(re.findall(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?", text))])
               for name, text in published.pages().items()}
    for r in reproduce.rows():
        numbers, half = printed[f"published_{published.TABLES[r['table']].deck}"].T
        for value in [v for v in r["ours"].values() if not isinstance(v, str)]:
            near = np.abs(numbers - value) <= half
            assert near.any() and half[near].min() <= max(0.06 * abs(value), 0.0006), (r["table"], r["row"], r["metric"], value)
        assert r["published"] is None or np.isclose(numbers, r["published"], rtol=1e-6).any()


def test_a_published_figure_that_nobody_ran_says_so(published):
    text = published.section("semart", [row()], {})
    assert "| x | 0.5 (not\u00a0run) |" in text and "Runs: none yet." in text and "Published in: a paper." in text
    kept = {("semart", "mini"): record()}
    text = published.section("semart", [row(), row("y"), row(metric="R@1, museum", told=None, mini=0.25)], kept)
    assert "| method | R@1 |\n| --- | --- |\n| x | 0.5 (not\u00a0run) |\n| y | 0.5 (not\u00a0run) |\n" in text
    assert "**Ours, mini**" in text and "| method | R@1, museum |\n| --- | --- |\n| x | 0.250 |\n" in text  # y has none


def test_a_verdict_only_on_the_same_set_and_by_the_declared_tolerance(published):
    kept = {("semart", "full"): record([{"row": "x", "metric": "R@1", "value": 0.505, "low": 0.4, "high": 0.6}])}
    text = published.section("semart", [row(full=0.505)], kept)
    assert "| x | 0.5 (within ±0.01) |" in text and "| x | 0.505 [0.400,\u00a00.600] |" in text
    assert published.verdict(row(full=0.48), kept) == "outside ±0.01, by 0.010"
    own = published.section("semart", [row(), row("y", "R@1, museum", None, full=0.25)], kept)
    assert "| y | 0.250 |" in own
    assert "seed 3, tolerance 0.01 (so)" in own


def test_the_reason_of_a_tolerance_stands_once_for_all_unless_a_table_has_its_own(published):
    for tier, (size, reason) in reproduce.TOLERANCE.items():
        assert f"{tier} ±{size} ({reason})" in published.overview({name: [] for name in published.TABLES}, {})
    size, reason = reproduce.TOLERANCE["mini"]
    told = published.section("semart", [row(mini=0.5)], {("semart", "mini"): record(tolerance=size) | {"tolerance_reason": reason}})
    assert f"mini: seed 3, tolerance {size}.\n" in told and reason not in told


def test_what_nobody_published_has_no_table_of_published_figures(published):
    text = published.section("semart", [row(told=None, mini=0.25)], {("semart", "mini"): record()})
    assert "Nothing was published" in text and text.count("| method |") == 1 and "**Published" not in text


def test_more_measures_than_methods_stand_in_lines(published):
    rows = [row(name, f"R@{k}", told=k + add) for name, add in (("x", 0.1), ("y", 0.2)) for k in range(8) if (name, k) != ("x", 1)]
    text = published.table("t", rows, lambda r: published.printed(r["published"]))
    assert "| measure | x | y |\n" in text and "| R@0 | 0.1 | 0.2 |" in text and "| R@1 |  | 1.2 |" in text
    assert "| method | R@0 | R@2 |" in published.table("t", [r for r in rows if r["metric"] in ("R@0", "R@2")], lambda r: "1")


def test_the_first_page_counts(published):
    tables = {name: [] for name in published.TABLES}
    tables["semart"] = [row(mini=0.505), row("y", mini=0.7), row("z"), row("o", "R@1, museum", None, mini=0.1)]
    text = published.overview(tables, {("semart", "mini"): record()})
    assert "| {ref}`Paintings and their comments <table-semart>` | [25](../notebooks/25_semart.ipynb) | 3 | 2 | 1 | 1 |" in text


def test_the_first_page_says_what_the_runs_were_made_on(published):
    assert published.made_on({("a", "mini"): record(), ("b", "mini"): None}) == ""
    told = published.made_on({("a", "mini"): record() | {"processor": "P"}, ("b", "mini"): record() | {"processor": "O"},
                              ("b", "campus"): record() | {"processor": "Q"}})
    assert told.startswith("The runs of mini were made on O and P. ")


def test_bars_and_stars_of_names_are_escaped(published):
    assert published.markdown(["a"], [["x|y *"]]).splitlines()[2] == "| x\\|y \\* |"


def test_the_contents_name_every_page(published):
    named = set(re.findall(r"file: generated/(published\w+)", (ROOT / "book" / "_toc.yml").read_text()))
    assert named == set(published.pages())


def test_a_value_and_its_interval_have_as_many_decimals(published):
    def shown(value, low, high):
        kept = {("semart", "mini"): record([{"row": "x", "metric": "R@1", "value": value, "low": low, "high": high}])}
        return published.ours(row(mini=value), "mini", kept).replace("\u00a0", " ")

    assert shown(-0.0025, -0.0048, -0.00048) == "-0.0025 [-0.0048, -0.0005]"
    assert shown(-0.024, -0.052, -0.00047) == "-0.024 [-0.052, -0.000]"  # the end lies left of 0
    assert shown(-0.00001, -0.2, 0.2) == "0.000 [-0.200, 0.200]"
    assert shown(0.98, 0.96, 1.0) == "0.980 [0.960, 1.000]" and shown(4130.2, 900.0, 5000.0) == "4,130 [900, 5,000]"
    assert shown(2.0, 1.5, 14.25) == "2.0 [1.5, 14.2]"


def test_a_figure_has_the_digits_that_say_something(published):
    assert [published.figure(v) for v in (0.7031, -0.00004, -0.0, 1.0, 0.00031, -0.0021, 2.0, 210.5, 4130.2)] == [
        "0.703", "0.000", "0.000", "1.000", "0.00031", "-0.0021", "2.0", "210.5", "4,130"]
    assert [published.printed(v) for v in (0.68, 3.47, 200000.0, 4.13e6)] == ["0.68", "3.47", "200,000", "4,130,000"]
