"""The race of chapter 17: its two sides agree, and there is something to agree on."""

import numpy as np
import pytest

from visret_lab.bench.losses import races
from visret_lab.bench.race import run_race

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.name)
def test_the_races_agree(race):
    assert np.abs(race.ours()).max() > 1e-3
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance
