import numpy as np
import pytest

from visret_lab.evaluation import average_precision
from visret_lab.evaluation.other_definitions import between_hits, divided_by_found, eleven_points
from visret_lab.protocols import Relevance

NONE = np.array([], np.int64)
RNG = np.random.default_rng(29)


def one(positive, size=12, junk=NONE):
    return np.arange(size)[None], [Relevance(np.asarray(positive, np.int64), np.asarray(junk, np.int64))]


def random_lists(queries=6, size=60):
    lists = np.stack([RNG.permutation(size) for _ in range(queries)])
    return lists, [Relevance(*np.split(RNG.choice(size, 12, replace=False), [9])) for _ in range(queries)]


def test_eleven_points_by_hand():
    # precisions .5, .4, .5, .4 at recalls .25, .5, .75, 1; the best from there on: .5 up to .75, then .4
    assert eleven_points(*one([1, 4, 5, 9]))[0] == pytest.approx((8 * 0.5 + 3 * 0.4) / 11)
    assert eleven_points(*one([0]))[0] == 1 and eleven_points(*one([3]))[0] == pytest.approx(0.25)


def test_eleven_points_against_the_curve():
    lists, truth = random_lists()
    for row, t, value in zip(lists, truth, eleven_points(lists, truth), strict=True):
        hits = np.isin(row[~np.isin(row, t.junk)], t.positive).cumsum()
        precision, recall = hits / np.arange(1, len(hits) + 1), hits / 9
        assert value == pytest.approx(np.mean([precision[recall >= level - 1e-12].max() for level in np.linspace(0, 1, 11)]))


def test_levels_that_are_not_exact_in_binary_are_reached():
    assert eleven_points(*one(np.arange(10), size=10))[0] == 1  # .7 * 10 is 7.000000000000001
    assert eleven_points(*one([0, 1, 2, 3, 4, 5, 6, 9, 10, 11]))[0] == pytest.approx((8 + 3 * 10 / 12) / 11)


def test_hit_to_hit_is_the_published_loop():
    lists, truth = random_lists()
    for row, t, value in zip(lists, truth, between_hits(lists, truth), strict=True):
        ranks, total, before = np.flatnonzero(np.isin(row[~np.isin(row, t.junk)], t.positive)), 0.0, 1.0
        for j, r in enumerate(ranks):
            at = (j + 1) / (r + 1)
            total, before = total + (before + at) / 2 / 9, at
        assert value == pytest.approx(total)
    assert between_hits(*one([1, 4, 5, 9]))[0] == pytest.approx((1.5 + 0.9 + 0.9 + 0.9) / 8)


def test_hit_to_hit_flatters_and_a_perfect_list_is_one_in_all():
    lists, truth = random_lists()
    assert (between_hits(lists, truth) >= average_precision(lists, truth)).all()
    for function in (eleven_points, between_hits, divided_by_found):
        assert function(*one([0, 1, 2])) == pytest.approx(1)


def test_divided_by_the_found():
    lists, truth = random_lists()
    assert divided_by_found(lists, truth) == pytest.approx(average_precision(lists, truth))
    short, t = lists[:, :20], truth
    counts = [np.isin(row, x.positive).sum() for row, x in zip(short, t, strict=True)]
    assert divided_by_found(short, t) * counts == pytest.approx(average_precision(short, t) * 9)
    assert divided_by_found(*one([50]))[0] == 0


@pytest.mark.parametrize("function", [eleven_points, between_hits, divided_by_found])
def test_no_positives_and_junk(function):
    assert np.isnan(function(*one([]))[0])
    assert function(*one([2], junk=[0, 1]))[0] == 1
    with pytest.raises(ValueError, match="positive and junk at once"):
        function(*one([2], junk=[2]))
