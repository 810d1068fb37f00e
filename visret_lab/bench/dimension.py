"""Races of chapter 08: lists of neighbours and what is counted in them, against scikit-learn and SciPy."""

import numpy as np
from scipy.spatial.distance import pdist
from scipy.stats import expon, skew
from scipy.stats import variation as scipy_variation
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import NearestNeighbors

from visret_lab.bench.race import Race
from visret_lab.search import dimension as dim


def hubness(x, k):
    """k-occurrences and, behind them, their skewness, by our functions: float64 N + 1."""
    counts = dim.k_occurrences(dim.neighbours(x, k)[1])
    return np.append(counts, dim.skewness(counts))


def library_hubness(x, k):
    """The same by scikit-learn and SciPy."""
    ids = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(x).kneighbors(return_distance=False)
    counts = np.bincount(ids.ravel(), minlength=len(x))
    return np.append(counts, skew(counts))


def dimensions(x, k):
    """(MLE, TwoNN) by our functions."""
    distance, _ = dim.neighbours(x, k)
    return np.array([dim.mle_dimension(distance), dim.twonn_dimension(distance)])


def library_dimensions(x, k, discard=0.1):
    """(MLE, TwoNN) put together from parts: neighbours, the fit of an exponential, a line through 0."""
    t, _ = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(x).kneighbors()
    _, scale = expon.fit(np.log(t[:, -1:] / t[:, :-1]).ravel(), floc=0)
    log_mu, steps = np.sort(np.log(t[:, 1] / t[:, 0])), np.arange(1, int(len(t) * (1 - discard)) + 1)
    line = LinearRegression(fit_intercept=False).fit(log_mu[: len(steps), None], -np.log(1 - steps / len(t)))
    return np.array([1 / scale, line.coef_[0]])


def races(small=False):
    """The races of this chapter; `small` for tests."""
    n, d, k = (400, 20, 5) if small else (4000, 128, 10)
    x = np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)
    doubles = x.astype(np.float64)  # both sides compare in float64
    size = f"{n:,} points x {d}-D"
    return [
        Race(f"variation of all distances, {size}", "08_curse_of_dimensionality", "scipy pdist and stats.variation",
             ours=lambda: np.array(dim.variation(dim.pair_distances(x))), theirs=lambda: np.array(scipy_variation(pdist(doubles))),
             tolerance=1e-9),
        Race(f"hubness, {size}, k = {k}", "08_curse_of_dimensionality", "scikit-learn NearestNeighbors and scipy skew",
             ours=lambda: hubness(x, k), theirs=lambda: library_hubness(doubles, k), target=0.5, tolerance=1e-9,
             note="ours takes the distances of the neighbours again from the differences, theirs does not"),
        Race(f"intrinsic dimension (MLE, TwoNN), {size}, k = {k}", "08_curse_of_dimensionality",
             "scikit-learn NearestNeighbors and LinearRegression, scipy expon.fit",
             ours=lambda: dimensions(x, k), theirs=lambda: library_dimensions(doubles, k), target=0.5, tolerance=1e-6),
    ]
