"""Diffusion before the query comes: each image of the database is asked once, and its answer is kept.

Yang, Hinami, Matsui, Ly, Satoh, "Efficient image retrieval via decoupling diffusion into online and offline processing", AAAI 2019.
"""

import numpy as np
from scipy import sparse

from visret_lab.rerank.diffusion import BLOCK, Diffusion, solve, start
from visret_lab.rerank.first_results import ranked, require_enough
from visret_lab.rerank.knn_graph import nearest


class OfflineDiffusion(Diffusion):
    """The solution is linear in y, so solve for single images, and add.

        (I - alpha S) f_i = e_i    for each image i, beforehand, over i and the top - 1 images nearest to it
        f(q) = sum over the k_q images i most similar to q of max(q.x_i, 0)^gamma f_i

    S is made once from the whole graph and then cut to these images. With top = N nothing is lost: f(q) is that of `Diffusion`.

    Args:
        top: images of each kept solution. The others are 0. Others: as `Diffusion`.

    Attributes:
        solutions_: CSR float32 N x N with `top` entries a row, f_i. Others: as `Diffusion`.
    """

    def __init__(self, top=1000, k=50, k_query=10, gamma=3.0, alpha=0.99, mutual=True, iterations=20, tolerance=1e-6):
        super().__init__(k, k_query, gamma, alpha, mutual, iterations, tolerance)
        self.top = top

    def fit(self, database):
        """Make the graph, and solve for every image of a database, float N x D.

        Raises:
            ValueError: k or top below 1, k not below N, NaN. A `top` above N means all images.
        """
        super().fit(database)
        require_enough(self.top, max(self.top, 1), "top")
        count = min(self.top, len(self.database_))
        self.solutions_ = self._complete() if count == len(self.database_) else self._cut(count)
        return self

    @property
    def nbytes(self):
        """Bytes of the vectors and of the solutions, 4 for a number and 4 for an id; the graph is needed no more."""
        return self.database_.nbytes + 8 * self.solutions_.nnz

    def scores(self, queries, own=None):
        """float Q x D -> float32 Q x N. The own picture (`first_results.own_ids`) is no start; walks of others did pass through it."""
        y = sparse.csr_matrix(start(self.similarities(queries), self.k_query, self.gamma, own).T)
        return np.maximum((y @ self.solutions_).toarray(), 0)

    def truncated_ranking(self, queries, top=10_000, own=None):
        """Not defined: what is cut here is the solution of each image, by `top` of the class."""
        raise NotImplementedError("OfflineDiffusion keeps cut solutions: choose `top` when it is made. For lists that are cut when the "
                                  "query comes, use Diffusion.")

    def ranking(self, queries, own=None):
        """int64 Q x N: by diffusion; images that no kept solution holds follow in the order of the first search."""
        return ranked(self.scores(queries, own), self.similarities(queries), own)

    def _complete(self):
        n, parts = len(self.database_), []
        for at in range(0, n, BLOCK):
            e = np.zeros((n, min(BLOCK, n - at)), np.float32)
            e[np.arange(at, at + e.shape[1]), np.arange(e.shape[1])] = 1
            parts.append(sparse.csr_matrix(self._solve(self.transition_, e).T))
        return sparse.vstack(parts, "csr")

    def _cut(self, count):
        n = len(self.database_)
        near = nearest(self.database_, count - 1)[0] if count > 1 else np.empty((n, 0), np.int64)
        ids = np.sort(np.concatenate([np.arange(n)[:, None], near], axis=1), axis=1)
        rows = np.stack([self._solve(self.transition_[here][:, here], (here == i)[:, None].astype(np.float32))[:, 0]
                         for i, here in enumerate(ids)])
        found = sparse.csr_matrix((rows.ravel(), ids.ravel(), np.arange(0, n * count + 1, count)), (n, n))
        found.eliminate_zeros()
        return found

    def _solve(self, s, y):
        return solve(s, y, self.alpha, self.iterations, self.tolerance)
