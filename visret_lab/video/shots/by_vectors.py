"""Shots from the vectors of sampled frames: a cut is where two consecutive vectors point in different directions.

    d_t = 1 - cos(x_t, x_{t+1}),    a new shot begins at t + 1 where d_t > 0.5

Garcia and Vogiatzis, "Asymmetric spatio-temporal embeddings for large-scale image-to-video retrieval", BMVC 2018, with R-MAC at 3 frames a
second. The vectors are those that are encoded later: the detector costs nothing more.
"""

import numpy as np

from visret_lab.arrays import as_rows, l2_normalize
from visret_lab.video.shots.thresholds import peaks

ABOVE = 0.5


def cosine_distances(vectors):
    """1 - cosine of consecutive rows: float N x D -> float64 N - 1. A frame in which nothing is seen (a zero row) is at distance 0 from
    another such frame, and at 1 from every other."""
    x = l2_normalize(as_rows(vectors, "vectors"))
    d = 1 - (x[1:].astype(np.float64) * x[:-1]).sum(axis=1)
    empty = ~x.any(axis=1)
    d[empty[1:] & empty[:-1]] = 0.0
    return np.maximum(d, 0.0)


def by_vectors(vectors, above=ABOVE):
    """Cut a film where consecutive vectors differ.

    Args:
        vectors: float N x D, one a sampled frame, in their order. above: of the distance; the paper's is 0.5.

    Returns:
        int64 S x 2: first frame and last frame + 1 of each shot, counted in rows of `vectors`; together all frames.

    Raises:
        ValueError: no vector, or a value that is not finite.
    """
    vectors = as_rows(vectors, "vectors")
    if not len(vectors):
        raise ValueError("There is no frame, so there is no shot.")
    return as_shots(peaks(cosine_distances(vectors), above), len(vectors))


def random_shots(count, shots, rng):
    """As many shots as asked for, cut at random places: the control of an ablation.

    Args:
        count: frames. shots: how many, 1 to count. rng: numpy Generator.

    Returns:
        int64 shots x 2, as `by_vectors`.

    Raises:
        ValueError: fewer than one shot, or more than frames.
    """
    if not 1 <= shots <= count:
        raise ValueError(f"{count} frames can be cut into 1 to {count} shots, not into {shots}.")
    return as_shots(1 + rng.choice(count - 1, shots - 1, replace=False), count)


def as_shots(cuts, count):
    """Boundaries, int, first frames of new shots -> int64 S x 2 over `count` frames."""
    edges = np.concatenate([[0], np.sort(np.asarray(cuts, np.int64)), [count]])
    return np.stack([edges[:-1], edges[1:]], axis=1)
