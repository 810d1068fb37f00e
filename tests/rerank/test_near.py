"""Matching by distance, by loops; and verification with it."""

import numpy as np
import pytest

from visret_lab.arrays import l2_normalize
from visret_lab.rerank.near import match_near, verify_near
from visret_lab.rerank.spatial import verify_top


def rows(seed, n, d=6):
    return l2_normalize(np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32))


def test_by_loops():
    a, b = rows(0, 15), rows(1, 18)
    d = np.linalg.norm(a[:, None] - b[None], axis=2)
    want = [(i, d[i].argmin()) for i in range(15) if d[i].min() < 0.9 and d[:, d[i].argmin()].argmin() == i]
    assert len(want) > 2
    assert match_near(a, b, 0.9).tolist() == [list(pair) for pair in want]


def test_nothing_to_match():
    assert match_near(rows(0, 3), rows(0, 0)).shape == (0, 2)
    assert match_near(rows(0, 3), -rows(0, 3), 1e-3).shape == (0, 2)


def test_a_distance_of_nothing():
    with pytest.raises(ValueError, match="distance"):
        match_near(rows(0, 3), rows(1, 3), 0)


def test_the_image_with_the_right_geometry_comes_first():
    rng = np.random.default_rng(0)
    points, same = np.c_[rng.uniform(0, 100, (30, 2)), np.ones((30, 2))], rows(2, 30, 16)
    shuffled = points[rng.permutation(30)]
    database = [(points, rows(3, 30, 16)), (shuffled, same), (points * (1.2, 1.2, 1, 1) + (5, 3, 0, 0), same)]
    ranking, inliers = verify_near(np.array([[0, 1, 2]]), [(points, same)], database, top=3)
    assert ranking[0, 0] == 2 and inliers[0, 0] == 30 and inliers[0, 1] < 15
    kept, _ = verify_near(np.array([[0, 1, 2]]), [(points, same)], database, top=2)
    assert kept[0, 2] == 2
    with pytest.raises(ValueError):
        verify_near(np.array([[0, 1, 2]]), [], database)


def test_neighbours_that_show_nearly_the_same_are_matched_by_distance_where_a_ratio_would_refuse_them():
    rng = np.random.default_rng(0)
    points, same = np.c_[rng.uniform(0, 100, (30, 2)), np.ones((30, 2))], rows(2, 30, 16)
    twice = np.concatenate([points, points + (3, 0, 0, 0)]), l2_normalize(np.concatenate([same, same + 1e-3]))
    _, near = verify_near(np.array([[0]]), [(points, l2_normalize(same + 5e-4))], [twice], top=1)
    _, ratio = verify_top(np.array([[0]]), [(points, l2_normalize(same + 5e-4))], [twice], top=1)
    assert near[0, 0] > 10 > ratio[0, 0]
