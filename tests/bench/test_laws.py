import numpy as np
import pytest
from scipy import stats

from visret_lab.bench.laws import fit_power_law

SIZES = np.array([1e4, 3e4, 1e5, 3e5, 1e6])


def test_an_exact_law_is_found():
    law = fit_power_law(SIZES, 0.02 * SIZES**0.5)
    assert (law.a, law.b, law.spread) == (pytest.approx(0.02), pytest.approx(0.5), pytest.approx(1))
    assert law.low == pytest.approx(0.5) and law.high == pytest.approx(0.5)
    assert law(1e8) == pytest.approx(200)


def test_line_and_interval_are_those_of_scipy():
    y = SIZES**0.8 * np.exp(np.random.default_rng(0).normal(0, 0.2, 5))
    law, line = fit_power_law(SIZES, y), stats.linregress(np.log(SIZES), np.log(y))
    assert law.b == pytest.approx(line.slope, rel=1e-12)
    assert np.log(law.a) == pytest.approx(line.intercept, rel=1e-12)
    reach = stats.t.ppf(0.975, 3) * line.stderr
    assert (law.low, law.high) == (pytest.approx(line.slope - reach), pytest.approx(line.slope + reach))


def test_the_interval_holds_the_true_exponent_in_about_95_of_100_runs():
    rng = np.random.default_rng(1)
    laws = [fit_power_law(SIZES, SIZES**0.5 * np.exp(rng.normal(0, 0.1, 5))) for _ in range(2000)]
    held = np.mean([law.low <= 0.5 <= law.high for law in laws])
    assert abs(held - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 2000)


def test_spread_is_the_largest_factor_off_the_line():
    y = SIZES * np.array([1, 1, 2, 1, 1])
    law = fit_power_law(SIZES, y)
    assert law.spread == pytest.approx(max(max(y / law(SIZES)), max(law(SIZES) / y)))


@pytest.mark.parametrize(("n", "y", "words"), [
    ([1, 2], [1, 2], "three sizes"), ([1, 2, 3], [1, 2], "three sizes"), ([1, 2, 3], [1, 0, 2], "above 0"),
    ([1, 2, 3], [1, np.nan, 2], "above 0"), ([5, 5, 5], [1, 2, 3], "equal")])
def test_bad_input(n, y, words):
    with pytest.raises(ValueError, match=words):
        fit_power_law(n, y)


def test_between_turns_the_line_around_its_center():
    law = fit_power_law(SIZES, SIZES**0.5 * np.array([1, 1.1, 0.9, 1.1, 1]))
    assert law.center == pytest.approx(np.exp(np.log(SIZES).mean()))
    low, high = law.between(law.center)
    assert low == pytest.approx(law(law.center)) == high
    low, high = law.between([1e3, 1e9])
    assert (low < law([1e3, 1e9])).all() and (high > law([1e3, 1e9])).all()
    assert high[1] == pytest.approx(law(law.center) * (1e9 / law.center) ** law.high)
