"""Late fusion: one ranking from the scores of several systems, such as SIFT with geometry and a network.

The systems are left as they are; only their scores are added. Scores of different systems have different units (inliers, cosines), so each
query's scores are first brought to one scale:

    min-max    (s - min) / (max - min)
    z          (s - mean) / deviation
    ranks      1 / (60 + rank), whatever the scores are (Cormack, Clarke, Buettcher, SIGIR 2009)

The weights are chosen on other queries than those that are reported.
"""

import numpy as np

from visret_lab.arrays import rank

RULES = ("minmax", "z", "ranks", "none")
FADE = 60  # of the ranks: Cormack et al. fixed it once, and it is kept


def normalized(scores, rule="minmax"):
    """Scores of each query on one scale.

    Args:
        scores: float Q x N, larger is better. rule: "minmax" (0 to 1), "z" (mean 0, deviation 1), "ranks", or "none" (as they are).

    Returns:
        float64 Q x N. A query whose scores are all the same has nothing to say: its row becomes 0, under every rule but "none".

    Raises:
        ValueError: another shape, scores that are not finite, or an unknown rule.
    """
    scores = np.asarray(scores, np.float64)
    if scores.ndim != 2 or not scores.size:
        raise ValueError(f"Scores must be queries x images; got shape {scores.shape}.")
    if not np.isfinite(scores).all():
        raise ValueError("Some scores are not finite. Give images that a system did not look at the lowest score that it has.")
    low, high = scores.min(axis=1, keepdims=True), scores.max(axis=1, keepdims=True)
    flat = low == high
    if rule == "none":
        return scores
    if rule == "minmax":
        found = (scores - low) / np.where(flat, 1, high - low)
    elif rule == "z":
        found = (scores - scores.mean(axis=1, keepdims=True)) / np.where(flat, 1, scores.std(axis=1, keepdims=True))
    elif rule == "ranks":
        found = np.zeros_like(scores)
        np.put_along_axis(found, rank(scores), 1 / (FADE + 1 + np.arange(scores.shape[1]))[None], axis=1)
    else:
        raise ValueError(f"There is no rule {rule!r}. There are: {', '.join(RULES)}.")
    return np.where(flat, 0.0, found)


def fuse(systems, weights=None, rule="minmax"):
    """Weighted sum of the scores of several systems.

    Args:
        systems: list of float Q x N, larger is better. weights: of each, at least 0, not all 0; None: all alike.
        rule: as `normalized`.

    Returns:
        float64 Q x N.

    Raises:
        ValueError: no system, other shapes, another number of weights, or weights below 0.
    """
    if not len(systems) or len({np.shape(s) for s in systems}) != 1:
        raise ValueError(f"Fusion needs systems with scores for the same queries and images; got shapes {[np.shape(s) for s in systems]}.")
    weights = np.ones(len(systems)) if weights is None else np.asarray(weights, float)
    if weights.shape != (len(systems),) or (weights < 0).any() or not weights.any():
        raise ValueError(f"There must be one weight for each of the {len(systems)} systems, at least 0 and not all 0; got "
                         f"{weights.tolist()}.")
    return sum(w * normalized(s, rule) for w, s in zip(weights / weights.sum(), systems, strict=True))


def best_weight(first, second, measure, rule="minmax", steps=21):
    """The weight of the first of two systems, chosen on queries with known answers.

    Args:
        first, second: float Q x N, of queries with known answers: others than are reported later.
        measure: function float Q x N, fused scores -> float, larger when better, e.g. mean average precision. steps: weights from 0 to 1.

    Returns:
        (weight, weights float steps, what was measured with each float steps). Of equal ones the one nearest to 1/2 is taken.
    """
    weights = np.linspace(0, 1, steps)
    scores = [measure(fuse([first, second], [w, 1 - w], rule)) for w in weights]
    tied = np.flatnonzero(np.isclose(scores, np.max(scores), atol=1e-12))
    return float(weights[tied[np.abs(weights[tied] - 0.5).argmin()]]), weights, np.array(scores)
