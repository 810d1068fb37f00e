import numpy as np
import pytest

from visret_lab.arrays import rank
from visret_lab.crossmodal.ranks import both_ways, median_rank, ranks, recall

RNG = np.random.default_rng(3)
S = np.array([[0.9, 0.1, 0.5], [0.2, 0.3, 0.9], [0.4, 0.4, 0.4]])


def test_places_by_hand():
    assert ranks(S, np.array([0, 1, 2])).tolist() == [1, 2, 3]
    assert ranks(S, np.array([1, 2, 0])).tolist() == [3, 1, 3]
    assert ranks(S, [1, 2, 0]).dtype == np.int64


def test_a_tie_counts_against_us_but_not_one_between_right_items():
    same = np.zeros((2, 5))
    assert ranks(same, np.array([0, 4])).tolist() == [5, 5]
    assert ranks(same, [np.array([0, 1, 2]), np.arange(5)]).tolist() == [3, 1]
    assert ranks(np.array([[1.0, 1.0, 0.5]]), [np.array([0, 2])]).tolist() == [2]  # the worse right item does not matter


def test_the_best_of_several_right_items_counts():
    s = RNG.normal(size=(30, 40))
    right = [RNG.choice(40, int(RNG.integers(1, 6)), replace=False) for _ in range(30)]
    order = rank(s.astype(np.float32))
    by_order = [min(np.flatnonzero(row == r)[0] for r in mine) + 1 for row, mine in zip(order, right, strict=True)]
    assert ranks(s, right).tolist() == by_order
    assert ranks(s, [np.concatenate([mine, mine]) for mine in right]).tolist() == by_order


def test_all_wrong_items_at_minus_infinity():
    assert ranks(np.array([[-np.inf, 1.0], [-np.inf, -np.inf]]), np.array([1, 0])).tolist() == [1, 2]


def test_measures():
    places = np.array([1, 2, 5, 6])
    assert [recall(places, k).mean() for k in (1, 5, 10)] == [0.25, 0.75, 1.0]
    assert median_rank(places) == 3.5 and median_rank(places[:3]) == 2.0


def test_both_ways_with_one_and_with_several_texts():
    found = both_ways(S)
    assert found["text to image"].tolist() == [1, 2, 3] and found["image to text"].tolist() == [1, 2, 3]
    s = RNG.normal(size=(6, 3))
    of_text = np.array([2, 0, 1, 0, 2, 1])
    found = both_ways(s, of_text)
    for image in range(3):
        mine = s[of_text == image, image].max()
        assert found["image to text"][image] == 1 + (s[of_text != image, image] >= mine).sum()
    assert found["text to image"].tolist() == [1 + (row > row[i]).sum() for row, i in zip(s, of_text, strict=True)]


@pytest.mark.parametrize(("call", "says"), [
    (lambda: ranks(np.zeros(3), np.zeros(3, int)), "questions in rows"),
    (lambda: ranks(np.zeros((0, 3)), np.zeros(0, int)), "questions in rows"),
    (lambda: ranks(np.array([[0.0, 1], [np.nan, 1]]), np.array([0, 0])), "question 1 hold NaN"),
    (lambda: ranks(S, np.array([0, 1])), "transposed"),
    (lambda: ranks(S, [np.array([0]), np.array([], int), np.array([1])]), "Question 1 has no right item"),
    (lambda: ranks(S, np.array([0, -1, 2])), "0 to 2; got -1 to 2"),
    (lambda: ranks(S, np.array([0, 3, 2])), "got 0 to 3"),
    (lambda: ranks(S, [np.array([0.5])] * 3), "integers"),
    (lambda: recall(np.array([0, 1]), 1), "1 for the first"),
    (lambda: recall(np.array([1]), 0), "at least 1"),
    (lambda: both_ways(np.zeros((2, 3))), "Question 2 has no right item"),
    (lambda: median_rank([]), "not empty")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
