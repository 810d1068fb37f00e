"""Temporal pooling: all frames of a shot as one vector, by the maximum, the mean or the sum of their vectors.

    max:  v_d = max over t of x_td        mean:  v_d = (1 / T) sum over t of x_td        sum:  v_d = sum over t of x_td

The baselines of Garcia, "Temporal aggregation of visual features for large-scale image-to-video retrieval", ICMR 2018, and of Garcia and
Vogiatzis, BMVC 2018. All are brought to unit length, and behind that the mean and the sum are the same vector: two names of one method.
"""

import numpy as np

from visret_lab.arrays import as_rows, l2_normalize

HOWS = {"max": np.maximum, "mean": np.add, "sum": np.add}


def pooled(vectors, shots, how="mean"):
    """One vector a shot.

    Args:
        vectors: float N x D, one row a frame, in the order of the film. shots: int S x 2, first frame and last frame + 1 of each shot,
            counted in rows of `vectors`; shots may overlap or leave frames out. how: "max", "mean" or "sum".

    Returns:
        float32 S x D of unit length; a zero row where the pooled vector is zero.

    Raises:
        ValueError: another `how`, or a shot that is empty or reaches beyond the frames.
    """
    if how not in HOWS:
        raise ValueError(f"how must be one of {', '.join(HOWS)}; got {how!r}.")
    x, shots = as_rows(vectors, "vectors"), np.asarray(shots, np.int64).reshape(-1, 2)
    wrong = (shots[:, 0] < 0) | (shots[:, 0] >= shots[:, 1]) | (shots[:, 1] > len(x))
    if wrong.any():
        first, end = shots[wrong][0]
        raise ValueError(f"A shot must have at least one frame, all within the {len(x)} that there are; got {first} to {end}.")
    if not len(shots):
        return np.zeros((0, x.shape[1]), np.float32)
    out = np.stack([HOWS[how].reduce(x[first:end].astype(np.float64), axis=0) for first, end in shots])
    if how == "mean":
        out /= np.diff(shots, axis=1)
    return l2_normalize(out.astype(np.float32))
