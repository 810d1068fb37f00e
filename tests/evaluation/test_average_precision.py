import numpy as np
import pytest

from visret_lab.evaluation import average_precision
from visret_lab.protocols import Relevance

NONE = np.array([], int)


def marked(word):
    """A ranking 0, 1, 2, ... whose positives (1) and junk (j) are given as a word."""
    letters = np.array(list(word))
    return np.arange(len(word))[None], [Relevance(np.flatnonzero(letters == "1"), np.flatnonzero(letters == "j"))]


def test_values_printed_for_the_official_evaluator():
    assert average_precision(*marked("0100110001"))[0] == pytest.approx(0.347917, abs=5e-7)
    assert average_precision(*marked("0100110001"), kind="finite_sum")[0] == pytest.approx(0.45, abs=1e-12)


def test_a_perfect_list_is_one_and_the_worst_is_not_zero():
    assert average_precision(*marked("1110000"))[0] == 1
    assert 0 < average_precision(*marked("0000111"))[0] < 0.4


@pytest.mark.parametrize("kind", ["trapezoid", "finite_sum"])
def test_junk_is_as_if_it_were_not_there(kind):
    with_junk = average_precision(*marked("j01jj0011j0"), kind=kind)
    assert with_junk == average_precision(*marked("0100110"), kind=kind)
    assert with_junk != average_precision(*marked("00100001100"), kind=kind)


def test_a_shortened_list_is_divided_by_the_positives_that_exist():
    ranking = np.array([[0, 1]])
    assert average_precision(ranking, [Relevance(np.array([0, 5]), NONE)])[0] == 0.5


def test_a_query_without_positives_is_nan():
    values = average_precision(np.array([[0, 1], [1, 0]]), [Relevance(NONE, NONE), Relevance(np.array([1]), NONE)])
    assert np.isnan(values[0]) and values[1] == 1


def test_the_trapezoid_is_never_larger():
    rng = np.random.default_rng(1)
    rankings = np.stack([rng.permutation(60) for _ in range(30)])
    truth = [Relevance(rng.choice(60, 7, replace=False), NONE) for _ in range(30)]
    assert (average_precision(rankings, truth) <= average_precision(rankings, truth, "finite_sum")).all()


@pytest.mark.parametrize(("rankings", "truth", "words"), [
    (np.zeros((0, 3), int), [], "no queries"),
    (np.array([[0, 1]]), [Relevance(np.array([0]), np.array([0]))], "positive and junk"),
    (np.array([[0, 0]]), [Relevance(np.array([0]), NONE)], "twice"),
    (np.array([[0, -1]]), [Relevance(np.array([0]), NONE)], "negative database id"),
    (np.array([[0.2, 0.1]]), [Relevance(np.array([0]), NONE)], "arrays.rank"),
    (np.array([0, 1]), [Relevance(np.array([0]), NONE)], "one row a query"),
])
def test_bad_input_gets_a_clear_word(rankings, truth, words):
    with pytest.raises(ValueError, match=words):
        average_precision(rankings, truth)


def test_unknown_kind():
    with pytest.raises(ValueError, match="finite_sum"):
        average_precision(*marked("10"), kind="area")
