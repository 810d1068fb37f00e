import numpy as np
import pytest

from visret_lab.evaluation import neighbour_recall


def test_share_of_the_exact_neighbours_by_hand():
    exact = [[3, 1, 2], [0, 4, 5]]
    found = [[1, 2, 9, 3], [5, -1, -1, -1]]
    assert neighbour_recall(found, exact).tolist() == [1.0, 1 / 3]


def test_a_neighbour_of_another_query_does_not_count():
    assert neighbour_recall([[7], [5]], [[5], [7]]).tolist() == [0.0, 0.0]


def test_it_is_the_intersection_of_sets():
    rng = np.random.default_rng(0)
    exact = np.array([rng.permutation(50)[:10] for _ in range(20)])
    found = np.where(rng.random((20, 8)) < 0.2, -1, np.array([rng.permutation(50)[:8] for _ in range(20)]))
    expected = [len(set(f[f >= 0]) & set(e)) / 10 for f, e in zip(found, exact, strict=True)]
    assert neighbour_recall(found, exact).tolist() == expected


@pytest.mark.parametrize(("found", "exact", "words"), [
    ([[1]], [[1], [2]], "same Q"), ([1], [[1]], "same Q"), ([[1]], np.zeros((1, 0), int), "same Q"),
    ([[1]], [[1, -1]], "smaller than k")])
def test_bad_input(found, exact, words):
    with pytest.raises(ValueError, match=words):
        neighbour_recall(found, exact)
