import numpy as np
import pytest
from scipy.stats import rankdata, zscore
from sklearn.preprocessing import minmax_scale

from visret_lab.arrays import rank
from visret_lab.evaluation import average_precision
from visret_lab.protocols import Relevance
from visret_lab.rerank.fusion import best_weight, fuse, normalized

RNG = np.random.default_rng(0)
INLIERS, COSINE = RNG.integers(0, 60, (4, 30)).astype(float), RNG.uniform(-1, 1, (4, 30))


def test_rules_are_those_of_other_libraries():
    assert np.allclose(normalized(INLIERS), minmax_scale(INLIERS, axis=1))
    assert np.allclose(normalized(COSINE, "z"), zscore(COSINE, axis=1))
    assert np.allclose(normalized(COSINE, "ranks"), 1 / (60 + rankdata(-COSINE, axis=1)))
    assert np.array_equal(normalized(COSINE, "none"), COSINE)


@pytest.mark.parametrize("rule", ["minmax", "z", "ranks"])
def test_a_query_whose_scores_are_all_the_same_says_nothing(rule):
    flat = np.zeros((4, 30))
    assert not normalized(flat, rule).any()
    assert np.array_equal(np.argsort(fuse([flat, COSINE], rule=rule)), np.argsort(normalized(COSINE, rule)))


def test_units_do_not_matter_after_a_rule_and_matter_without_one():
    assert np.allclose(fuse([INLIERS, COSINE], [0.3, 0.7]), fuse([100 * INLIERS + 7, COSINE], [3, 7]))
    assert not np.allclose(fuse([INLIERS, COSINE], rule="none"), fuse([100 * INLIERS, COSINE], rule="none"))


def test_the_weight_is_the_best_of_the_grid():
    truth = [Relevance(np.arange(25, 30), np.array([], int))] * 4
    good = np.zeros((4, 30))
    good[:, 25:28] = 1  # one system knows three of the five, the other the rest
    other = np.zeros((4, 30))
    other[:, 28:] = 1
    other[:, :9] = 0.4
    weight, weights, scores = best_weight(good, other, lambda fused: np.mean(average_precision(rank(fused), truth)))
    assert scores.max() == scores[np.isclose(weights, weight)][0] == pytest.approx(1) and scores[0] < 1 and scores[-1] < 1


@pytest.mark.parametrize(("call", "says"), [
    (lambda: normalized(COSINE[0]), "queries x images"), (lambda: normalized(COSINE * np.nan), "not finite"),
    (lambda: normalized(COSINE, "softmax"), "minmax"), (lambda: fuse([]), "systems"), (lambda: fuse([COSINE, COSINE[:2]]), "shapes"),
    (lambda: fuse([COSINE, COSINE], [1]), "one weight"), (lambda: fuse([COSINE, COSINE], [-1, 2]), "at least 0")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
