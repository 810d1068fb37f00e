"""Links against OpenCV's matcher, nearest codes and the tree against FAISS."""

import cv2
import numpy as np
import pytest

from visret_lab.bench.race import run_race
from visret_lab.bench.video import frames_of_points, near_codes, opencv_links, races, tree_against
from visret_lab.video.tracks import distances, linked

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.name)
def test_the_race_agrees(race):
    assert len(race.ours()) > 0
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance


@pytest.mark.parametrize("moved", [5.0, 100.0])
def test_links_are_opencvs_with_any_limit(moved):
    found = frames_of_points(150, seed=3)
    ours = linked(*found, 20, moved)
    assert np.array_equal(ours, opencv_links(*found, 20, moved)) and 0 < len(ours) <= (150 if moved > 50 else 120)


def test_distances_are_opencvs():
    a, b = (np.random.default_rng(0).integers(0, 256, (20, 32), np.uint8) for _ in range(2))
    want = [[cv2.norm(x[None], y[None], cv2.NORM_HAMMING) for y in b] for x in a]
    assert np.array_equal(distances(a, b), want)


def test_the_tree_against_faiss():
    rows = tree_against(3000, 60, backtracks=(0, 20, 10**6), ef=(64,))
    recall = {(r["engine"], r["effort"]): r["recall"] for r in rows}
    assert recall["tree", 0] < recall["tree", 20] <= recall["tree", 10**6] == recall["IndexBinaryFlat", None] == 1
    assert all(r["ms"] > 0 for r in rows) and len(near_codes(10, 3)[1]) == 3
