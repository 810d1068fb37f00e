"""Matching all images at once against OpenCV's matcher, image by image."""

import pytest

from visret_lab.bench.local import races
from visret_lab.bench.race import run_race

pytestmark = pytest.mark.reference


def test_the_lists_of_matches_are_equal():
    for race in races(small=True):
        assert len(race.ours()) > 20
        assert run_race(race, repeat=1)["max_difference"] == 0
