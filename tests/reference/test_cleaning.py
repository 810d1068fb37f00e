"""Cleaning against scikit-learn, networkx, SciPy and OpenCV."""

import cv2
import networkx as nx
import numpy as np
import pytest

from visret_lab.bench.cleaning import races, random_graph
from visret_lab.bench.race import run_race
from visret_lab.rerank.affine import apply_affine, verify_affine
from visret_lab.training.boxes import geometric_median
from visret_lab.training.cleaning import largest_component, prune

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.name)
def test_the_races_agree(race):
    assert np.abs(race.ours()).max() > 0.05
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance


@pytest.mark.parametrize("seed", range(5))
def test_components_of_pruned_graphs_are_those_of_networkx(seed):
    graph = random_graph(80, 1.0, np.random.default_rng(seed))
    for least in (1, 10, 25):
        theirs = list(nx.connected_components(nx.from_scipy_sparse_array(prune(graph, least))))
        ours = set(largest_component(prune(graph, least)).tolist())
        assert ours in theirs and len(ours) == max(map(len, theirs))


def test_opencv_finds_the_same_map():
    rng = np.random.default_rng(0)
    a = rng.uniform(0, 300, (60, 2))
    move = np.array([[0.9, 0.2, 11], [-0.15, 1.1, -4]])
    b = apply_affine(move, a) + rng.normal(0, 0.3, a.shape)
    b[35:] = rng.uniform(0, 300, (25, 2))
    ours = verify_affine(a, b, np.repeat(np.arange(60)[:, None], 2, axis=1), rng, threshold=3)
    theirs, inliers = cv2.estimateAffine2D(a, b, method=cv2.RANSAC, ransacReprojThreshold=3)
    assert (ours.inliers == inliers.ravel().astype(bool)).mean() > 0.95 and np.abs(ours.matrix - theirs).max() < 0.5


def test_the_median_is_a_minimum():
    x = np.random.default_rng(1).normal(size=(15, 4))
    y = geometric_median(x, 1e-9, 5000)

    def total(z):
        return np.linalg.norm(x - z, axis=1).sum()

    assert all(total(y) <= total(y + step) for step in 1e-3 * np.r_[np.eye(4), -np.eye(4)])
