"""Races of chapter 20: conjugate gradients for many queries against SciPy's for one after another, the graph against scikit-learn."""

from functools import cache

import numpy as np
from scipy.sparse import identity
from scipy.sparse.linalg import cg
from sklearn.neighbors import kneighbors_graph

from visret_lab.arrays import l2_normalize
from visret_lab.bench.race import Race
from visret_lab.rerank.diffusion import solve, start
from visret_lab.rerank.knn_graph import knn_graph, normalized


def clusters(count, dim, groups, rng):
    """Rows of unit length around some centres, as the views of some buildings: float32 count x dim."""
    centres = rng.normal(size=(groups, dim))
    return l2_normalize((centres[np.arange(count) % groups] + 0.8 * rng.normal(size=(count, dim))).astype(np.float32))


def one_by_one(s, y, alpha=0.99, iterations=20, tolerance=1e-6):
    """The same solutions by SciPy, query after query: float64 N x Q."""
    a = (identity(s.shape[0], format="csr") - alpha * s.astype(np.float64)).tocsr()
    return np.stack([cg(a, column, rtol=tolerance, maxiter=iterations)[0] for column in y.T.astype(np.float64)], axis=1)


def shares(f):
    """Scores as shares of the largest."""
    return f / f.max()


def with_sklearn(rows, k, gamma):
    """The mutual graph by scikit-learn's neighbours, as a dense array N x N."""
    linked = kneighbors_graph(rows, k, mode="connectivity", include_self=False).toarray() > 0
    return np.where(linked & linked.T, np.maximum(rows @ rows.T, 0) ** gamma, 0)


def races(small=False):
    """The races of this chapter; `small` for tests."""
    return [_solving(small), _graph(small)]


def _solving(small):
    images, queries, k = (300, 6, 10) if small else (2000, 70, 50)

    @cache
    def case():
        rows = clusters(images + queries, 32 if small else 128, images // 30, np.random.default_rng(0))
        base, asked = rows[:images], rows[images:]
        return normalized(knn_graph(base, k)), start(asked @ base.T)

    return Race(f"diffusion of {queries} queries over {images:,} images, {k} neighbours", "20_expansion_diffusion",
                "scipy.sparse.linalg.cg, one query at a time", ours=lambda: shares(solve(*case())),
                theirs=lambda: shares(one_by_one(*case())), target=1.0 if small else 3.0, tolerance=1e-5,
                note="20 iterations, tolerance 1e-6, the graph is at hand; compared as shares of the largest score; ours in 32 bits, "
                "SciPy in 64")


def _graph(small):
    images, k = (200, 10) if small else (2000, 50)

    @cache
    def rows():
        return clusters(images, 32 if small else 128, images // 20, np.random.default_rng(1))

    return Race(f"mutual graph of {images:,} images, {k} neighbours", "20_expansion_diffusion",
                "sklearn.neighbors.kneighbors_graph", ours=lambda: knn_graph(rows(), k).toarray(),
                theirs=lambda: with_sklearn(rows(), k, 3.0), target=0.5 if small else 1.0, tolerance=1e-5)
