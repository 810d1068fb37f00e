import cv2
import numpy as np
import pytest

from visret_lab.features.brief import BRIEF, SIDE, brief, offsets, smoothed

RNG = np.random.default_rng(0)


def triangles():
    """A picture with corners: 80 triangles over each other."""
    image = np.full((192, 256, 3), 128, np.uint8)
    for _ in range(80):
        corners = (RNG.integers(0, (256, 192)) + RNG.integers(-30, 31, (3, 2))).astype(np.int32)
        cv2.fillConvexPoly(image, corners, RNG.integers(0, 256, 3).tolist())
    return image


IMAGE = triangles()


def test_each_bit_asks_its_question():
    picture, points, found = smoothed(IMAGE[..., 0]), np.array([[60.0, 80.0], [101.4, 99.6]]), []
    for x, y in ((60, 80), (101, 100)):
        for (ax, ay), (bx, by) in offsets():
            found.append(picture[y + ay, x + ax] < picture[y + by, x + bx])
    want = np.array(found).reshape(2, 256)
    bits = brief(picture, points)
    assert bits.shape == (2, 32) and bits.dtype == np.uint8
    assert np.array_equal(np.unpackbits(bits, axis=1, bitorder="little").astype(bool), want)


def test_the_pairs_are_those_of_the_paper():
    pairs = offsets()
    assert pairs.shape == (256, 2, 2) and np.abs(pairs).max() <= SIDE // 2
    assert pairs.std() == pytest.approx(SIDE / 5, rel=0.05) and abs(pairs.mean()) < 1


def test_brightness_and_contrast_change_nothing_and_another_place_does():
    points, first = BRIEF(50).detect(IMAGE)
    picture = smoothed(IMAGE.astype(np.float32).mean(axis=2))
    assert np.array_equal(brief(picture, points), brief(0.5 * picture + 60, points)) and len(points) > 20
    apart = np.unpackbits(first[:10, None] ^ first[10:20], axis=2).sum(axis=2)
    assert np.median(apart) > 60


def test_the_smoothing_is_a_mean_of_a_box():
    picture = RNG.random((20, 20)).astype(np.float32)
    assert smoothed(picture)[9, 11] == pytest.approx(picture[5:14, 7:16].mean(), rel=1e-5)


def test_points_stay_inside_and_are_the_strongest():
    points, descriptors = BRIEF(1000).detect(IMAGE)
    few, _ = BRIEF(20).detect(IMAGE)
    assert len(points) == len(descriptors) > 20 == len(few)
    assert points[:, :2].min() >= SIDE // 2 and (points[:, 0] < 256 - SIDE // 2).all() and (points[:, 2] == SIDE).all()


@pytest.mark.parametrize("image", [np.full((100, 100, 3), 80, np.uint8), np.zeros((20, 200, 3), np.uint8)])
def test_where_nothing_stands_out_there_is_nothing(image):
    points, descriptors = BRIEF().detect(image)
    assert points.shape == (0, 4) and descriptors.shape == (0, 32)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="sticks out"):
        brief(np.zeros((50, 50), np.float32), [[2, 25]])
    with pytest.raises(ValueError, match="max_points"):
        BRIEF(0)
