import cv2
import numpy as np
import pytest
import skimage.data

from visret_lab.features.local import SIFT
from visret_lab.features.matching import match
from visret_lab.features.sift_descriptor import cell_weights, describe, grid
from visret_lab.rerank.geometry import apply_homography

IMAGE = skimage.data.astronaut()[:400, 60:460]


def test_shape_length_and_bounds():
    points, _ = SIFT(max_points=80).detect(IMAGE)
    rows = describe(IMAGE, points)
    assert rows.shape == (len(points), 128) and rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5) and rows.min() >= 0


def test_a_ramp_votes_for_one_direction():
    # Brightness grows to the right: every gradient points right. At angle 0 that is the first direction of every cell.
    ramp = np.tile(np.arange(0, 240, 2, dtype=np.uint8), (120, 1))
    ramp = np.dstack([ramp] * 3)
    row = describe(ramp, [[60, 60, 6, 0]])[0].reshape(16, 8)
    assert (row.argmax(1) == 0).all() and np.allclose(row[:, 1:], 0, atol=1e-3)
    turned = describe(ramp, [[60, 60, 6, 90]])[0].reshape(16, 8)
    assert (turned.argmax(1) == 2).all()  # a quarter turn of the point is two directions of eight


def test_the_window_favours_the_middle_and_shares_sum_to_one():
    u, v = grid()
    window = np.exp(-(u**2 + v**2) / 8)
    inner = np.maximum(np.abs(u), np.abs(v)) < 1.5  # there, four cells share a sample completely
    assert np.allclose(cell_weights().sum(1)[inner], window[inner], atol=1e-6)
    assert (cell_weights().sum(1)[~inner] < window[~inner] + 1e-6).all()


def test_turning_the_picture_turns_the_points_and_keeps_the_descriptors():
    points, _ = SIFT(max_points=60).detect(IMAGE)
    turned = np.ascontiguousarray(np.rot90(IMAGE, -1))  # a quarter clockwise: (x, y) -> (H - 1 - y, x)
    moved = np.c_[IMAGE.shape[0] - 1 - points[:, 1], points[:, 0], points[:, 2], points[:, 3] + 90]
    inside = np.minimum(points[:, :2], 400 - points[:, :2]).min(1) > 5 * points[:, 2]
    same = (describe(IMAGE, points) * describe(turned, moved)).sum(1)[inside]
    assert inside.sum() > 30 and same.min() > 0.97


def test_nothing_to_see_is_a_zero_row():
    assert not describe(np.full((80, 80, 3), 90, np.uint8), [[40, 40, 5, 30]]).any()


def test_no_points():
    assert describe(IMAGE, np.zeros((0, 4))).shape == (0, 128)


def test_wrong_points():
    with pytest.raises(ValueError, match="N x 4"):
        describe(IMAGE, np.zeros((3, 2)))


@pytest.mark.reference
def test_nearly_opencvs():
    points, theirs = SIFT(max_points=400, root=False).detect(IMAGE)
    theirs = theirs / np.linalg.norm(theirs, axis=1, keepdims=True)
    cosine = (describe(IMAGE, points) * theirs).sum(1)
    # Not equal: OpenCV samples on the pixels of its pyramid and rounds to 8 bits. Two different patches are at about 0.6.
    assert np.median(cosine) > 0.98 and np.percentile(cosine, 5) > 0.95
    assert np.median((describe(IMAGE, points) * np.roll(theirs, 1, axis=0)).sum(1)) < 0.8


@pytest.mark.reference
def test_as_many_right_matches_as_opencvs():
    homography = np.array([[0.8, -0.25, 90], [0.2, 0.85, 10], [2e-4, 1e-4, 1]])
    other = cv2.warpPerspective(IMAGE, homography, (400, 400))
    (pa, da), (pb, db) = (SIFT(max_points=400, root=False).detect(i) for i in (IMAGE, other))

    def right(a, b):
        pairs = match(a, b)
        error = np.linalg.norm(apply_homography(homography, pa[pairs[:, 0], :2]) - pb[pairs[:, 1], :2], axis=1)
        return (error < 3).sum()

    assert right(describe(IMAGE, pa), describe(other, pb)) > 0.9 * right(da, db) > 30
