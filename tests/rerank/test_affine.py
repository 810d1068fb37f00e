"""The affine map: exact where points are exact, deaf to outliers, and never a mirror."""

import numpy as np
import pytest

from visret_lab.rerank.affine import apply_affine, fit_affine, invert_affine, plausible, verify_affine

MAP = np.array([[1.2, -0.3, 14.0], [0.25, 0.9, -6.0]])


def scene(inliers=20, outliers=30, seed=0, noise=0.5):
    rng = np.random.default_rng(seed)
    a = rng.uniform(0, 300, (inliers + outliers, 2))
    b = apply_affine(MAP, a) + rng.normal(0, noise, a.shape)
    b[inliers:] = rng.uniform(0, 300, (outliers, 2))
    return a, b, np.repeat(np.arange(len(a))[:, None], 2, axis=1)


def test_apply_and_invert():
    x = np.random.default_rng(0).normal(size=(7, 2))
    assert np.allclose(apply_affine(MAP, x), x @ MAP[:, :2].T + MAP[:, 2])
    assert np.allclose(apply_affine(invert_affine(MAP), apply_affine(MAP, x)), x)
    assert apply_affine(np.stack([MAP, MAP, MAP]), x).shape == (3, 7, 2)


def test_exact_points_give_the_exact_map():
    a, b, _ = scene(outliers=0, noise=0)
    assert np.allclose(fit_affine(a, b), MAP, atol=1e-9)


def test_ransac_finds_the_inliers_among_more_outliers():
    a, b, pairs = scene()
    found = verify_affine(a, b, pairs, np.random.default_rng(1), threshold=3)
    assert found.inliers[:20].all() and found.inliers[20:].sum() <= 2 and found.count == found.inliers.sum()
    assert np.abs(found.matrix - MAP)[:, :2].max() < 0.02 and np.abs(found.matrix - MAP)[:, 2].max() < 2


def test_chance_finds_few_and_a_mirror_none():
    rng = np.random.default_rng(2)
    a, b = rng.uniform(0, 300, (2, 12, 2))
    pairs = np.repeat(np.arange(12)[:, None], 2, axis=1)
    assert verify_affine(a, b, pairs, rng, threshold=3).count <= 6
    assert verify_affine(a, a * (-1, 1) + (300, 0), pairs, rng, threshold=3).count <= 5


def test_the_same_seed_gives_the_same():
    a, b, pairs = scene()
    one, two = (verify_affine(a, b, pairs, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one.inliers, two.inliers) and np.array_equal(one.matrix, two.matrix)


def test_too_few_matches_and_points_on_a_line():
    a, b, pairs = scene()
    for few in (np.zeros((0, 2)), pairs[:2]):
        found = verify_affine(a, b, few, np.random.default_rng(0))
        assert found.count == 0 and found.matrix is None and len(found.inliers) == len(few)
    line = np.stack([np.arange(8.0), np.arange(8.0)], 1)
    assert verify_affine(line, line, pairs[:8], np.random.default_rng(0)).matrix is None
    with pytest.raises(ValueError, match="at least 3 pairs"):
        fit_affine(a[:2], b[:2])


@pytest.mark.parametrize("linear, good", [(np.eye(2), True), (np.diag([1, -1]), False), (4.9 * np.eye(2), True), (5.1 * np.eye(2), False),
                                          (np.eye(2) / 5.1, False), (np.diag([1, 3.9]), True), (np.diag([1, 4.1]), False),
                                          (np.zeros((2, 2)), False)])
def test_what_a_camera_can_do(linear, good):
    assert plausible(np.c_[linear, np.zeros(2)]) == good
