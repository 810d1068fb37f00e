"""Races of chapter 09: PCA against scikit-learn and FAISS, learned whitening against SciPy's generalised eigenvalue problem."""

from functools import cache

import faiss
import numpy as np
from scipy.linalg import eigh
from sklearn.decomposition import PCA as TheirPCA

from visret_lab.bench.race import Race
from visret_lab.compact.learned_whitening import LearnedWhitening
from visret_lab.compact.pca import PCA

CHAPTER = "09_pca_whitening"


def races(small=False):
    """The races of this chapter; `small` for tests."""
    tall, wide = ((2000, 32, 8), (50, 200, 16)) if small else ((100_000, 128, 64), (300, 4096, 64))
    return [_sklearn(*tall, "covariance_eigh"), _faiss(*tall), _sklearn(*wide, "full"), _faiss(*wide), _learned(*tall)]


def _case(n, dim):
    """A function that makes float32 n x dim, with falling variances, at its first call: where two are nearly equal, their
    directions are anybody's, and nothing could be compared."""
    @cache
    def case():
        rng, rank = np.random.default_rng(0), min(n, dim)
        axes = np.linalg.qr(rng.normal(size=(dim, rank)))[0]
        return (rng.normal(size=(n, rank)) * np.geomspace(2, 0.02, rank) @ axes.T + 0.1).astype(np.float32)

    return case


def _sklearn(n, dim, count, solver):
    case = _case(n, dim)
    return Race(f"PCA, fit and transform, {n:,} x {dim} to {count}", CHAPTER, f'scikit-learn, svd_solver="{solver}"',
                ours=lambda: np.abs(PCA(count).fit(case()).transform(case()[:50])),
                theirs=lambda: np.abs(TheirPCA(count, svd_solver=solver).fit(case()).transform(case()[:50])),
                target=0.33 if n > dim else 1.0, tolerance=5e-3,
                note="absolute values are compared, since a direction may point either way; float64 here, float32 there")


def _faiss(n, dim, count):
    case = _case(n, dim)

    def theirs():
        matrix = faiss.PCAMatrix(dim, count)
        matrix.max_points_per_d = n  # all rows: by default FAISS takes a sample of 1,000 a dimension
        matrix.train(case())
        return np.abs(matrix.apply(case()[:50]))

    return Race(f"PCA, fit and transform, {n:,} x {dim} to {count}", CHAPTER, "faiss.PCAMatrix",
                ours=lambda: np.abs(PCA(count).fit(case()).transform(case()[:50])), theirs=theirs,
                target=0.33 if n > dim else 1.0, tolerance=5e-3,
                note="absolute values are compared; the covariance is summed in float64 here, in float32 by FAISS")


def _learned(n, dim, count):
    @cache
    def case():
        x, rng = _case(n, dim)(), np.random.default_rng(1)
        return np.concatenate([x, x + rng.normal(0, 0.3, x.shape).astype(np.float32)]), np.arange(2 * n).reshape(2, n).T

    def theirs():
        x, pairs = case()
        x = x.astype(np.float64)
        away, centred = x[pairs[:, 0]] - x[pairs[:, 1]], x - x[pairs[:, 0]].mean(axis=0)
        vectors = eigh(centred.T @ centred, away.T @ away / len(away))[1][:, ::-1][:, :count]
        return np.abs(centred[:50] @ vectors)

    return Race(f"Learned whitening, {n:,} pairs x {dim} to {count}", CHAPTER, "scipy.linalg.eigh of two matrices",
                ours=lambda: np.abs(LearnedWhitening(count, l2_after=False).fit(*case()).transform(case()[0][:50])),
                theirs=theirs, target=0.5, tolerance=5e-3, note="the same problem by another route; absolute values are compared")
