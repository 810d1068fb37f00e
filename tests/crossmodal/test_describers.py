import numpy as np
import pytest
from scipy.stats import pearsonr
from sklearn.metrics import ndcg_score

from visret_lab.crossmodal.captions import caption_similarity
from visret_lab.crossmodal.describers import (
    PICTURES, TO_IMAGE, TO_TEXT, agreement, any_triplets, correlation, gained, judged, order, score, similarities, spans, summed,
)
from visret_lab.crossmodal.image_text import views
from visret_lab.datasets.captioned import CaptionedSet

RNG = np.random.default_rng(3)


def ground(captions):
    """Two training pictures, and the given ones to test, in another order than that of the set."""
    every = [["red dog", "blue cat", "tree car"]] * 2 + captions
    splits = {"train": np.array([0, 1]), "val": np.array([0]), "test": np.array([3, 2])}
    return views(CaptionedSet("toy", "CC0", list("abcd"), every, splits, None), RNG.normal(size=(4, 3)))


def test_the_judge_has_read_nothing_of_what_is_asked_with():
    one = ground([["red", "dog", "cat", "tree"], ["blue", "blue blue", "car", "car cat", "dog"]])
    held = judged(one)
    row = dict(zip(one.text.get_feature_names_out(), np.eye(len(one.text.vocabulary_)), strict=True))
    assert np.allclose(held.images, one.images[[3, 2]])
    assert np.allclose(held.query, [row["blue"], row["red"]]) and np.allclose(held.other, [row["blue"], row["dog"]])
    assert np.allclose(held.described[0], row["blue"]) and np.allclose(held.described[1], (row["red"] + row["dog"]) / 2**0.5)
    left = one.text.transform(["car", "car cat", "dog", "cat", "tree"])
    assert np.allclose(held.gains, caption_similarity(left, [0, 0, 0, 1, 1], 2), atol=1e-6) and 0 < held.gains[0, 1] < 1


def test_a_picture_with_two_sentences_has_no_judge():
    with pytest.raises(ValueError, match="d has 2. Leave such pictures out"):
        judged(ground([["red", "dog", "cat"], ["blue", "car"]]))


def test_spans_and_sums():
    first, count = spans([0, 0, 2], 4)
    assert first.tolist() == [0, 2, 2, 3] and count.tolist() == [2, 0, 1, 0]
    rows = summed(np.array([[1.0, 0], [0, 1], [0, 3]]), [0, 0, 2], 4)
    assert np.allclose(rows, [[0.5**0.5, 0.5**0.5], [0, 0], [0, 1], [0, 0]]) and rows.dtype == np.float32
    for wrong in ([1, 0], [0, 4], [-1, 0]):
        with pytest.raises(ValueError, match="from 0 to 3, in rising order"):
            spans(wrong, 4)


def test_a_picture_does_not_find_itself():
    s = RNG.random((6, 6)) + 5 * np.eye(6)
    alone = order(s, alone=True)
    assert alone.shape == (6, 5) and all(q not in row for q, row in enumerate(alone)) and (order(s)[:, 0] == np.arange(6)).all()
    gains = RNG.random((6, 6))
    off = ~np.eye(6, dtype=bool)
    theirs = [ndcg_score([g[keep]], [t[keep]], k=3) for g, t, keep in zip(gains, s, off, strict=True)]
    assert np.allclose(gained(s, gains, 3, alone=True), theirs)
    assert np.allclose(gained(s, gains, 3), [ndcg_score([g], [t], k=3) for g, t in zip(gains, s, strict=True)])
    assert order(np.zeros((1, 3))).tolist() == [[0, 1, 2]]


def test_correlation_is_pearsons_over_the_others():
    s, g = RNG.random((5, 5)) + 9 * np.eye(5), RNG.random((5, 5)) + 9 * np.eye(5)
    off = ~np.eye(5, dtype=bool)
    assert np.allclose(correlation(s, g), [pearsonr(a[k], b[k])[0] for a, b, k in zip(s, g, off, strict=True)])
    assert (correlation(np.ones((5, 5)), g) == 0).all()


def test_the_score_is_the_mean_of_the_searches():
    phi, theta, gains = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 3)), RNG.random((5, 5))
    found = similarities(phi, theta)
    assert np.allclose(found[TO_IMAGE], theta @ phi.T) and np.allclose(found[TO_TEXT], phi @ theta.T)
    by_hand = [gained(phi @ phi.T, gains, alone=True), gained(theta @ phi.T, gains), gained(phi @ theta.T, gains)]
    assert score(phi, theta, gains) == pytest.approx(np.mean(by_hand))
    assert score(phi, None, gains) == pytest.approx(by_hand[0].mean()) and list(similarities(phi)) == [PICTURES]


def test_agreement_counts_triplets():
    a = np.array([[1, 0.9, 0.2, 0.2]] + [[0] * 4] * 3)
    b = np.array([[1, 0.3, 0.1, 0.5]] + [[0] * 4] * 3)
    right, gap = agreement(a, b, [(0, 1, 2), (0, 2, 1), (0, 1, 3), (0, 2, 3), (1, 2, 3)])
    assert right.tolist() == [1, 1, 0, 0.5, 0.5] and np.allclose(gap, [0.7, 0.7, 0.7, 0, 0])
    assert agreement(b, b, any_triplets(RNG, 4, 50))[0].min() == 0.5


def test_triplets_are_of_different_pictures():
    rows = any_triplets(np.random.default_rng(0), 3, 300)
    assert rows.shape == (300, 3) and all(sorted(row) == [0, 1, 2] for row in rows.tolist()) and len(np.unique(rows, axis=0)) == 6
    with pytest.raises(ValueError, match="there are 2"):
        any_triplets(RNG, 2, 5)
