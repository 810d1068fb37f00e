"""Diffusion: a random walk over the graph of the database, which comes back to the query at every step with a small chance.

Zhou, Weston, Gretton, Bousquet, Schoelkopf, "Ranking on data manifolds", NeurIPS 2003; for images, with the graph, the constants and
the solver: Iscen, Tolias, Avrithis, Furon, Chum, "Efficient diffusion on region manifolds", CVPR 2017.
"""

import numpy as np

from visret_lab.rerank.conjugate_gradient import conjugate_gradient
from visret_lab.rerank.first_results import first_results, own_ids, ranked, require_enough, unit_rows
from visret_lab.rerank.knn_graph import knn_graph, normalized

BLOCK = 128  # queries that are solved together: more do not fit into the cache of a CPU


def solve(s, y, alpha=0.99, iterations=20, tolerance=1e-6, absent=None):
    """Where a walk ends that starts at y: the limit of f <- alpha S f + (1 - alpha) y, up to the factor 1 - alpha.

        (I - alpha S) f = y

    Args:
        s: CSR N x N, as `knn_graph.normalized` gives it. y: float N x Q, one column a query.
        alpha: chance to go on; 1 - alpha to return to the query. iterations, tolerance: as `conjugate_gradient`.
        absent: (images, columns), two int arrays of equal length: pairs of an image and a query for which it does not exist. Nothing
            starts there, nothing passes through.

    Returns:
        float N x Q.

    Raises:
        ValueError: alpha not in [0, 1), shapes that do not fit, and as `conjugate_gradient`.
    """
    if not 0 <= alpha < 1:
        raise ValueError(f"alpha must lie in [0, 1), not {alpha:g}: with 1 the walk never returns, and forgets the query.")
    if y.ndim != 2 or len(y) != s.shape[0]:
        raise ValueError(f"y must have one row an image: {s.shape[0]} images, y of shape {y.shape}.")
    gone = ([], []) if absent is None else absent
    y = np.array(y)
    y[gone] = 0
    onward = alpha * s

    def multiply(p):
        walked = onward @ p
        np.subtract(p, walked, out=walked)
        walked[gone] = 0  # p is 0 there, too: no step leads out
        return walked

    return conjugate_gradient(multiply, y, iterations, tolerance)


def start(similarities, k_query=10, gamma=3.0, own=None):
    """Where the walks begin: at the first images of each list.

        y_i = max(q.x_i, 0)^gamma  for the k_q most similar images, 0 for all others

    Args:
        similarities: float Q x N. own: as `first_results.own_ids`; a walk does not begin at the query's own picture.

    Returns:
        float32 N x Q.

    Raises:
        ValueError: k_query below 1 or more than there are images; a wrong `own`; NaN.
    """
    similarities = np.atleast_2d(similarities)
    first = first_results(similarities, k_query, own)
    y = np.zeros(similarities.shape, np.float32)
    weights = np.maximum(np.take_along_axis(similarities, first, axis=1), 0) ** gamma
    np.put_along_axis(y, first, weights, axis=1)
    return np.ascontiguousarray(y.T)


class Diffusion:
    """Search by diffusion, with one vector an image.

    Args:
        k: neighbours of an image in the graph. k_query: images where the walk of a query begins.
        gamma: power of the similarities. alpha: chance to go on. mutual: as `knn_graph.affinity`.
        iterations, tolerance: of the conjugate gradients.

    Attributes:
        database_: float32 N x D, unit length. graph_: CSR N x N. transition_: CSR N x N, S.
    """

    def __init__(self, k=50, k_query=10, gamma=3.0, alpha=0.99, mutual=True, iterations=20, tolerance=1e-6):
        self.k, self.k_query, self.gamma, self.alpha, self.mutual = k, k_query, gamma, alpha, mutual
        self.iterations, self.tolerance = iterations, tolerance

    def fit(self, database):
        """Make the graph of a database, float N x D. ValueError: k below 1 or not below N, NaN."""
        self.database_ = unit_rows(database, "database")
        self.graph_ = knn_graph(self.database_, self.k, self.gamma, self.mutual)
        self.transition_ = normalized(self.graph_)
        return self

    @property
    def nbytes(self):
        """Bytes of the vectors and of the graph: for each link a number of 4 bytes and an id of 4."""
        return self.database_.nbytes + 8 * self.graph_.nnz

    def similarities(self, queries):
        """The first search: float Q x D -> float32 Q x N."""
        return unit_rows(queries, "queries", self.database_.shape[1]) @ self.database_.T

    def scores(self, queries, own=None):
        """Diffusion scores: float Q x D -> float32 Q x N, 0 where no walk arrives. All queries are solved together.

        Args:
            own: as `first_results.own_ids`. The own picture is taken out of the graph, for its query alone.
        """
        similarities = self.similarities(queries)
        own, found = own_ids(own, *similarities.shape), []
        for at in range(0, len(own), BLOCK):
            mine = own[at : at + BLOCK]
            y = start(similarities[at : at + BLOCK], self.k_query, self.gamma, mine)
            absent = mine[mine >= 0], np.flatnonzero(mine >= 0)
            found.append(solve(self.transition_, y, self.alpha, self.iterations, self.tolerance, absent).T)
        # an approximate solution may be a little below 0, where the exact one never is
        return np.maximum(np.concatenate(found), 0)

    def ranking(self, queries, own=None):
        """int64 Q x N: by diffusion; images that no walk reaches follow in the order of the first search."""
        return ranked(self.scores(queries, own), self.similarities(queries), own)

    def truncated_ranking(self, queries, top=10_000, own=None):
        """The same over the first `top` images of each list only, with S made again from these; the others keep their order.

        Returns:
            int64 Q x N.

        Raises:
            ValueError: top below k_query, and as `scores`.
        """
        similarities = self.similarities(queries)
        images = similarities.shape[1]
        own = own_ids(own, *similarities.shape)
        if top < self.k_query:
            raise ValueError(f"top must be at least k_query = {self.k_query}, where the walk begins; got {top}.")
        top = min(top, images - int((own >= 0).any()))
        require_enough(self.k_query, top, "k_query")
        kept = np.sort(first_results(similarities, top, own), axis=1)
        scores = np.zeros_like(similarities)
        for row, ids, seen in zip(scores, kept, similarities, strict=True):
            row[ids] = self._within(ids, seen)
        return ranked(scores, similarities, own)

    def _within(self, ids, similarities):
        """Scores of some images, as if there were no others: float32 top."""
        s = normalized(self.graph_[ids][:, ids])
        y = start(similarities[None, ids], self.k_query, self.gamma)
        return np.maximum(solve(s, y, self.alpha, self.iterations, self.tolerance)[:, 0], 0)
