"""Poolings against torch and torchvision."""

import numpy as np
import pytest

from visret_lab.bench.pooling import races
from visret_lab.bench.race import run_race

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: f"{race.name}, {race.reference}")
def test_the_races_agree(race):
    assert np.abs(race.ours()).max() > 0.05
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance
