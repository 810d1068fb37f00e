"""Matching as retrieval: the score of an image is the number of matches that agree on one homography."""

import numpy as np
from tqdm import tqdm

from visret_lab.features.matching import Matcher
from visret_lab.rerank.geometry import verify


def inlier_scores(queries, database, *, ratio=0.8, least=5, threshold=5.0, seed=0, progress=True):
    """Match every query with every image, verify, and count inliers.

    Args:
        queries, database: lists of (points N x 4, descriptors N x D of unit length).
        ratio: of the ratio test.
        least: pairs with fewer matches are not verified; they keep a score below that of any verified pair.
        threshold: of RANSAC, in pixels.
        seed: each pair has its own Generator from it, so a score does not depend on the other images.

    Returns:
        float64 Q x N, larger is better: the number of inliers, and for the rest a share of one by their matches.
    """
    matcher = Matcher([d for _, d in database], ratio)
    scores = np.zeros((len(queries), len(database)))
    for q, (points, descriptors) in enumerate(tqdm(queries, desc="queries", disable=not progress)):
        for i, pairs in enumerate(matcher.match(descriptors)):
            # Below one inlier: order by the bare number of matches, so that ties are rare.
            scores[q, i] = len(pairs) / 1e4
            if len(pairs) >= least:
                found = verify(points, database[i][0], pairs, np.random.default_rng([seed, q, i]), threshold, max_trials=200)
                scores[q, i] += found.count
    return scores
