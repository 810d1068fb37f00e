"""The timeline: what is written of a method's lists can be read back, its failures are its own, and its record agrees with the others."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.test_failures import Painted, ranking
from visret_lab.evaluation import Result, average_precision, ground_truth
from visret_lab.tables import reproduce
from visret_lab.tables.experiments import timeline

ROOT = Path(__file__).parents[2]
RECORD = reproduce.record("timeline", "mini")
# Where another table has the very same run: name on the line -> (table, row)
SAME = {"Colour histogram": ("handmade", "HSV histogram, chi-squared"), "GIST": ("handmade", "GIST, colour"),
        "Bag of words": ("aggregated", "BoW, 1,000 words"), "Hamming embedding": ("aggregated", "BoW, 1,000 words + 64 bits"),
        "VLAD": ("aggregated", "VLAD, 64 words"), "Fisher vector": ("aggregated", "FV, 64 Gaussians"),
        "Neural codes": ("deep", "fc6 codes, MiniVGG"), "R-MAC": ("deep", "R-MAC, MiniVGG"), "CroW": ("deep", "CroW, MiniVGG"),
        "R-MAC, trained": ("end-to-end", "R-MAC, triplets, cleaned pictures"),
        "NetVLAD, trained": ("end-to-end", "NetVLAD, triplets, cleaned pictures"),
        "GeM, then HardNet": ("deep-local", "GeM at half size, MiniVGG, first 100 by HardNet, narrow"),
        "Diffusion": ("expansion-diffusion", "diffusion, chosen elsewhere, GeM, 3 sizes, MiniVGG"),
        "Similarity network": ("similarity-networks", "SimNet*, 0.4, Landmarks-extra"), "The whole system": ("full-system", "full")}


class Three(Painted):
    """The same question three times, under three names."""

    queries = [Painted.queries[0].__class__(f"q{i}", "p0", None) for i in range(3)]


def found(*rankings):
    """A Result and its ranking for rankings of the three queries."""
    stacked = np.stack(rankings)
    return Result("m", average_precision(stacked, ground_truth(Three(), "medium")), "painted", "medium"), stacked


GOOD, BAD, MIXED = ranking(0, *range(1, 11)), ranking(*range(11, 31)), ranking(0, 1, 2, 3, 4, 5, *range(11, 31))


def test_lists_can_be_read_back():
    result, stacked = found(GOOD, MIXED, BAD)
    lists = timeline.lists(result, stacked, Three(), "medium")
    assert [one["query"] for one in lists] == ["q0", "q1", "q2"]
    assert [int(i) for i in lists[1]["top"].split()] == MIXED[:12].tolist()
    assert [int(i) for i in lists[1]["hits"].split()] == [0, 1, 2, 3, 4, 25, 26, 27, 28, 29]  # the own picture is junk
    assert lists[0]["ap"] == 1.0 and lists[2]["ap"] < 0.3


def test_failures_are_the_worst_query_and_another_one_far_below_the_median():
    mine, best, other = found(BAD, MIXED, MIXED), found(GOOD, GOOD, GOOD), found(GOOD, MIXED, GOOD)
    made = timeline.worst("m", {"m": mine, "best": best, "other": other, "third": other}, Three(), "medium")
    assert [(one["query"], one["kind"]) for one in made] == [("q0", "its worst query"), ("q2", "farthest below the others")]
    assert made[1]["median"] == 1.0 and made[1]["found"] == 5 and made[1]["missed"] == "p10 p9 p8"
    assert made[1]["head"] == "p1 p2 p3 p4 p5 p11"


def test_queries_are_spread_over_all():
    class Many:
        queries = [None] * 55

    chosen = timeline.chosen_queries(Many())
    assert len(chosen) == timeline.QUERIES == 20 and chosen[0] == 0 and chosen[-1] == 54 and np.diff(chosen).max() <= 3


def test_steps_are_in_the_order_of_their_years_and_have_chapters_and_sources():
    keys = set(re.findall(r"@\w+\{([^,]+),", (ROOT / "book" / "references.bib").read_text("utf-8")))
    years = [step.year for step in timeline.STEPS]
    assert years == sorted(years) and len({step.name for step in timeline.STEPS}) == len(years)
    for step in timeline.STEPS:
        assert step.source in keys and (ROOT / "notebooks" / f"{step.chapter}.ipynb").is_file(), step


def test_other_tiers_have_no_line():
    assert timeline.run("campus") == []


@pytest.mark.skipif(RECORD is None, reason="nobody has run the timeline")
@pytest.mark.parametrize("name", sorted(SAME))
def test_the_record_agrees_with_the_table_that_has_the_same_run(name):
    table, row = SAME[name]
    other = {r["row"]: r["value"] for r in reproduce.record(table, "mini")["rows"] if r["metric"] == "mAP, town, medium"}
    ours = {r["row"]: r["value"] for r in RECORD["rows"] if r["metric"] == "mAP, town, medium"}
    assert ours[name] == pytest.approx(other[row], abs=0.005)


@pytest.mark.skipif(RECORD is None, reason="nobody has run the timeline")
def test_the_record_has_every_step_with_its_lists_and_failures():
    rows = {r["row"]: r for r in RECORD["rows"] if r["metric"] == "mAP, town, medium"}
    assert list(rows) == [step.name for step in timeline.STEPS]
    assert all(len(r["lists"]) == timeline.QUERIES and len(r["failures"]) == 2 for r in rows.values())
