"""The timeline and the failure museum as pages: what they say is what the record says, and every picture has its word."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.test_failures import Painted
from visret_lab.tables.experiments.timeline import STEPS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def book(monkeypatch):
    """(timeline_page, museum_page), on a painted set of grey pictures in place of the town."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "book"), *sys.path])
    import museum_page
    import timeline_page

    class Grey(Painted):
        def image(self, image_id):
            return np.full((30, 40, 3), 5 * int(image_id[1:]), np.uint8)

        def query_image(self, query):
            return self.image(query.image_id)

    for page in (timeline_page, museum_page):
        monkeypatch.setattr(page, "load", lambda name, tier: Grey())
    return timeline_page, museum_page


def row(step, value, size, ms, top="0 1 11", hits="0 4"):
    failure = {"query": "q", "ap": 0.25, "median": 0.75, "kind": "its worst query", "positives": 10, "found": 1, "missed": "p9 p8",
               "head": "p1 p11", "reason": {"words": "out of focus", "count": 0, "among": 4, "other_count": 1, "others": 6}, "instead": None}
    return {"row": step.name, "year": step.year, "metric": "mAP, town, medium", "value": value, "low": value - 0.1, "high": value + 0.1,
            "bytes_per_image": size, "ms_per_query": ms, "lists": [{"query": "q", "ap": value, "top": top, "hits": hits}],
            "failures": [failure, {**failure, "kind": "farthest below the others", "reason": None}]}


ROWS = [row(STEPS[0], 0.1, 2048.0, 0.5), row(STEPS[5], 0.3, 16.0, 1550.0), row(STEPS[8], 0.29, 900.0, 0.2), row(STEPS[-1], 0.33, 30000.0, 131.0)]
RECORD = {"rows": [*ROWS[::-1], {"row": STEPS[0].name, "metric": "mAP, town, easy", "value": 0.2}]}


def test_without_a_record_nothing_is_claimed(book):
    for page in book:
        assert "Not run yet" in page.page(None)


def test_rows_stand_in_the_order_of_the_line_and_other_protocols_are_left_out(book):
    assert book[0].shown(RECORD) == ROWS


def test_the_best_so_far_and_the_smallest_that_is_nearly_as_good(book):
    timeline, _ = book
    assert [r["value"] for r in timeline.best_so_far(ROWS)] == [0.1, 0.3, 0.33]
    said = timeline.cheap(ROWS)  # 85 % of 0.33 is 0.2805: 0.3 with 16 bytes is the smallest
    assert said.startswith("85% of the best are reached with 16 bytes an image and 1,550 ms a question (Words, then verification, 2007)")


@pytest.mark.parametrize(("ms", "words"), [(1550.4, "1,550"), (9.541, "9.54"), (0.00213, "0.00213")])
def test_milliseconds_in_three_digits(book, ms, words):
    assert book[0].short(ms) == words


def test_what_nothing_beats(book):
    timeline, _ = book
    assert [timeline.unbeaten(r, ROWS, "bytes_per_image") for r in ROWS] == [False, True, False, True]
    assert [timeline.unbeaten(r, ROWS, "ms_per_query") for r in ROWS] == [False, False, True, True]


def test_the_explorer_gets_lists_with_their_verdicts(book):
    timeline, _ = book
    data = timeline.explorer_data(ROWS, timeline.load("town", tier="mini"))
    (query,) = data["queries"]
    first = query["lists"]["1991 Colour histogram"]
    assert first == {"ap": 0.1, "top": [["p0", 2], ["p1", 1], ["p11", 0]], "hits": [0, 4]} and query["positives"] == 10
    assert set(data["thumbs"]) == {"query q", "p0", "p1", "p11"} and data["start"] == ["1991 Colour histogram", "2019 The whole system"]


def test_the_page_has_a_line_for_each_method_with_source_and_chapter(book):
    text = book[0].page(RECORD)
    assert "| 2 | 2007 | Words, then verification {cite}`philbin2007object` | 0.300 [0.200,\u00a00.400] | 16 | 1,550 |" in text
    assert "[05](../notebooks/05_bag_of_words.ipynb)" in text and "from 0.10 (Colour histogram, 1991) to 0.33 (The whole system, 2019) in 2 steps" in text


def test_the_figure_is_the_same_for_the_same_record(book, tmp_path):
    for name in ("a", "b"):
        book[0].figure(RECORD, tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_every_point_lies_inside_its_panel(book, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(book[0].plt, "close", drawn.append)
    book[0].figure(RECORD, tmp_path / "f.svg")
    for axis in drawn[0].axes:
        (left, right), (bottom, top) = axis.get_xlim(), axis.get_ylim()
        points = np.concatenate([line.get_xydata() for line in axis.lines])
        assert bottom == 0 and left <= points[:, 0].min() and points[:, 0].max() <= right and points[:, 1].max() < top
    assert max(len(axis.lines) for axis in drawn[0].axes) == len(ROWS) + 1
    monkeypatch.undo()
    book[0].plt.close(drawn[0])


def test_the_museum_hangs_each_failure_with_its_reason_and_words_for_each_picture(book):
    text = book[1].page(RECORD)
    assert text.count("## ") == len(ROWS) and text.count('<div class="failures">') == 2 * len(ROWS)
    assert "Of those taken out of focus, it finds 0 of 4; of the rest, 1 of 6." in text and "AP 0.25, median of all methods 0.75" in text
    assert '<figure class="right"><img alt="rank 1: right"' in text and '<figure class="wrong"><img alt="rank 2: wrong"' in text
    assert f"- out of focus: {len(ROWS)} of {len(ROWS)} methods" in text and text.count("<img ") == text.count('<img alt="') == 2 * len(ROWS) * 5


def test_a_lead_is_not_called_a_failure(book):
    rows = [{**row, "failures": [{**one, "ap": 0.8} for one in row["failures"]]} for row in ROWS]
    text = book[1].page({"rows": rows})
    assert text.count("**Its worst query**") == text.count("**Elsewhere never below the median; its smallest lead**") == len(ROWS)
    assert "smallest lead" not in book[1].page(RECORD) and "**Farthest below the others**" in book[1].page(RECORD)


def test_numbers_of_points_that_lie_together_stand_apart(book):
    taken, (timeline_page, _) = [], book
    sides = [timeline_page.free_side(taken, {"cost": 100.0, "value": 0.5}, "cost") for _ in range(4)]
    assert len(set(sides)) == 4
    assert all(abs(x - a) > 11 or abs(y - b) > 9 for i, (x, y) in enumerate(taken) for a, b in taken[:i])
    assert timeline_page.free_side(taken, {"cost": 1e6, "value": 0.5}, "cost") == sides[0]


def test_a_number_does_not_hide_another_point(book):
    timeline_page, _ = book
    row = {"cost": 100.0, "value": 0.5}
    first = timeline_page.free_side([], row, "cost", [row])
    x, y = timeline_page.place(row, "cost")
    hidden = {"cost": 10 ** ((x + first[0] + 4) / timeline_page.DECADE), "value": (y + first[1] + 4) / timeline_page.HEIGHT}
    side = timeline_page.free_side([], row, "cost", [row, hidden])
    dot = timeline_page.place(hidden, "cost")
    assert side != first and (abs(x + side[0] + 4 - dot[0]) > 11 or abs(y + side[1] + 4 - dot[1]) > 9)
