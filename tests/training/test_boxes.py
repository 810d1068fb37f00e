"""Boxes: the median is a median, and the diffusion brings the boxes of one thing together."""

import numpy as np
import pytest

from visret_lab.rerank.affine import invert_affine
from visret_lab.training import boxes as rules


def test_the_median_of_numbers_and_of_a_triangle():
    assert np.allclose(rules.geometric_median([[1.0], [2.0], [9.0]]), 2, atol=1e-2)
    corners = np.array([[0, 0], [1, 0], [0.5, np.sqrt(3) / 2]])
    assert np.allclose(rules.geometric_median(corners), corners.mean(0), atol=1e-3)


def test_the_median_does_not_follow_one_wild_point_and_stays_at_a_heavy_one():
    x = np.r_[np.random.default_rng(0).normal(size=(20, 4)), [[1e6] * 4]]
    assert np.linalg.norm(rules.geometric_median(x)) < 1
    assert np.allclose(rules.geometric_median([[3.0, 3.0]] * 5 + [[0.0, 0.0], [9.0, 1.0]]), 3, atol=1e-6)
    assert np.array_equal(rules.geometric_median([[2.0, 5.0]]), [2, 5])


@pytest.mark.parametrize("bad", [np.zeros((0, 4)), [[np.nan, 1]], [1.0, 2.0]])
def test_a_median_of_nothing(bad):
    with pytest.raises(ValueError, match="at least one point"):
        rules.geometric_median(bad)


def test_a_box_moves_and_turns_without_growing():
    box = np.array([[10.0, 20.0, 50.0, 40.0]])
    shift = np.array([[[2.0, 0, 5], [0, 2.0, -3]]])
    assert np.allclose(rules.move_boxes(shift, box), [[25, 37, 105, 77]])
    c, s = np.cos(0.2), np.sin(0.2)
    turn = np.array([[[c, -s, 3], [s, c, 8]]])
    there = rules.move_boxes(turn, box)
    assert np.allclose(rules.move_boxes(invert_affine(turn[0])[None], there), box)


def test_each_side_is_scaled_by_its_own_direction():
    c, s = np.cos(0.4), np.sin(0.4)
    stretched = np.c_[np.array([[c, -s], [s, c]]) @ np.diag([2.0, 1.0]), [0, 0]]
    box = rules.move_boxes(stretched[None], [[-20, -10, 20, 10]])[0]
    assert np.allclose(box, [-40, -10, 40, 10])


def test_one_round_goes_a_step_of_the_way():
    start, shift = np.array([[0.0, 0, 10, 10], [100, 0, 110, 10]]), np.array([[[1.0, 0, 40], [0, 1, 0]]])
    after = rules.diffuse(start, [0], [1], shift, step=0.1, rounds=1)[-1]
    assert np.allclose(after, [[0, 0, 10, 10], [94, 0, 104, 10]])


def test_boxes_of_one_thing_come_together():
    rng = np.random.default_rng(0)
    true = np.array([[100.0, 60, 220, 180]]) + rng.uniform(-20, 20, (5, 1))
    sources, targets = np.array([(i, j) for i in range(5) for j in range(5) if i != j]).T
    maps = np.zeros((len(sources), 2, 3)) + [[1, 0, 0], [0, 1, 0]]
    maps[:, :, 2] = (true[targets] - true[sources])[:, :2]
    start = true + rng.normal(0, 25, true.shape)
    history = rules.diffuse(start, sources, targets, maps, tolerance=1e-3)
    spread = [np.std(b - true, axis=0).mean() for b in (history[0], history[-1])]
    assert spread[1] < 0.2 * spread[0] and len(history) > 5
    assert np.abs(history[-1] - true).mean() < np.abs(history[0] - true).mean()
    maps[0] = [[1, 0, 4000], [0, 1, 0]]  # one edge lies
    lied = rules.diffuse(start, sources, targets, maps, tolerance=1e-3)[-1]
    assert np.abs(lied - history[-1]).max() < 25


def test_pictures_without_an_edge_keep_their_box():
    start = np.array([[0.0, 0, 9, 9], [1, 1, 5, 5]])
    none = np.zeros(0, int)
    history = rules.diffuse(start, none, none, np.zeros((0, 2, 3)))
    assert np.array_equal(history[-1], start) and len(history) == 2


def test_bad_steps_and_missing_boxes():
    maps = np.array([[[1.0, 0, 0], [0, 1, 0]]])
    with pytest.raises(ValueError, match="step must be in"):
        rules.diffuse(np.zeros((2, 4)), [0], [1], maps, step=0)
    with pytest.raises(ValueError, match="without a box"):
        rules.diffuse(np.full((2, 4), np.nan), [0], [1], maps)


def test_first_boxes():
    images, boxes = np.array([0, 0, 2]), np.array([[0.0, 0, 4, 4], [2, 2, 8, 6], [1, 1, 2, 2]])
    median, whole = rules.first_boxes(3, images, boxes), rules.boxes_of_all(3, images, boxes)
    assert np.isnan(median[1]).all() and np.isnan(whole[1]).all() and np.allclose(median[2], boxes[2])
    assert np.allclose(whole[0], [0, 0, 8, 6]) and (median[0] >= [0, 0, 4, 4]).all() and (median[0] <= [2, 2, 8, 6]).all()


def test_clip_and_iou():
    cut = rules.clip_boxes([[-5, 3, 50, 90], [np.nan] * 4], [[40, 30]] * 2)
    assert np.allclose(cut[0], [0, 3, 40, 30]) and np.isnan(cut[1]).all()
    a, b = np.array([[0, 0, 2, 2], [0, 0, 1, 1], [0, 0, 4, 4]]), np.array([[1, 0, 3, 2], [5, 5, 6, 6], [0, 0, 4, 4]])
    assert np.allclose(rules.box_iou(a, b), [1 / 3, 0, 1])
    assert np.isnan(rules.box_iou([[np.nan] * 4], [[0, 0, 1, 1]]))[0]
