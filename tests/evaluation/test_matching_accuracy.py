"""Right matches counted by hand."""

import numpy as np
import pytest

from visret_lab.evaluation.matching_accuracy import accuracy_curve, reprojection_errors

SHIFT = np.array([[1.0, 0, 10], [0, 1, 0], [0, 0, 1]])


def test_errors_by_hand():
    a, b = np.array([[0.0, 0, 3, 9], [5, 5, 3, 9]]), np.array([[10.0, 4], [15, 5], [0, 0]])
    assert reprojection_errors(a, b, [[0, 0], [1, 1], [0, 2]], SHIFT).tolist() == [4, 0, 10]
    double = reprojection_errors(a, b, [[1, 1]], np.diag([2.0, 2, 1]))
    assert double[0] == pytest.approx(np.hypot(5, 5))


def test_behind_the_camera_is_not_right():
    away = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 0]])
    away[2] = (1, 0, -5)
    assert reprojection_errors(np.array([[5.0, 1]]), np.array([[0.0, 0]]), [[0, 0]], away)[0] == np.inf


def test_the_curve_counts_up_to_the_threshold():
    assert accuracy_curve([0.5, 1.0, 2.5, 99], (1, 2, 3)).tolist() == [0.5, 0.5, 0.75]
    assert accuracy_curve([], (1, 2)).tolist() == [0, 0]


@pytest.mark.parametrize("matches, homography, word", [
    ([[0, 9]], SHIFT, "not there"), ([[-1, 0]], SHIFT, "not there"), ([0, 1], SHIFT, "K x 2"), ([[0, 0]], SHIFT[:2], "3 x 3"),
    ([[0, 0]], SHIFT * np.nan, "finite")])
def test_bad_input_is_named(matches, homography, word):
    with pytest.raises(ValueError, match=word):
        reprojection_errors(np.zeros((2, 2)), np.zeros((2, 2)), np.array(matches), homography)
