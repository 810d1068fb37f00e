"""All-pairs distances between histograms."""

import numpy as np
import pytest

from visret_lab.features import distances
from visret_lab.features.distances import chi_squared, hellinger, intersection, l1, l2


def histograms(rows, bins=20, seed=0):
    rng = np.random.default_rng(seed)
    values = rng.random((rows, bins)) * (rng.random((rows, bins)) > 0.4)
    return (values / values.sum(axis=1, keepdims=True)).astype(np.float32)


DEFINITIONS = {
    l1: lambda x, y: np.abs(x - y).sum(),
    l2: lambda x, y: np.sqrt(((x - y) ** 2).sum()),
    intersection: lambda x, y: np.minimum(x, y).sum(),
    hellinger: lambda x, y: np.sqrt(max(0, 1 - np.sqrt(x * y).sum())),
    chi_squared: lambda x, y: sum((p - q) ** 2 / (p + q) for p, q in zip(x, y, strict=True) if p + q > 0) / 2,
}


@pytest.mark.parametrize("function", DEFINITIONS, ids=lambda f: f.__name__)
def test_definition(function):
    a, b = histograms(9), histograms(7, seed=1)
    expected = [[DEFINITIONS[function](x, y) for y in b.astype(float)] for x in a.astype(float)]
    found = function(a, b)
    assert found.shape == (9, 7) and found.dtype == np.float32
    assert found == pytest.approx(np.array(expected), abs=2e-6)


@pytest.mark.parametrize("function", DEFINITIONS, ids=lambda f: f.__name__)
def test_blocks_do_not_change_the_result(function, monkeypatch):
    a, b = histograms(9, 70), histograms(7, 70, seed=1)
    whole = function(a, b)
    monkeypatch.setattr(distances, "BLOCK", 4)
    assert np.array_equal(function(a, b), whole)


@pytest.mark.parametrize("function", [l1, chi_squared])
def test_a_histogram_is_at_distance_zero_from_itself(function):
    a = histograms(30, 512)
    assert np.array_equal(np.diag(function(a, a)), np.zeros(30))


def test_chi_squared_of_close_pairs_keeps_its_digits():
    a = histograms(5, 512)
    b = a * (1 + 1e-3 * np.random.default_rng(3).standard_normal(a.shape)).astype(np.float32)
    x, y = a.astype(float), b.astype(float)
    with np.errstate(invalid="ignore"):
        exact = np.nansum((x - y) ** 2 / (x + y), axis=1) / 2
    assert np.diag(chi_squared(a, b)) == pytest.approx(exact, rel=1e-3)


def test_chi_squared_of_ordinary_pairs_needs_no_repair(monkeypatch):
    a, b = histograms(9, 64), histograms(7, 64, seed=1)
    whole = chi_squared(a, b)
    monkeypatch.setattr(distances, "_repair_close_pairs", lambda *_: None)
    assert chi_squared(a, b) == pytest.approx(whole, abs=1e-6)


def test_chi_squared_bounds_and_symmetry():
    a, b = histograms(8), histograms(6, seed=1)
    d = chi_squared(a, b)
    assert d.min() >= 0 and d.max() <= 1 + 1e-6
    assert d == pytest.approx(chi_squared(b, a).T, abs=1e-6)
    apart = np.eye(2, dtype=np.float32)
    assert chi_squared(apart, apart) == pytest.approx(1 - np.eye(2), abs=1e-6)


def test_intersection_and_l1_rank_alike():
    a, b = histograms(5), histograms(40, seed=1)
    assert intersection(a, b) == pytest.approx(1 - l1(a, b) / 2, abs=1e-6)


def test_a_single_vector_counts_as_one_row():
    assert chi_squared(histograms(1)[0], histograms(3)).shape == (1, 3)


@pytest.mark.parametrize("function", DEFINITIONS, ids=lambda f: f.__name__)
def test_wrong_input_is_named(function):
    a = histograms(4)
    with pytest.raises(ValueError, match="19 columns, but 20"):
        function(a, a[:, :19])
    broken = a.copy()
    broken[2, 5] = np.nan
    with pytest.raises(ValueError, match=r"not finite.*\(2, 5\)"):
        function(a, broken)


@pytest.mark.parametrize("function", [intersection, hellinger])
def test_mass_is_asked_for_where_it_matters(function):
    a = histograms(4)
    with pytest.raises(ValueError, match="sum to 1, but row 0 sums to 3"):
        function(a, 3 * a)


@pytest.mark.parametrize("function", [intersection, hellinger, chi_squared])
def test_negative_bins_are_refused(function):
    a = histograms(4)
    bad = a.copy()
    bad[1, 0] -= 0.5
    with pytest.raises(ValueError, match="negative value in row 1"):
        function(a, bad)
