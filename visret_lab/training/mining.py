"""Which negatives to learn from: most images of other things are far away already, and a triplet in order teaches nothing.

All functions work on similarities of vectors that were extracted beforehand; the training extracts them anew every so often, for what is
hard changes as the network learns (Radenovic, Tolias, Chum, ECCV 2016; Gordo et al., ECCV 2016).
"""

import numpy as np


def hard_negatives(similarity, clusters, own, count=5, one_a_cluster=True):
    """The most similar images of other clusters, for each query.

    Args:
        similarity: float Q x N, of queries and pool. clusters: int N, what each image of the pool shows. own: int Q, of each query.
        count: negatives a query. one_a_cluster: take at most one image of each cluster, so that the negatives differ (Radenovic et al.).

    Returns:
        int64 Q x count, positions in the pool, the most similar first.

    Raises:
        ValueError: other shapes, or fewer clusters (images) to choose from than negatives.
    """
    similarity, clusters, own = require_pool(similarity, clusters, own)
    found = np.empty((len(own), count), np.int64)
    for i, (order, mine) in enumerate(zip(np.argsort(-similarity, axis=1, kind="stable"), own, strict=True)):
        others = order[clusters[order] != mine]
        if one_a_cluster:
            others = others[np.sort(np.unique(clusters[others], return_index=True)[1])]  # the first of each
        if len(others) < count:
            what = "other clusters" if one_a_cluster else "images of other clusters"
            raise ValueError(f"Query {i} has only {len(others)} {what} in the pool, but {count} negatives are wanted. Take a larger "
                             "pool, or fewer negatives.")
        found[i] = others[:count]
    return found


def semi_hard_negatives(similarity, clusters, own, positive, margin, count=5):
    """The most similar images that are still less similar than the positive, but by less than the margin (Schroff et al., "FaceNet",
    CVPR 2015). Where there are too few of them, the most similar of those beyond the margin follow.

    Args:
        similarity, clusters, own, count: as `hard_negatives`. positive: float Q, similarity of each query with its positive.
        margin: in similarities, above 0.

    Returns:
        int64 Q x count.

    Raises:
        ValueError: as `hard_negatives`; too few images that are less similar than the positive.
    """
    similarity, clusters, own = require_pool(similarity, clusters, own)
    found = np.empty((len(own), count), np.int64)
    for i, (row, mine, near) in enumerate(zip(similarity, own, positive, strict=True)):
        order = np.argsort(-row, kind="stable")
        others = order[(clusters[order] != mine) & (row[order] < near)]
        inside = row[others] > near - margin
        others = np.concatenate([others[inside], others[~inside]])
        if len(others) < count:
            raise ValueError(f"Query {i} has only {len(others)} negatives less similar than its positive; {count} are wanted. Take hard "
                             "negatives, or a larger pool.")
        found[i] = others[:count]
    return found


def random_negatives(clusters, own, rng, count=5):
    """Any images of other clusters: int64 Q x count, no image twice for one query. Args: as `hard_negatives`; rng: numpy Generator.

    Raises:
        ValueError: fewer images of other clusters than negatives.
    """
    clusters, found = np.asarray(clusters), []
    for i, mine in enumerate(own):
        others = np.flatnonzero(clusters != mine)
        if len(others) < count:
            raise ValueError(f"Query {i} has only {len(others)} images of other clusters in the pool; {count} negatives are wanted.")
        found.append(rng.choice(others, count, replace=False))
    return np.array(found, np.int64).reshape(len(own), count)


def share_that_pays(similarity, positive, negatives, margin):
    """Share of the triplets that pay in the inner-product loss: q.n > q.p - margin.

    Args:
        similarity: float Q x N. positive: float Q. negatives: int Q x n, positions in the pool. margin: of the loss.

    Returns:
        float, 0 to 1.
    """
    chosen = np.take_along_axis(np.asarray(similarity), np.asarray(negatives), axis=1)
    return float((chosen > np.asarray(positive)[:, None] - margin).mean())


def require_pool(similarity, clusters, own):
    """Check what the functions here take. ValueError for other shapes, an empty pool, or values that are not finite."""
    similarity, clusters, own = np.asarray(similarity), np.asarray(clusters), np.asarray(own)
    if similarity.ndim != 2 or similarity.shape != (len(own), len(clusters)) or not similarity.size:
        raise ValueError(f"similarity must be queries x pool; got {similarity.shape} for {len(own)} queries and {len(clusters)} images.")
    if not np.isfinite(similarity).all():
        raise ValueError("Some similarities are not finite. Has the training gone wrong?")
    return similarity, clusters, own
