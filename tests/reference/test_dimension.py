"""Distances, hubness and intrinsic dimension against scikit-learn and SciPy."""

import numpy as np
import pytest

from visret_lab.bench.dimension import dimensions, library_dimensions, races
from visret_lab.bench.race import run_race

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.name)
def test_the_races_agree(race):
    assert np.isfinite(race.ours()).all() and np.abs(race.ours()).max() > 0.05
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance


@pytest.mark.parametrize(("n", "d", "k"), [(50, 3, 2), (333, 10, 7)])
def test_dimensions_of_other_sizes_agree(n, d, k):
    x = np.random.default_rng(n).uniform(size=(n, d)).astype(np.float32)
    assert dimensions(x, k) == pytest.approx(library_dimensions(x.astype(float), k), rel=1e-6)
