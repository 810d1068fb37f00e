"""Scores on one scale against scikit-learn and SciPy."""

import numpy as np
import pytest

from visret_lab.bench.late_fusion import races
from visret_lab.bench.race import run_race

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.name)
def test_the_races_agree(race):
    assert np.ptp(race.ours()) > 0.001
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance
