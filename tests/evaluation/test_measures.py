import numpy as np
import pytest

from visret_lab.evaluation import hit_rate, median_rank, ndcg, precision_at_k, recall_at_k, ukbench_score
from visret_lab.protocols import Relevance

NONE = np.array([], int)
RANKINGS = np.array([[3, 0, 1, 2, 4], [4, 3, 2, 1, 0]])
TRUTH = [Relevance(np.array([0, 2]), NONE), Relevance(np.array([0]), np.array([4]))]


def test_recall_and_hit_rate_differ_with_several_positives():
    assert recall_at_k(RANKINGS, TRUTH, 2).tolist() == [0.5, 0.0]
    assert hit_rate(RANKINGS, TRUTH, 2).tolist() == [1.0, 0.0]
    assert hit_rate(RANKINGS, TRUTH, 4).tolist() == [1.0, 1.0]  # the junk above it does not count


def test_median_rank_counts_from_one():
    assert median_rank(RANKINGS, TRUTH) == 3.0  # ranks 2 and 4
    assert median_rank(RANKINGS[:1], TRUTH[:1]) == 2.0


def test_precision_at_k_lowers_k_to_the_last_positive():
    # The two positives of query 0 stand at 1 and 3: at k = 10 only the first four places count.
    assert precision_at_k(RANKINGS, TRUTH, 10).tolist() == [0.5, 0.25]
    assert precision_at_k(RANKINGS, TRUTH, 1).tolist() == [0.0, 0.0]


def test_ukbench_counts_among_four():
    assert ukbench_score(np.array([[0, 1, 2, 9, 3]]), [Relevance(np.arange(4), NONE)]).tolist() == [3.0]


def test_ndcg_by_hand():
    # gains 0, 3, 1 in the order 2, 0, 1: DCG = 1/log2(2) + 0 + 3/log2(4) = 2.5; ideal = 3 + 1/log2(3)
    value = ndcg(np.array([[2, 0, 1]]), np.array([[0.0, 3.0, 1.0]]))[0]
    assert value == pytest.approx(2.5 / (3 + 1 / np.log2(3)))


def test_ndcg_refuses_negative_gains_and_says_nan_without_any():
    assert np.isnan(ndcg(np.array([[0, 1]]), np.zeros((1, 2)))[0])
    with pytest.raises(ValueError, match="0 or more"):
        ndcg(np.array([[0, 1]]), np.array([[1.0, -1.0]]))


@pytest.mark.parametrize("measure", [recall_at_k, hit_rate, precision_at_k])
def test_k_below_one(measure):
    with pytest.raises(ValueError, match="at least 1"):
        measure(RANKINGS, TRUTH, 0)
