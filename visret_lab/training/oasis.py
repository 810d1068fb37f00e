"""OASIS: a bilinear similarity learnt from triplets, one after the other.

Chechik, Sharma, Shalit, Bengio, "Large scale online learning of image similarity through ranking", JMLR 2010.

    s(a, b) = a' W b

For each triplet (q, p, n) that pays l = max(0, 1 - s(q, p) + s(q, n)), W moves as little as it must:

    W <- W + t V,    V = q (p - n)',    t = min(C, l / |V|^2)
"""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from visret_lab.arrays import as_rows


class OASIS(BaseEstimator):
    """Bilinear similarity that starts as the inner product.

    Args:
        aggressiveness: C, the longest step. n_triplets: how many are drawn. seed: of the draw.

    Attributes:
        matrix_: float64 D x D. paid_: share of the triplets that paid.
    """

    def __init__(self, aggressiveness=0.1, n_triplets=50_000, seed=0):
        self.aggressiveness, self.n_triplets, self.seed = aggressiveness, n_triplets, seed

    def fit(self, vectors, labels):
        """Learn W from labelled vectors.

        Args:
            vectors: float N x D. labels: int N.

        Returns:
            self.

        Raises:
            ValueError: no label with two images, or only one label; C not above 0.
        """
        x, labels = as_rows(vectors, "vectors").astype(np.float64), np.asarray(labels)
        _, labels, counts = np.unique(labels, return_inverse=True, return_counts=True)
        asking = np.flatnonzero(counts[labels] > 1)
        if len(counts) < 2 or not len(asking):
            raise ValueError("Triplets need at least two labels, and one of them with two images.")
        if not self.aggressiveness > 0:
            raise ValueError(f"aggressiveness (C) must be above 0, not {self.aggressiveness}: nothing would be learnt.")
        members, others = ([np.flatnonzero((labels == k) == inside) for k in range(len(counts))] for inside in (True, False))
        rng, self.matrix_, paid = np.random.default_rng(self.seed), np.eye(x.shape[1]), 0
        for q in rng.choice(asking, self.n_triplets):
            k = labels[q]
            p = q
            while p == q:
                p = rng.choice(members[k])
            way = x[p] - x[rng.choice(others[k])]
            loss = 1 - x[q] @ self.matrix_ @ way
            if loss > 0:
                size = (x[q] @ x[q]) * (way @ way)
                if size > 0:
                    self.matrix_ += min(self.aggressiveness, loss / size) * np.outer(x[q], way)
                paid += 1
        self.paid_ = paid / self.n_triplets
        return self

    def scores(self, queries, vectors):
        """Similarities: float Q x D, float N x D -> float32 Q x N."""
        check_is_fitted(self, "matrix_")
        dim = len(self.matrix_)
        return (as_rows(queries, "queries", dim) @ self.matrix_ @ as_rows(vectors, "vectors", dim).T).astype(np.float32)
