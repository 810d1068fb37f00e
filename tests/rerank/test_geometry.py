import cv2
import numpy as np
import pytest

from visret_lab.rerank.geometry import apply_homography, fit_homography, trials, verify

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
