"""Spatial verification of the head of a list: match the first images, and order them by the matches that agree."""

from functools import partial

import numpy as np
from tqdm import tqdm

from visret_lab.features.matching import match
from visret_lab.rerank.geometry import verify
from visret_lab.rerank.lists import require_lists


def verify_top(ranking, queries, database, top=50, ratio=0.8, least=5, threshold=5.0, seed=0, progress=False, matcher=None):
    """Re-order the first images of each list by their inliers (Philbin et al., CVPR 2007, section 4).

    Args:
        ranking: int64 Q x N, database ids, best first; N may be less than the whole database.
        queries, database: lists of (points N x 4, descriptors N x D).
        top: how many images of each list are verified. The others keep their places behind them.
        ratio: of the ratio test.
        least: with fewer matches an image has no inliers.
        threshold: of RANSAC, in pixels.
        seed: each pair has its own Generator from it.
        matcher: function (descriptors, descriptors) -> int64 K x 2; None for `features.matching.match` with the ratio test.

    Returns:
        (ranking int64 Q x N, inliers int64 Q x min(top, N) in the order of the *new* list). Equal numbers of inliers keep the
        order of the old list.

    Raises:
        ValueError: top below 1, or a ranking with another number of rows than there are queries.
    """
    ranking, top = require_lists(ranking, len(queries), top)
    inliers, matcher = np.zeros((len(queries), top), np.int64), matcher or partial(match, ratio=ratio)
    for q, (points, descriptors) in enumerate(tqdm(queries, desc="queries", disable=not progress)):
        for place, image in enumerate(ranking[q, :top]):
            pairs = matcher(descriptors, database[image][1])
            if len(pairs) >= least:
                rng = np.random.default_rng([seed, q, int(image)])
                inliers[q, place] = verify(points, database[image][0], pairs, rng, threshold, max_trials=200).count
        order = np.argsort(-inliers[q], kind="stable")
        ranking[q, :top], inliers[q] = ranking[q, :top][order], inliers[q][order]
    return ranking, inliers
