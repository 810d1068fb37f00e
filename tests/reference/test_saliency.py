"""Chapter 15's races: ours equals the other library, on small cases."""

import pytest

from visret_lab.bench import saliency
from visret_lab.bench.race import run_race


@pytest.mark.parametrize("race", saliency.races(small=True), ids=lambda race: race.name)
def test_ours_equals_theirs(race):
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance
