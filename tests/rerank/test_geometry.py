import warnings

import cv2
import numpy as np
import pytest

from visret_lab.rerank.geometry import _through_four, agreeing, apply_homography, fit_homography, trials, verify

TRUE = np.array([[0.9, -0.2, 30.0], [0.15, 1.1, -12.0], [4e-4, -2e-4, 1.0]])


def scene(outliers, noise=0.4, count=60, seed=0):
    """Points, their images under TRUE with noise, and a share of wrong ones."""
    rng = np.random.default_rng(seed)
    a = rng.uniform(0, 320, (count, 2))
    b = apply_homography(TRUE, a) + rng.normal(0, noise, (count, 2))
    wrong = rng.permutation(count)[: int(outliers * count)]
    b[wrong] = rng.uniform(0, 320, (len(wrong), 2))
    return a, b, np.setdiff1d(np.arange(count), wrong)


def pairs(count):
    return np.stack([np.arange(count)] * 2, axis=1)


def test_four_exact_points_give_the_homography():
    a = np.array([[0, 0], [300, 0], [300, 200], [0, 220.0]])
    assert np.allclose(fit_homography(a, apply_homography(TRUE, a)), TRUE, atol=1e-8)


@pytest.mark.reference
def test_least_squares_fit_is_opencvs():
    """Both minimise an algebraic error; OpenCV polishes it, so they agree on where points go, to a small part of a pixel."""
    a, b, _ = scene(0)
    theirs = cv2.findHomography(a, b, 0)[0]
    gap = np.linalg.norm(apply_homography(fit_homography(a, b), a) - apply_homography(theirs, a), axis=1)
    assert gap.max() < 0.3


def test_batches_are_single_fits_stacked():
    a, b, _ = scene(0)
    rows = np.random.default_rng(1).permuted(np.tile(np.arange(60), (5, 1)), axis=1)[:, :6]
    assert np.allclose(fit_homography(a[rows], b[rows]), [fit_homography(a[r], b[r]) for r in rows])


def test_through_four_points_is_the_direct_linear_transform():
    a = np.random.default_rng(0).uniform(0, 320, (40, 4, 2))
    b = apply_homography(TRUE, a)
    found = _through_four(a, b)
    assert np.allclose(found / found[:, 2:, 2:], TRUE, rtol=1e-6, atol=1e-6)  # also of those four that are nearly on a line
    moved = b + np.random.default_rng(1).uniform(-9, 9, b.shape)  # no longer one homography for all: each sample has its own
    kept = [(x, y) for x, y in zip(a, moved, strict=True) if len(_through_four(x[None], y[None]))]
    assert len(kept) > 20
    for x, y in kept:
        (h,) = _through_four(x[None], y[None])
        assert np.allclose(apply_homography(h, x), y, atol=1e-6) and np.allclose(h / h[2, 2], fit_homography(x, y), rtol=1e-4, atol=1e-4)


def test_a_sample_that_no_camera_sees_is_left_out():
    square = np.array([[0, 0], [10, 0], [10, 10], [0, 10.0]])
    mirrored, crossed, line = square * [-1, 1], square[[0, 2, 1, 3]], np.array([[0, 0], [5, 5], [9, 9], [0, 10.0]])
    a, b = np.stack([square] * 5 + [line]), np.stack([square * 3, mirrored, crossed, line, square[[1, 2, 3, 0]], square])
    assert len(_through_four(a, b)) == 2  # enlarged, and turned


def test_agreeing_is_the_distance_behind_the_homography():
    rng = np.random.default_rng(2)
    a, b = rng.uniform(0, 320, (200, 2)), rng.uniform(0, 320, (200, 2))
    both = np.stack([np.eye(3) + rng.normal(0, 1e-3, (3, 3)) for _ in range(4)])  # w is negative for some
    error = np.linalg.norm(apply_homography(both, a) - b, axis=-1)
    assert (agreeing(both, a, b, 90.0) == (error < 90)).all() and 0 < (error < 90).sum() < error.size
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a page of the book must not carry a warning for a degenerate sample
        for broken in (np.full((3, 3), np.nan), np.diag([np.inf, -np.inf, np.inf])):
            assert not agreeing(broken, a, b, 90.0).any()


@pytest.mark.parametrize("outliers", [0.0, 0.3, 0.6])
def test_ransac_finds_the_inliers(outliers):
    a, b, good = scene(outliers)
    found = verify(a, b, pairs(60), np.random.default_rng(0), threshold=3)
    assert set(good) <= set(np.flatnonzero(found.inliers)) and found.count <= len(good) + 3
    assert np.abs(apply_homography(found.homography, a[good]) - apply_homography(TRUE, a[good])).max() < 2


@pytest.mark.reference
def test_ransac_counts_as_many_as_opencv():
    a, b, _ = scene(0.5, seed=3)
    theirs = cv2.findHomography(a, b, cv2.RANSAC, 3.0)[1].sum()
    assert abs(verify(a, b, pairs(60), np.random.default_rng(0), threshold=3).count - theirs) <= 2


def test_the_same_generator_gives_the_same_result():
    a, b, _ = scene(0.6)
    one, two = (verify(a, b, pairs(60), np.random.default_rng(4)) for _ in range(2))
    assert (one.inliers == two.inliers).all()


def test_random_matches_have_few_inliers():
    rng = np.random.default_rng(0)
    found = verify(rng.uniform(0, 320, (40, 2)), rng.uniform(0, 320, (40, 2)), pairs(40), np.random.default_rng(0))
    assert found.count <= 8


@pytest.mark.parametrize("count", [0, 1, 3])
def test_too_few_matches_are_no_error_and_no_homography(count):
    found = verify(np.zeros((5, 2)), np.zeros((5, 2)), pairs(count), np.random.default_rng(0))
    assert found.homography is None and found.count == 0 and len(found.inliers) == count


def test_points_on_a_line_or_all_the_same_give_nothing():
    line = np.stack([np.arange(20.0), 2 * np.arange(20.0)], 1)
    for points in (line, np.ones((20, 2))):
        assert verify(points, points, pairs(20), np.random.default_rng(0)).homography is None


def test_the_number_of_trials():
    # Half inliers, four points: log(0.01) / log(1 - 1/16) = 71.4
    assert trials(0.5, 0.99) == 72
    assert trials(1.0) == 1
    assert trials(0.1) > 10_000


def test_bad_input():
    with pytest.raises(ValueError, match="at least 4"):
        fit_homography(np.zeros((3, 2)), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="confidence"):
        trials(0.5, 1.5)
