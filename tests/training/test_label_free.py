import numpy as np
import pytest

from visret_lab.training.label_free import candidates, fused_score, label_free_triplets

MATCHES = np.array([[90, 40, 0, 1], [40, 90, 30, 0], [0, 30, 90, 31], [1, 0, 31, 90]])
COSINE = np.array([[1, 0.9, 0.2, 0.1], [0.9, 1, -0.1, 1.0], [0.2, -0.1, 1, 0.5], [0.1, 1.0, 0.5, 1]])


def test_the_rule_of_the_deck():
    same, other = candidates(fused_score(MATCHES, COSINE))
    # 40 matches are enough; 30 with a cosine below 0 are not; nobody is his own positive
    assert [p.tolist() for p in same] == [[1], [0], [3], [2]]
    # one match, or a cosine of 1 without any
    assert [n.tolist() for n in other] == [[3], [3], [], [0, 1]]


def test_triplets_keep_the_rule_and_follow_the_seed():
    scores = fused_score(MATCHES, COSINE)
    found, again = (label_free_triplets(scores, 50, np.random.default_rng(2)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(found, again, strict=True)) and set(found.query.tolist()) == {0, 1, 3}
    assert (scores[found.query, found.positive] > 15).all() and (scores[found.query, found.negative] <= 1).all()
    assert (scores[found.query, found.negative] >= 0.5).all()


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="No image"):
        label_free_triplets(fused_score(0 * MATCHES, COSINE), 3, np.random.default_rng(0))
    with pytest.raises(ValueError, match="one shape"):
        fused_score(MATCHES, COSINE[:2])
