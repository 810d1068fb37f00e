"""Matching by distance instead of by ratio, and verification of the head of a list with it: what dense features need.

The ratio test asks that the second nearest be clearly farther. Features from overlapping positions have neighbours that show nearly the
same, so the second nearest is hardly farther, and the test would throw the right matches away. DELF (Noh et al., ICCV 2017) takes the
nearest within a fixed distance.
"""

import numpy as np
from tqdm import tqdm

from visret_lab.arrays import as_rows
from visret_lab.features.matching import squared_distances
from visret_lab.rerank.geometry import verify
from visret_lab.rerank.lists import require_lists

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
    ranking, top = require_lists(ranking, len(queries), top)
    inliers = np.zeros((len(queries), top), np.int64)
    for q, (points, descriptors) in enumerate(tqdm(queries, desc="queries", disable=not progress)):
        for place, image in enumerate(ranking[q, :top]):
            pairs = match_near(descriptors, database[image][1], distance)
            if len(pairs) >= least:
                rng = np.random.default_rng([seed, q, int(image)])
                inliers[q, place] = verify(points, database[image][0], pairs, rng, threshold, max_trials=200).count
        order = np.argsort(-inliers[q], kind="stable")
        ranking[q, :top], inliers[q] = ranking[q, :top][order], inliers[q][order]
    return ranking, inliers
