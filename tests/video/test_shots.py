from itertools import permutations

import cv2
import numpy as np
import pytest

from visret_lab.video.shots.edges import edge_change, edge_map
from visret_lab.video.shots.histogram import color_histogram, intersection_distance
from visret_lab.video.shots.score import score
from visret_lab.video.shots.thresholds import adaptive, gradual, peaks

RNG = np.random.default_rng(0)


def scene(seed, shift=0):
    """A picture of discs in colours of its own, moved by some pixels."""
    rng = np.random.default_rng(seed)
    image = np.full((120, 160, 3), rng.integers(60, 200, 3), np.uint8)
    for _ in range(14):
        x, y, r = (int(v) for v in rng.integers(10, 110, 3))
        cv2.circle(image, (x + shift, y), 5 + r // 6, rng.integers(0, 256, 3).tolist(), -1)
    return image


def test_the_histogram_is_opencvs_intersection():
    a, b = color_histogram(scene(1)), color_histogram(scene(2))
    assert a.shape == (4096,) and a.sum() == pytest.approx(1, abs=1e-5)
    assert intersection_distance(a, b) == pytest.approx(1 - cv2.compareHist(a, b, cv2.HISTCMP_INTERSECT), abs=1e-6)
    assert intersection_distance(a, color_histogram(scene(1, 2))) < 0.05 < intersection_distance(a, b)


def test_edges_see_a_cut_but_neither_motion_nor_light():
    first = edge_map(scene(1))
    assert edge_change(first, edge_map(scene(2))) > 0.5
    assert edge_change(first, edge_map(scene(1, 3))) < 0.1
    assert edge_change(first, edge_map(np.uint8(np.clip(scene(1) * 0.85 + 20, 0, 255)))) < 0.15


def test_the_change_of_edges_by_hand():
    a, b = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    a[5, 2:6], b[7, 2:6], b[15, 10:14] = True, True, True
    assert edge_change(a, b, reach=2) == 0.5  # four of b's eight are new; none of a's is gone
    assert edge_change(a, b, reach=1) == 1
    assert edge_change(a, np.zeros_like(a)) == 1 and edge_change(np.zeros_like(a), np.zeros_like(a)) == 0
    with pytest.raises(ValueError, match="one size"):
        edge_change(a, b[:10])


def test_a_run_of_high_distances_is_one_cut_at_its_largest():
    assert peaks([0.1, 0.9, 0.1, 0.6, 0.8, 0.7, 0.0], 0.5).tolist() == [2, 5]
    assert peaks([], 0.5).tolist() == [] and peaks([0.5], 0.5).tolist() == []


def test_the_adaptive_threshold_knows_a_pan_from_a_cut():
    d = np.full(100, 0.02)
    d[20] = 0.5  # a cut
    d[40:60] = 0.3 + 0.05 * RNG.random(20)  # a fast pan
    d[80] = 0.15  # a cut between alike shots
    assert adaptive(d).tolist() == [21, 81]
    assert peaks(d, 0.2).tolist() != [21, 81]
    assert adaptive(np.zeros(30)).tolist() == []


def test_adaptive_by_hand():
    for seed in range(10):
        d, above = np.random.default_rng(seed).random(150), []
        for t in range(150):
            around = [d[s] for s in range(t - 5, t + 6) if 0 <= s < 150 and abs(s - t) > 1]
            above.append(max(1.5 * np.mean(around), 0.1))
        assert adaptive(d, window=5, factor=1.5).tolist() == peaks(d, np.array(above)).tolist()


def test_a_dissolve_is_found_and_a_cut_and_slow_light_are_none():
    level = np.concatenate([np.zeros(10), np.linspace(0, 1, 13)[1:], np.ones(10), np.full(10, 2.0), 2 + np.linspace(0, 0.2, 5)[1:]])
    d = np.abs(np.diff(level))

    def between(i, j):
        return abs(level[j] - level[i])

    assert gradual(d, between, low=0.04, high=0.6).tolist() == [[9, 21]]


def best(found, true, tolerance):
    """The largest number of matches, by trying all orders."""
    return max(sum(abs(a - b) <= tolerance for a, b in zip(order, true, strict=False)) for order in permutations(found, len(found)))


def test_matching_is_the_best_one():
    for seed in range(60):
        rng = np.random.default_rng(seed)
        true, found = rng.choice(30, 6, replace=False), rng.choice(30, 6, replace=False)
        assert score(found, true, 2).right == best(found.tolist(), true.tolist(), 2)


def test_precision_recall_f1():
    one = score([10, 50, 51], [11, 50, 90], 1)
    assert (one.right, one.precision, one.recall, one.f1) == (2, 2 / 3, 2 / 3, pytest.approx(2 / 3))
    assert score([], [5]).f1 == 0 and np.isnan(score([], [5]).precision) and np.isnan(score([], []).f1)


@pytest.mark.parametrize(("call", "says"), [
    (lambda: peaks([[0.1]], 0.5), "one row"), (lambda: peaks([np.nan], 0.5), "finite"), (lambda: adaptive([0.1], window=1), "window"),
    (lambda: adaptive([0.1], factor=1), "factor"), (lambda: gradual([0.1], None, 0.5, 0.2), "low"), (lambda: score([], [], -1), "tolerance")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
