import numpy as np
import pytest

from visret_lab.training.mining import hard_negatives, random_negatives, semi_hard_negatives, share_that_pays

RNG = np.random.default_rng(0)
CLUSTERS = RNG.integers(0, 7, 60)
SIMILARITY = RNG.uniform(-1, 1, (9, 60))
OWN = RNG.integers(0, 7, 9)


def test_hard_negatives_are_the_most_similar_of_other_clusters_one_of_each():
    found = hard_negatives(SIMILARITY, CLUSTERS, OWN, 4)
    for row, mine, chosen in zip(SIMILARITY, OWN, found, strict=True):
        best = {c: max(row[CLUSTERS == c]) for c in set(CLUSTERS.tolist()) - {int(mine)}}
        assert sorted(best.values(), reverse=True)[:4] == row[chosen].tolist() and len(set(CLUSTERS[chosen].tolist())) == 4


def test_without_the_rule_of_clusters_they_are_simply_the_most_similar():
    found = hard_negatives(SIMILARITY, CLUSTERS, OWN, 5, one_a_cluster=False)
    for row, mine, chosen in zip(SIMILARITY, OWN, found, strict=True):
        assert sorted(row[CLUSTERS != mine], reverse=True)[:5] == row[chosen].tolist()


def test_semi_hard_negatives_lie_below_the_positive_within_the_margin_first():
    positive = np.full(9, 0.5)
    found = semi_hard_negatives(SIMILARITY, CLUSTERS, OWN, positive, 0.2, 6)
    for row, mine, chosen in zip(SIMILARITY, OWN, found, strict=True):
        assert (row[chosen] < 0.5).all() and (CLUSTERS[chosen] != mine).all()
        assert row[chosen].tolist() == sorted(row[(CLUSTERS != mine) & (row < 0.5)], reverse=True)[:6]


def test_random_negatives_are_of_other_clusters_and_follow_the_seed():
    found = random_negatives(CLUSTERS, OWN, np.random.default_rng(3), 8)
    assert np.array_equal(found, random_negatives(CLUSTERS, OWN, np.random.default_rng(3), 8))
    assert (CLUSTERS[found] != OWN[:, None]).all() and all(len(set(row)) == 8 for row in found.tolist())


def test_hard_triplets_pay_more_often_than_random_ones():
    positive = np.full(9, 0.6)
    hard = share_that_pays(SIMILARITY, positive, hard_negatives(SIMILARITY, CLUSTERS, OWN, 5), 0.1)
    other = share_that_pays(SIMILARITY, positive, random_negatives(CLUSTERS, OWN, np.random.default_rng(0), 5), 0.1)
    assert hard > 0.9 and other == pytest.approx((SIMILARITY > 0.5).mean(), abs=0.15)


@pytest.mark.parametrize(("call", "says"), [
    (lambda: hard_negatives(SIMILARITY, CLUSTERS, OWN, 7), "other clusters"),
    (lambda: hard_negatives(SIMILARITY, np.zeros(60, int), np.zeros(9, int), 1), "0 other clusters"),
    (lambda: hard_negatives(SIMILARITY[:, :5], CLUSTERS, OWN), "queries x pool"),
    (lambda: hard_negatives(SIMILARITY * np.nan, CLUSTERS, OWN), "not finite"),
    (lambda: semi_hard_negatives(SIMILARITY, CLUSTERS, OWN, np.full(9, -1.0), 0.1), "less similar"),
    (lambda: random_negatives(CLUSTERS[:3], OWN, np.random.default_rng(0), 5), "images of other clusters")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
