"""From distances of consecutive frames to boundaries: fixed and adaptive thresholds for cuts, two thresholds for gradual changes.

d_t is the distance of frames t and t + 1. A boundary is the number of the first frame of the new shot, t + 1.
"""

import numpy as np

FLOOR = 1e-3  # distances below are no change at all: a still picture has no "twice the usual change"


def peaks(distances, above):
    """Boundaries where a distance is above its threshold and the largest of the run of those that are.

    Args:
        distances: float T - 1. above: float, or float T - 1, exclusive.

    Returns:
        int64, sorted.

    Raises:
        ValueError: not one row of finite numbers.
    """
    d = _require(distances)
    high = np.flatnonzero(d > above)
    runs = np.split(high, np.flatnonzero(np.diff(high) > 1) + 1) if len(high) else []
    return np.array([run[d[run].argmax()] + 1 for run in runs], np.int64)


def adaptive(distances, window=12, factor=3.0, least=0.1):
    """Cuts that stand out of what is around them.

    The threshold at t is `factor` times the mean of the distances from t - window to t + window, without t and its two neighbours: a
    fast pan has large distances all along, a cut a single one.

    Args:
        distances: float T - 1. window: frames on each side. factor: above 1. least: distances below are never a cut.

    Returns:
        int64, sorted boundaries.

    Raises:
        ValueError: a window below 2, a factor not above 1, or distances as in `peaks`.
    """
    d = _require(distances)
    if window < 2 or not factor > 1:
        raise ValueError(f"window must be at least 2 and factor above 1; got {window} and {factor}.")
    total = np.concatenate([[0.0], np.cumsum(d)])
    t = np.arange(len(d))
    sums, counts = np.zeros(len(d)), np.zeros(len(d))
    for first, last in ((t - window, t - 1), (t + 2, t + window + 1)):  # half-open: without t - 1, t, t + 1
        a, b = (np.clip(x, 0, len(d)) for x in (first, last))
        b = np.maximum(a, b)
        sums, counts = sums + total[b] - total[a], counts + b - a
    around = np.divide(sums, counts, out=np.zeros(len(d)), where=counts > 0)
    return peaks(d, np.maximum(factor * np.maximum(around, FLOOR), least))


def gradual(distances, between, low, high, longest=48):
    """Dissolves and fades by two thresholds ("twin comparison": Zhang, Kankanhalli, Smoliar, Multimedia Systems 1993).

    A change may begin where a distance rises above `low` and goes on while it stays there. If by then the first and the last frame differ
    by more than `high`, it was a transition; its boundary is its middle. A single frame above `high` is a cut and none of these.

    Args:
        distances: float T - 1. between: function (frame, frame) -> distance of any two frames. low, high: thresholds. longest: frames.

    Returns:
        int64 G x 2: first and last frame of each transition.

    Raises:
        ValueError: low not below high, or distances as in `peaks`.
    """
    d = _require(distances)
    if not 0 < low < high:
        raise ValueError(f"low must be above 0 and below high; got {low} and {high}.")
    rising = np.flatnonzero((d > low) & (d <= high))
    runs = np.split(rising, np.flatnonzero(np.diff(rising) > 1) + 1) if len(rising) else []
    found = [(int(run[0]), int(run[-1]) + 1) for run in runs if 1 < len(run) <= longest and between(int(run[0]), int(run[-1]) + 1) > high]
    return np.array(found, np.int64).reshape(-1, 2)


def _require(distances):
    d = np.asarray(distances, np.float64)
    if d.ndim != 1 or not np.isfinite(d).all():
        raise ValueError(f"Distances of consecutive frames must be one row of finite numbers; got shape {d.shape}.")
    return d
