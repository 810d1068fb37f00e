"""ONE: group distances by definition; with one window it is the nearest neighbour; with one image a group it is a search."""

import numpy as np
import pytest

from visret_lab.deep.neural_codes import spatial_distances
from visret_lab.deep.one import RegionNeighbours, group_distances

RNG = np.random.default_rng(0)
ASKED, BASE = RNG.normal(size=(6, 3, 5)), RNG.normal(size=(9, 4, 5))
GROUPS = np.array([2, 0, 1, 1, 0, 2, 2, 0, 1])


def test_a_distance_is_summed_over_windows_each_with_its_own_nearest():
    want = [[sum(min(np.linalg.norm(q - x) for x in BASE[g == GROUPS].reshape(-1, 5)) for q in query) for g in range(3)]
            for query in ASKED]
    assert np.allclose(group_distances(ASKED, BASE, GROUPS), want, atol=1e-5)


def test_with_one_image_a_group_it_is_a_search():
    assert np.allclose(group_distances(ASKED, BASE, np.arange(9)) / 3, spatial_distances(ASKED, BASE), atol=1e-5)


def test_with_one_window_it_is_the_nearest_neighbour_of_scikit_learn():
    neighbors = pytest.importorskip("sklearn.neighbors")
    x, y, q = RNG.normal(size=(200, 8)), RNG.integers(0, 5, 200), RNG.normal(size=(60, 8))
    names = np.array(["e", "b", "d", "a", "c"])[y]
    want = neighbors.KNeighborsClassifier(1).fit(x, names).predict(q)
    assert (RegionNeighbours().fit(x[:, None], names).predict(q[:, None]) == want).all()


def test_windows_find_what_the_whole_hides():
    # The object of class "b" fills one window of the query; the rest is the background of class "a".
    ground, thing = np.eye(4)[0], np.eye(4)[1]
    base = np.stack([[ground, ground], [ground, thing]])
    assert RegionNeighbours().fit(base, ["a", "b"]).predict(np.array([[ground, thing]]))[0] == "b"


def test_bad_input_is_told():
    with pytest.raises(ValueError, match="without a gap"):
        group_distances(ASKED, BASE, GROUPS * 2)
    with pytest.raises(ValueError, match="one group for each"):
        group_distances(ASKED, BASE, GROUPS[:4])
    with pytest.raises(ValueError, match="9 images and 3 names"):
        RegionNeighbours().fit(BASE, [0, 1, 2])
