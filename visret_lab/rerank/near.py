"""Matching by distance instead of by ratio, and verification of the head of a list with it: what dense features need.

The ratio test asks that the second nearest be clearly farther. Features from overlapping positions have neighbours that show nearly the
same, so the second nearest is hardly farther, and the test would throw the right matches away. DELF (Noh et al., ICCV 2017) takes the
nearest within a fixed distance.
"""

from functools import partial

import numpy as np

from visret_lab.arrays import as_rows
from visret_lab.features.matching import squared_distances
from visret_lab.rerank.spatial import verify_top

DISTANCE = 0.8  # of unit vectors


def match_near(a, b, distance=DISTANCE):
    """Match each descriptor of `a` to its nearest in `b`, where that is near enough and the choice is mutual.

        keep i  if  d(a_i, b_1) < distance, and a_i is the nearest to b_1

    Args:
        a, b: float N x D and M x D descriptors of unit length. distance: Euclidean, above 0.

    Returns:
        pairs int64 K x 2: rows of `a` and of `b`.

    Raises:
        ValueError: NaN, another dimension, or a distance that is not above 0.
    """
    if not distance > 0:
        raise ValueError(f"distance must be above 0, not {distance}.")
    if len(a) == 0 or len(b) == 0:
        return np.zeros((0, 2), np.int64)
    a = as_rows(a, "a")
    squared = squared_distances(a, as_rows(b, "b", a.shape[1]))
    nearest = squared.argmin(axis=1)
    keep = squared[np.arange(len(a)), nearest] < distance**2
    keep &= squared.argmin(axis=0)[nearest] == np.arange(len(a))
    rows = np.flatnonzero(keep)
    return np.stack([rows, nearest[rows]], axis=1).astype(np.int64)


def verify_near(ranking, queries, database, top=50, distance=DISTANCE, least=5, threshold=12.0, seed=0, progress=False):
    """Re-order the first images of each list by their inliers: `spatial.verify_top` with matches by distance.

    Args:
        ranking: int64 Q x N, best first. queries: list of (points N x 4, descriptors N x D). database: the same, or a dict by image id.
        top: images of each list that are verified. distance: of `match_near`. least: with fewer matches an image has no inliers.
        threshold: of RANSAC in pixels; positions of dense features lie on a grid. seed: each pair has its own Generator from it.

    Returns:
        (ranking int64 Q x N, inliers int64 Q x min(top, N) in the order of the new list). Equal numbers keep the order of the old.

    Raises:
        ValueError: top below 1, or a ranking with another number of rows than there are queries.
    """
    return verify_top(ranking, queries, database, top, least=least, threshold=threshold, seed=seed, progress=progress,
                      matcher=partial(match_near, distance=distance))
