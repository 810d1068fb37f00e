"""Reasons of a failure are counts: each is set up by hand, with what must be counted."""

import numpy as np
import pytest

from visret_lab.datasets import load
from visret_lab.evaluation.failures import Failure, failure, sentences
from visret_lab.protocols import Query, Relevance

PLAIN = {"kind": "landmark", "landmark": 0, "light": "day", "weather": "clear", "azimuth": 0.0, "distance": 2.0, "visible": 0.9, "size": 0.3,
         "blur": 0.0}


class Painted:
    """One query (picture 0, junk), ten answers (1 to 10), twenty others (11 to 30)."""

    name, default_protocol = "painted", "medium"
    ids = [f"p{i}" for i in range(31)]
    queries = [Query("q", "p0", None)]

    def __init__(self, **changed):
        self.details = {i: dict(PLAIN) for i in self.ids}
        for i in range(11, 31):
            self.details[f"p{i}"] |= {"landmark": i, "light": "night", "weather": "rain"}
        for name, (numbers, value) in changed.items():
            for i in numbers:
                self.details[f"p{i}"][name] = value

    def relevant(self, query, protocol):
        return Relevance(np.arange(1, 11), np.array([0]))


def ranking(*first):
    rest = [i for i in range(31) if i not in first]
    return np.array([*first, *rest])


LAST = ranking(0, 1, 2, 3, 4, 5, *range(11, 31))  # five answers found, five behind all others


def test_the_condition_that_the_missed_share_is_named_with_its_counts():
    one = failure(Painted(light=([5, 6, 7, 8, 9, 10], "night")), Painted.queries[0], LAST)
    assert one[:2] == (10, 5) and one.missed == ["p10", "p9", "p8", "p7", "p6"] and one.head[:6] == ["p1", "p2", "p3", "p4", "p5", "p11"]
    assert one.reason == ("in other light than the question", 1, 6, 4, 4)
    assert "it finds 1 of 6; of the rest, 4 of 4" in " ".join(sentences(one))


@pytest.mark.parametrize(("name", "value", "words"), [
    ("azimuth", -26.0, "from a side"), ("distance", 3.1, "one and a half times"), ("distance", 1.3, "one and a half times"),
    ("visible", 0.59, "less than 60 %"), ("weather", "fog", "fog, rain or snow"), ("blur", 0.4, "out of focus")])
def test_each_condition_is_seen(name, value, words):
    one = failure(Painted(**{name: (range(6, 11), value)}), Painted.queries[0], LAST)
    assert words in one.reason.words and one.reason[1:] == (0, 5, 5, 5)


@pytest.mark.parametrize(("name", "value"), [("azimuth", 25.0), ("distance", 2.9), ("visible", 0.6), ("blur", 0.0)])
def test_on_the_border_nothing_is_said(name, value):
    one = failure(Painted(**{name: (range(6, 11), value)}), Painted.queries[0], LAST)
    assert one.reason is None and "No single condition" in " ".join(sentences(one))


def test_two_answers_are_too_few_for_a_reason():
    assert failure(Painted(blur=([9, 10], 1.0)), Painted.queries[0], LAST).reason is None
    assert failure(Painted(blur=([8, 9, 10], 1.0)), Painted.queries[0], LAST).reason.among == 3


def test_what_stands_in_their_place_is_compared_with_the_whole_set():
    look_alike = Painted(kind=(range(11, 15), "look_alike"))
    for i in range(11, 15):
        look_alike.details[f"p{i}"]["landmark"] = 0
    one = failure(look_alike, Painted.queries[0], LAST)
    assert one.instead == ("are houses that were built to look like it", 4, 5, 4, 20)
    assert "4 are houses that were built to look like it (80%; of all wrong pictures of the set, 20%)" in " ".join(sentences(one))


def test_the_own_picture_and_junk_do_not_count():
    one = failure(Painted(), Painted.queries[0], ranking(0, *range(1, 11)))
    assert one == Failure(10, 10, [], [f"p{i}" for i in range(1, 11)], None, None)
    assert sentences(one) == ["Of 10 answers, 10 stand among the first 10."]


def test_a_set_without_hidden_truth_is_refused():
    bare = Painted()
    bare.details = {}
    with pytest.raises(ValueError, match="painted has no hidden truth"):
        failure(bare, Painted.queries[0], LAST)


def test_a_query_without_answers_is_refused(monkeypatch):
    monkeypatch.setattr(Painted, "relevant", lambda self, q, p: Relevance(np.array([], np.int64), np.array([0])))
    with pytest.raises(ValueError, match="has no answers"):
        failure(Painted(), Painted.queries[0], LAST)


def test_the_town_tells_all_that_is_asked():
    town = load("town", tier="mini")
    query = town.queries[0]
    positive = town.relevant(query, "medium").positive
    last = np.concatenate([np.setdiff1d(np.arange(len(town.ids)), positive), positive])
    one = failure(town, query, last)
    assert one.found == 0 and len(one.missed) == len(positive) and set(one.missed) == {town.ids[i] for i in positive}
