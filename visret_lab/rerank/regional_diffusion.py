"""Diffusion over regions: a query that fills a corner of a picture finds the corners of other pictures.

Iscen, Tolias, Avrithis, Furon, Chum, "Efficient diffusion on region manifolds", CVPR 2017. Generalised max pooling: Murray and
Perronnin, CVPR 2014.
"""

import numpy as np
from scipy import sparse

from visret_lab.arrays import as_rows, l2_normalize
from visret_lab.rerank.diffusion import BLOCK, solve
from visret_lab.rerank.first_results import own_ids, ranked, require_enough, unit_rows
from visret_lab.rerank.knn_graph import affinity, nearest, normalized
from visret_lab.search.exact import top


def pooling_weights(regions, penalty=1.0):
    """How much each region of an image counts: much where no other region says the same (generalised max pooling).

        (V V^T + lambda I) w = 1

    Args:
        regions: float R x D, rows of V, unit length. penalty: lambda; as it grows, all regions count the same.

    Returns:
        float64 R.

    Raises:
        ValueError: penalty not above 0.
    """
    if penalty <= 0:
        raise ValueError(f"penalty must be above 0, not {penalty:g}: two equal regions have no solution without it.")
    v = as_rows(regions, "regions").astype(np.float64)
    return np.linalg.solve(v @ v.T + penalty * np.eye(len(v)), np.ones(len(v)))


class RegionalDiffusion:
    """Search by diffusion over the regions of all images.

    The walk begins at the k_query regions most like each region of the query, moves over the graph of all regions, and the score of an
    image is the weighted sum over its own, with `pooling_weights`.

    Args:
        k, k_query, gamma, alpha, iterations, tolerance: as `diffusion.Diffusion`, but counted in regions. penalty: as `pooling_weights`.

    Attributes:
        regions_: float32 M x D, of all images, unit length. image_: int64 M, whose each is. transition_: CSR M x M.
        weights_: CSR N x M, the pooling.
    """

    def __init__(self, k=200, k_query=200, gamma=3.0, alpha=0.99, penalty=1.0, iterations=20, tolerance=1e-6):
        self.k, self.k_query, self.gamma, self.alpha, self.penalty = k, k_query, gamma, alpha, penalty
        self.iterations, self.tolerance = iterations, tolerance

    def fit(self, regions, neighbours=None):
        """Make the graph of a database.

        Args:
            regions: list of float R_i x D, one an image.
            neighbours: (ids, similarities), at least k columns each, as `knn_graph.nearest` gives them for all regions; None to find
                them here.

        Raises:
            ValueError: no images; an image without regions; k below 1 or not below the number of regions; NaN.
        """
        counts = require_regions(regions, "image")
        self.regions_ = unit_rows(np.concatenate(regions), "regions")
        self.image_ = np.repeat(np.arange(len(regions)), counts)
        near = nearest(self.regions_, self.k) if neighbours is None else [one[:, : self.k] for one in neighbours]
        if near[0].shape != (len(self.regions_), self.k):
            raise ValueError(f"neighbours must have {self.k} columns for {len(self.regions_)} regions; got shape {near[0].shape}.")
        self.transition_ = normalized(affinity(*near, self.gamma))
        weights = np.concatenate([pooling_weights(one, self.penalty) for one in np.split(self.regions_, np.cumsum(counts)[:-1])])
        self.weights_ = sparse.csr_matrix((weights, (self.image_, np.arange(len(weights)))), (len(regions), len(weights)))
        self.sums_ = l2_normalize(np.add.reduceat(self.regions_, np.cumsum([0, *counts[:-1]]), axis=0))
        return self

    @property
    def nbytes(self):
        """Bytes of the vectors of the regions, and of the graph: for each link a number of 4 bytes and an id of 4."""
        return self.regions_.nbytes + 8 * self.transition_.nnz

    def similarities(self, queries):
        """A first search, with the sum of the regions as the vector: list of R_q x D -> float32 Q x N."""
        return l2_normalize(np.stack([unit_rows(q, "query").sum(axis=0) for q in queries])) @ self.sums_.T

    def start(self, query, own=-1):
        """Where the walk begins: y = sum over the query's regions of max(r.x, 0)^gamma at the k_query regions most like r.

        Args:
            query: float R x D. own: the query's own image, none of whose regions is taken; -1 for none.

        Returns:
            float32 M.
        """
        query = unit_rows(query, "query", self.regions_.shape[1])
        similarities = query @ self.regions_.T
        similarities[:, self.image_ == own] = -np.inf
        require_enough(self.k_query, int(np.isfinite(similarities[0]).sum()), "k_query")
        ids = top(similarities, self.k_query)
        weights = np.maximum(np.take_along_axis(similarities, ids, axis=1), 0) ** self.gamma
        return np.bincount(ids.ravel(), weights.ravel(), len(self.regions_)).astype(np.float32)

    def scores(self, queries, own=None):
        """Scores of the images: list of Q float R_q x D -> float64 Q x N, 0 where no walk arrives.

        Args:
            own: as `first_results.own_ids`. All regions of the own picture are taken out of the graph, for its query alone.
        """
        require_regions(queries, "query")
        own, found = own_ids(own, len(queries), self.weights_.shape[0]), []
        for at in range(0, len(queries), BLOCK):
            mine = own[at : at + BLOCK]
            y = np.stack([self.start(q, i) for q, i in zip(queries[at : at + BLOCK], mine, strict=True)], axis=1)
            absent = np.nonzero(self.image_[:, None] == mine)
            found.append(self.weights_ @ solve(self.transition_, y, self.alpha, self.iterations, self.tolerance, absent))
        return np.maximum(np.concatenate(found, axis=1).T, 0)

    def ranking(self, queries, own=None):
        """int64 Q x N: by diffusion; images that no walk reaches follow in the order of the first search."""
        return ranked(self.scores(queries, own), self.similarities(queries), own)


def require_regions(regions, name):
    """How many regions each image has: int64 N. ValueError where there are no images, or one has none."""
    counts = np.array([len(one) for one in regions], np.int64)
    if not len(counts):
        raise ValueError(f"There is no {name}.")
    if not counts.all():
        raise ValueError(f"The {name} at place {int(np.flatnonzero(counts == 0)[0])} has no regions. Give it at least the whole image.")
    return counts
