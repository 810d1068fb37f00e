from dataclasses import replace

import cv2
import numpy as np
import pytest

from visret_lab.worlds.recapture import NONE, ROOM, Recapture, recapture


def frame():
    """A picture with forms of several sizes."""
    rng, image = np.random.default_rng(0), np.full((120, 160, 3), 90, np.uint8)
    for _ in range(40):
        x, y, r = (int(v) for v in rng.integers(4, 116, 3))
        cv2.circle(image, (x + 20, y), 3 + r // 8, rng.integers(0, 256, 3).tolist(), -1)
    return image


def alike(a, b):
    """Correlation of two pictures behind a blur."""
    x, y = (cv2.GaussianBlur(i.astype(np.float32), (0, 0), 2).mean(axis=2).ravel() for i in (a, b))
    return np.corrcoef(x, y)[0, 1]


def test_without_any_of_it_the_photograph_is_the_frame():
    photo, view = recapture(frame(), np.random.default_rng(0), how=NONE)
    assert np.allclose(view, np.eye(3), atol=1e-5) and np.abs(photo.astype(int) - frame()).max() <= 1


def test_the_homography_says_where_everything_went():
    for seed in range(8):
        photo, view = recapture(frame(), np.random.default_rng(seed), (200, 150), replace(Recapture(), glare=0.1))
        back = cv2.warpPerspective(photo, np.linalg.inv(view), (160, 120))
        seen = cv2.warpPerspective(np.ones((150, 200), np.uint8), np.linalg.inv(view), (160, 120)) > 0
        both = [np.where(seen[..., None], x, 0) for x in (back, frame())]
        wrong = np.where(seen[..., None], np.roll(frame(), 12, axis=1), 0)
        assert alike(*both) > 0.85 and alike(both[0], wrong) < alike(*both) - 0.05
        assert photo.shape == (150, 200, 3) and photo.dtype == np.uint8


def test_an_edge_stands_where_the_homography_says():
    step = np.zeros((60, 80, 3), np.uint8)
    step[:, 40:] = 200  # the edge is between the centres 39 and 40
    photo, view = recapture(step, np.random.default_rng(0), (640, 480), NONE)
    x, _, w = view @ [39.5, 30, 1]
    row = photo[240, :, 0].astype(float)
    crossing = np.interp(100, row[300:340], np.arange(300, 340))
    assert crossing == pytest.approx(x / w, abs=0.6)  # the screen has stripes of 8 / 3 pixels here


def test_stripes_and_sensor_beat_and_without_stripes_nothing_does():
    grey = np.full((120, 160, 3), 128, np.uint8)

    def waves(stripes, seed):
        photo, _ = recapture(grey, np.random.default_rng(seed), (213, 160), replace(NONE, tilt=0.03, margin=(-0.05, -0.04), stripes=stripes))
        inner = cv2.GaussianBlur(photo[20:-20, 20:-20].astype(np.float32), (0, 0), 1.5)  # what is left is coarser than a pixel
        return inner.std(axis=(0, 1)).max()

    assert max(waves(0, s) for s in range(4)) < 0.05 and min(waves(1, s) for s in range(6)) > 0.5


def test_the_stripes_do_not_darken_the_picture():
    photo, _ = recapture(np.full((60, 80, 3), 100, np.uint8), np.random.default_rng(0), how=replace(NONE, stripes=0.7))
    assert photo.mean() == pytest.approx(100, abs=6)


def test_room_lamp_and_cast():
    flat = np.full((60, 80, 3), 100, np.uint8)
    small, _ = recapture(flat, np.random.default_rng(1), how=replace(NONE, margin=(0.2, 0.2)))
    assert small[2, 2].tolist() == [ROOM] * 3 and small[30, 40].tolist() == [100] * 3
    lit = [recapture(flat, np.random.default_rng(s), how=replace(NONE, glare=1))[0] for s in range(5)]
    assert all(x.min() >= 100 for x in lit) and max(x.max() for x in lit) > 180
    cast, _ = recapture(flat, np.random.default_rng(2), how=replace(NONE, cast=0.3))
    assert np.ptp(cast[30, 40].astype(int)) > 5 and np.ptp(cast, axis=(0, 1)).max() == 0


def test_one_seed_one_photograph():
    one, two, other = (recapture(frame(), np.random.default_rng(s))[0] for s in (5, 5, 6))
    assert np.array_equal(one, two) and not np.array_equal(one, other)


@pytest.mark.parametrize(("call", "says"), [
    (lambda: recapture(np.zeros((20, 20)), np.random.default_rng(0)), "RGB|H x W x 3|uint8"),
    (lambda: recapture(frame(), np.random.default_rng(0), (8, 100)), "16 pixels")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
