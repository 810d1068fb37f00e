import numpy as np
import pytest

from visret_lab.evaluation import bootstrap_interval, paired_permutation_test


def test_the_interval_has_the_width_that_theory_gives():
    values = np.random.default_rng(0).normal(0.5, 0.1, 400)
    low, high = bootstrap_interval(values, repeats=4000)
    expected = 1.96 * values.std() / 20
    assert low < values.mean() < high
    assert high - low == pytest.approx(2 * expected, rel=0.1)


def test_the_same_seed_gives_the_same_interval_and_nan_is_left_out():
    values = np.random.default_rng(0).random(30)
    assert bootstrap_interval(values, seed=3) == bootstrap_interval(np.append(values, np.nan), seed=3)


def test_the_exact_test_for_few_queries():
    # Five equal differences: only 2 of the 32 sign patterns reach the mean seen.
    gain, p = paired_permutation_test(np.full(5, 0.6), np.full(5, 0.5))
    assert gain == pytest.approx(0.1) and p == pytest.approx(2 / 32)


def test_no_difference_is_no_evidence_and_a_large_one_is():
    rng = np.random.default_rng(2)
    a = rng.random(55)
    assert paired_permutation_test(a, a)[1] == 1
    assert paired_permutation_test(a + 0.1 + rng.normal(0, 0.02, 55), a)[1] < 0.001


def test_p_values_are_uniform_under_the_null():
    rng = np.random.default_rng(5)
    p = [paired_permutation_test(rng.random(20), rng.random(20), repeats=300)[1] for _ in range(200)]
    assert 0.35 < np.mean(p) < 0.65 and np.mean(np.array(p) < 0.05) < 0.12


def test_bad_input():
    with pytest.raises(ValueError, match="no query"):
        bootstrap_interval([np.nan])
    with pytest.raises(ValueError, match="same queries"):
        paired_permutation_test([0.1], [0.1, 0.2])
