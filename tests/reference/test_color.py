"""Chapter 02: plain code, ours and the reference libraries give the same numbers on the same input."""

import numpy as np
import pytest

from visret_lab.bench import color as bench
from visret_lab.features import distances, emd

pytestmark = pytest.mark.reference
RACES = bench.races(small=True)


@pytest.mark.parametrize("race", RACES, ids=[race.name for race in RACES])
def test_three_ways_agree(race):
    ours = np.asarray(race.ours())
    assert np.abs(ours - race.theirs()).max() <= race.tolerance
    assert race.plain is not None and np.abs(ours - race.plain()).max() <= race.tolerance


def test_named_relations_between_the_chi_squareds():
    cv2 = pytest.importorskip("cv2")
    a, b = bench.histograms(np.random.default_rng(0), 2, 32)
    a, b = a + 1e-3, b + 1e-3
    ours = float(distances.chi_squared(a, b)[0, 0])
    assert cv2.compareHist(a, b, cv2.HISTCMP_CHISQR_ALT) == pytest.approx(4 * ours, rel=1e-4)
    assert cv2.compareHist(a, b, cv2.HISTCMP_CHISQR) == pytest.approx(float(((a - b) ** 2 / a).sum()), rel=1e-4)


def test_a_broken_version_is_caught(monkeypatch):
    race = RACES[0]
    monkeypatch.setattr(bench.distances, "chi_squared", lambda a, b: 2 * distances.l1(a, b))
    assert np.abs(race.ours() - race.theirs()).max() > race.tolerance


def test_emd_of_scipy_on_a_line():
    wasserstein = pytest.importorskip("scipy.stats").wasserstein_distance
    a, b = bench.histograms(np.random.default_rng(0), 2, 32).astype(float)
    place = np.arange(32)
    assert emd.emd_1d(a, b)[0, 0] == pytest.approx(wasserstein(place, place, a, b), abs=1e-5)
