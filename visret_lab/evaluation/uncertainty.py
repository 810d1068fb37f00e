"""A mean over 55 queries is a sample: how far could it be off, and is one method really better than another?"""

import itertools

import numpy as np


def bootstrap_interval(per_query, level=0.95, repeats=2000, seed=0):
    """Percentile bootstrap interval of the mean over queries (Efron, 1979).

    The queries are drawn again with replacement `repeats` times; the interval holds the middle `level` of the means.

    Args:
        per_query: float Q; nan are left out, as in the mean.
        seed: of the Generator that draws.

    Returns:
        (low, high) floats.

    Raises:
        ValueError: no query with a value.
    """
    values = np.asarray(per_query, np.float64)
    values = values[~np.isnan(values)]
    if values.size == 0:
        raise ValueError("There is no query with a value, so there is no interval.")
    drawn = np.random.default_rng(seed).integers(0, values.size, (repeats, values.size))
    tail = (1 - level) / 2
    low, high = np.quantile(values[drawn].mean(axis=1), [tail, 1 - tail])
    return float(low), float(high)


def paired_permutation_test(a, b, repeats=10000, seed=0):
    """Two-sided paired permutation test of equal means (Fisher, 1935).

    If both methods were equally good, the sign of each query's difference would be a coin toss. The p-value is the share of
    tosses that give a mean difference at least as large as the one seen. Up to 16 queries every toss is tried.

    Args:
        a, b: float Q, the same queries in the same order; queries where either is nan are left out.

    Returns:
        (difference of means a - b, p-value).

    Raises:
        ValueError: other lengths, or no query with both values.
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"a and b must hold the same queries in the same order; got shapes {a.shape} and {b.shape}.")
    difference = a - b
    difference = difference[~np.isnan(difference)]
    n = difference.size
    if n == 0:
        raise ValueError("There is no query with a value in both.")
    seen = abs(difference.mean()) * (1 - 1e-12)
    if n <= 16:
        signs = np.array(list(itertools.product((-1.0, 1.0), repeat=n)))
        return float(difference.mean()), float((np.abs(signs @ difference / n) >= seen).mean())
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), (repeats, n))
    extreme = np.count_nonzero(np.abs(signs @ difference / n) >= seen)
    return float(difference.mean()), float((extreme + 1) / (repeats + 1))  # the order seen is one of the tosses
