"""The table of paired comparisons says what the interval and the test say, and no more."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import permutation_test

from visret_lab.teaching import show_gains
from visret_lab.teaching.gains import UNSURE, gains

DIFFERENCE = "difference, 95\u00a0%\u00a0interval"


def result(name, values):
    return SimpleNamespace(name=name, per_query=np.asarray(values, float))


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    base = rng.random(55)
    return {"base": base, "better": base + rng.normal(0.1, 0.1, 55), "same": base + rng.normal(0, 0.1, 55) * np.repeat([1, -1], [28, 27])}


def test_the_numbers_of_a_line(scores):
    a, b = scores["better"], scores["base"]
    (line,) = gains([(result("new", a), result("old", b))], counts=True).to_dict("records")
    assert line["comparison"] == "new against old"
    assert (line["mAP, first"], line["second"]) == (f"{a.mean():.3f}", f"{b.mean():.3f}")
    assert line["up / down"] == f"{np.sum(a - b > 0.01)}\u00a0/\u00a0{np.sum(a - b < -0.01)}"
    gain, low, high = map(float, re.findall(r"[+-][\d.]+", line[DIFFERENCE]))
    assert gain == pytest.approx((a - b).mean(), abs=6e-4)
    by_theory = 1.96 * (a - b).std(ddof=1) / np.sqrt(55)  # the bootstrap of a mean is near the normal interval
    np.testing.assert_allclose([low, high], (a - b).mean() + np.array([-1, 1]) * by_theory, atol=0.006)
    assert line["p"] == "<\u00a00.001" and line["verdict"] == "higher"


def test_the_p_value_is_that_of_scipy(scores):
    a, b = scores["same"], scores["base"]
    line = gains([("same", a, b)]).iloc[0]
    other = permutation_test((a, b), lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples", vectorized=True,
                             n_resamples=20000, rng=np.random.default_rng(1))
    assert float(line["p"]) == pytest.approx(other.pvalue, abs=0.02) and line["verdict"] == UNSURE


def test_the_verdict_turns_with_the_sign(scores):
    both = gains([("up", scores["better"], scores["base"]), ("down", scores["base"], scores["better"])])
    assert list(both["verdict"]) == ["higher", "lower"]


def test_queries_without_a_value_are_left_out_of_both(scores):
    a, b = scores["better"].copy(), scores["base"].copy()
    a[3], b[7] = np.nan, np.nan
    kept = ~np.isnan(a - b)
    gone = gains([("x", a, b), ("x", a[kept], b[kept])])
    assert gone.iloc[0].to_dict() == gone.iloc[1].to_dict()


def test_a_change_of_less_than_a_hundredth_is_not_counted():
    gain = np.array([0.005, -0.005, 0.02, 0.03, -0.5])
    assert gains([("x", 0.5 + gain, np.full(5, 0.5))], counts=True).iloc[0]["up / down"] == "2\u00a0/\u00a01"


def test_no_minus_before_zero():
    line = gains([("x", np.full(20, 0.5), np.full(20, 0.5) + 1e-9)]).iloc[0]
    assert line[DIFFERENCE] == "+0.000 [+0.000,\u00a0+0.000]"


@pytest.mark.parametrize(("pairs", "words"), [
    ([], "at least one pair"), ([(np.ones(3), np.ones(3))], "Arrays have no name"), ([("a", "b", np.ones(3), np.ones(3))], "4 parts"),
    ([("a", np.ones(3), np.ones(4))], "same queries in the same order")])
def test_what_cannot_be_compared(pairs, words):
    with pytest.raises(ValueError, match=words):
        gains(pairs)


def test_the_table_is_shown(scores, capsys):
    show_gains(("x", scores["better"], scores["base"]), measure="R@1")
    assert "Styler" in capsys.readouterr().out  # outside a notebook IPython prints what it would show
