"""Triplets without labels, from rankings in which two systems agree (deck 003: "label-free" fine-tuning).

A query's ranking is that of the fused score

    s = 1/2 (number of verified matches) + 1/2 (cosine)

A picture with s above 15, that is some 30 matches, shows the same thing: matches that fit one geometry do not come by chance. A picture
with s from 1/2 to 1 has one match at most, and stands in the upper part of the network's list: a negative that the network finds alike.
"""

from typing import NamedTuple

import numpy as np

POSITIVE, NEGATIVE = 15.0, (0.5, 1.0)  # of the deck


class Triplets(NamedTuple):
    """query, positive, negative: int64 T, numbers of images."""

    query: np.ndarray
    positive: np.ndarray
    negative: np.ndarray


def fused_score(matches, cosine):
    """The score of the rule: int N x N verified matches, float N x N -> float64 N x N."""
    matches, cosine = np.asarray(matches, np.float64), np.asarray(cosine, np.float64)
    if matches.shape != cosine.shape or matches.ndim != 2:
        raise ValueError(f"Matches and cosines must have one shape, images x images; got {matches.shape} and {cosine.shape}.")
    return (matches + cosine) / 2


def candidates(scores, positive=POSITIVE, negative=NEGATIVE):
    """Which images may be drawn for each: (positives list of int64, negatives list of int64). An image is never its own."""
    others = ~np.eye(len(scores), dtype=bool)
    same, other = (scores > positive) & others, (scores >= negative[0]) & (scores <= negative[1]) & others
    return [np.flatnonzero(row) for row in same], [np.flatnonzero(row) for row in other]


def label_free_triplets(scores, count, rng, positive=POSITIVE, negative=NEGATIVE):
    """Draw triplets by the rule: a ranking at random, in it a positive and a negative at random.

    Args:
        scores: float N x N of `fused_score`. count: triplets. rng: numpy Generator. positive: positives are above it.
        negative: (least, most) of negatives.

    Returns:
        Triplets.

    Raises:
        ValueError: no image has both a positive and a negative.
    """
    same, other = candidates(np.asarray(scores), positive, negative)
    asking = np.array([i for i, (p, n) in enumerate(zip(same, other, strict=True)) if len(p) and len(n)])
    if not len(asking):
        raise ValueError(f"No image has a positive (score above {positive:g}) and a negative (score from {negative[0]:g} to "
                         f"{negative[1]:g}). Are these counts of verified matches, and cosines?")
    queries = rng.choice(asking, count)
    return Triplets(queries, np.array([rng.choice(same[q]) for q in queries]), np.array([rng.choice(other[q]) for q in queries]))
