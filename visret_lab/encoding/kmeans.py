"""k-means as all vocabularies of this course learn it: FAISS's rounds on the rows that are given, all of them."""

import contextlib

import faiss
import numpy as np
from scipy import sparse

PRODUCTS = 20  # the limit of earlier releases of FAISS


@contextlib.contextmanager
def by_products():
    """Let FAISS find nearest centres by matrix products while the body runs.

    FAISS 1.15 takes each distance by itself where rows times dimensions are below 128,000, as in the pieces of a
    product quantiser. The centres are the same, but learning takes ten times as long.
    """
    before = faiss.cvar.distance_compute_blas_threshold
    faiss.cvar.distance_compute_blas_threshold = min(before, PRODUCTS)
    try:
        yield
    finally:
        faiss.cvar.distance_compute_blas_threshold = before


def kmeans(x, count, n_iter, seed):
    """Centres of a k-means clustering (Lloyd 1982), by FAISS.

    Args:
        x: float32 N x D, N at least `count`; FAISS's own sampling and its warnings about few points are off.
        count: K. n_iter: rounds. seed: of the first centres.

    Returns:
        float32 K x D.
    """
    x = np.ascontiguousarray(x)
    learner = faiss.Kmeans(x.shape[1], count, niter=n_iter, seed=seed, min_points_per_centroid=1, max_points_per_centroid=len(x))
    with by_products():
        learner.train(x)
    return np.ascontiguousarray(learner.centroids.reshape(count, -1), np.float32)


def group_means(x, labels, count):
    """Mean of the rows of each group, by one sparse product.

    Args:
        x: float32 N x D. labels: int N, 0 to count - 1. count: K.

    Returns:
        (float32 K x D, zeros for a group without rows; int64 K, rows of each group).
    """
    member = sparse.csr_array((np.ones(len(x), np.float32), labels, np.arange(len(x) + 1)), shape=(len(x), count))
    size = np.bincount(labels, minlength=count)
    return (member.T @ x) / np.maximum(size, 1)[:, None].astype(np.float32), size
