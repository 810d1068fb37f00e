"""Chapter 03: plain code, ours and the references give the same numbers on the same input."""

import numpy as np
import pytest

from visret_lab.bench import edges_gist as bench
from visret_lab.features import edges, gist

pytestmark = pytest.mark.reference
RACES = bench.races(small=True)


@pytest.mark.parametrize("race", RACES, ids=[race.name for race in RACES])
def test_three_ways_agree(race):
    ours = np.asarray(race.ours())
    assert np.abs(ours - race.theirs()).max() <= race.tolerance
    assert race.plain is not None and np.abs(ours - race.plain()).max() <= race.tolerance


def test_transposed_blocks_are_caught(monkeypatch):
    race = next(race for race in RACES if "GIST" in race.name)
    right = gist.block_means
    monkeypatch.setattr(gist, "block_means", lambda energy, blocks: right(energy, blocks).swapaxes(-1, -2))
    assert np.abs(race.ours() - race.theirs()).max() > race.tolerance


def test_gist_agrees_at_the_default_side_too():
    image = bench.picture(np.random.default_rng(0), 60, 80)
    assert np.abs(gist.gist(image) - bench.torch_gist(image, 64)).max() < 1e-4


def test_directions_on_the_border_of_two_intervals_vote_alike():
    """201.3 - 12.7 and 200.3 - 11.7 are one number in float32 and two in float64: 45 degrees, or nearly so."""
    image = ([13, 7, 29] + np.random.default_rng(0).choice([0, 1, 2, 190, 191, 192], (48, 64, 1))).astype(np.uint8)
    cells = edges.orientation_histogram(image, cells=(3, 4), operator="central").reshape(-1, 8)
    ours = (cells / cells.sum(axis=1, keepdims=True)).ravel()
    assert np.abs(ours - bench.plain_cells(image, 3, 4)).max() < 1e-6
