"""Classical multidimensional scaling."""

import numpy as np
import pytest

from visret_lab.features.mds import classical_mds


def table(points):
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def test_points_of_a_plane_are_found_again():
    points = np.random.default_rng(0).normal(size=(15, 2))
    found = classical_mds(table(points))
    assert found.dtype == np.float32
    assert table(found) == pytest.approx(table(points), abs=1e-5)
    assert found.mean(axis=0) == pytest.approx([0, 0], abs=1e-5)
    assert found[:, 0].std() >= found[:, 1].std()


def test_a_table_without_a_map_still_gets_one():
    # Four points at distance 1 from each other need three dimensions; a star needs none that is Euclidean.
    assert np.isfinite(classical_mds(1 - np.eye(4), 3)).all()
    star = np.full((4, 4), 2.0)
    star[0] = star[:, 0] = 1
    np.fill_diagonal(star, 0)
    assert np.isfinite(classical_mds(star, 3)).all()


def test_wrong_tables():
    d = table(np.random.default_rng(0).normal(size=(5, 3)))
    for bad, words in [(d[:4], "square"), (np.triu(d), "symmetric"), (1 - np.eye(5) - 1, "similarities|negative"),
                       (np.exp(-d), "similarities"), (d * np.nan, "not finite")]:
        with pytest.raises(ValueError, match=words):
            classical_mds(bad)
    for dimensions in (0, 5):
        with pytest.raises(ValueError, match="1 to 4 dimensions"):
            classical_mds(d, dimensions)
