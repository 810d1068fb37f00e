import numpy as np
import pytest

from visret_lab.evaluation import recalled
from visret_lab.protocols import Relevance


def truth(positive, junk=()):
    return Relevance(np.array(positive, np.int64), np.array(junk, np.int64))


def test_by_hand():
    # Query 0: two positives, 5 stands second and 2 last. Query 1: junk 3 stands first and does not count.
    ranking = np.array([[0, 5, 1, 3, 4, 2], [3, 1, 0, 2, 4, 5]])
    got = recalled(ranking, [truth([2, 5]), truth([1], [3])])
    assert got.query.tolist() == [0, 0, 1] and got.image.tolist() == [2, 5, 1]
    assert got.found.tolist() == [False, True, True]


def test_the_mean_over_a_query_is_its_r_precision():
    rng = np.random.default_rng(0)
    ranking = np.stack([rng.permutation(40) for _ in range(6)])
    answers = [truth(np.sort(rng.choice(40, n, replace=False))) for n in (1, 3, 5, 8, 13, 21)]
    got = recalled(ranking, answers)
    for q, (order, t) in enumerate(zip(ranking, answers)):
        n = len(t.positive)
        assert got.found[got.query == q].mean() == len(set(order[:n]) & set(t.positive.tolist())) / n


def test_another_number_of_rankings():
    with pytest.raises(ValueError, match="1 rankings for 2 queries"):
        recalled(np.zeros((1, 3), int), [truth([0]), truth([0])])
