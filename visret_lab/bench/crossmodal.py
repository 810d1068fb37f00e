"""Races of the chapters on pictures and words: canonical correlations in closed form, and tf-idf of sentences."""

import warnings
from functools import cache

import numpy as np
from sklearn.cross_decomposition import CCA as Iterated
from sklearn.exceptions import ConvergenceWarning

from visret_lab.bench.race import Race
from visret_lab.crossmodal.cca import CCA


def two_views(rows, columns, shared, seed=0):
    """Two views of the same hidden numbers: float32 rows x columns[0], rows x columns[1]. The j-th hidden number is the weaker the
    larger j is, so that no two correlations are equal."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(rows, shared)) * np.linspace(1, 0.4, shared)
    return [(hidden @ rng.normal(size=(shared, d)) + rng.normal(size=(rows, d))).astype(np.float32) for d in columns]


def iterated(x, y, count):
    """The same correlations by scikit-learn: float64 count, largest first."""
    model = Iterated(count)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        zx, zy = model.fit_transform(x.astype(np.float64), y.astype(np.float64))
    return np.sort([np.corrcoef(a, b)[0, 1] for a, b in zip(zx.T, zy.T)])[::-1]


def races(small=False):
    """The races of these chapters; `small` for tests."""
    rows, columns, count = (200, (8, 6), 3) if small else (1500, (60, 50), 20)

    @cache
    def case():
        return two_views(rows, columns, count)

    return [Race(f"{count} canonical correlations of {rows} pairs, {columns[0]} and {columns[1]} numbers", "24_image_text",
                 "sklearn.cross_decomposition.CCA", lambda: CCA(count, regularization=0).fit(*case()).correlations_,
                 lambda: iterated(*case(), count), target=0.5 if small else 8.0, tolerance=5e-3,
                 note="scikit-learn takes out one component after the other by iteration, which stops early; its components are sorted here")]
