"""A saliency map on the grid, and the sum that it weighs, by loops."""

import cv2
import numpy as np
import pytest

from visret_lab.deep.weighted import grid_weights, weighted_sum

RNG = np.random.default_rng(0)


def test_the_grid_by_loops():
    saliency = RNG.random((33, 47)).astype(np.float32)
    large = cv2.resize(saliency, (16 * 5, 16 * 4))
    want = np.array([[large[16 * i : 16 * i + 16, 16 * j : 16 * j + 16].max() for j in range(5)] for i in range(4)])
    assert np.allclose(grid_weights(saliency, 4, 5), want / want.max())


def test_a_small_salient_thing_is_kept():
    saliency = np.full((240, 320), 0.1, np.float32)
    saliency[100:108, 200:208] = 1
    found = grid_weights(saliency, 15, 20)
    assert found[6, 12] == pytest.approx(1) and found.max() == 1 and found[0, 0] == pytest.approx(0.1, abs=0.01)


def test_zero_everywhere_is_no_weighting():
    assert np.array_equal(grid_weights(np.zeros((9, 9)), 3, 4), np.ones((3, 4), np.float32))


@pytest.mark.parametrize("bad", [np.full((4, 4), -1.0), np.full((4, 4), np.nan), np.zeros((4, 4, 1)), np.zeros((0, 4))])
def test_what_is_no_map_is_refused(bad):
    with pytest.raises(ValueError, match="saliency map"):
        grid_weights(bad, 3, 4)


def test_the_sum_by_loops():
    maps, weights = RNG.random((5, 3, 4)).astype(np.float32), RNG.random((3, 4)).astype(np.float32)
    want = np.zeros(5)
    for c, y, x in np.ndindex(5, 3, 4):
        want[c] += weights[y, x] * maps[c, y, x]
    assert np.allclose(weighted_sum(maps, weights), want, atol=1e-5)
    assert np.allclose(weighted_sum(maps), weighted_sum(maps, np.ones((3, 4))), atol=1e-5)
    with pytest.raises(ValueError, match="grid_weights"):
        weighted_sum(maps, weights.T)

