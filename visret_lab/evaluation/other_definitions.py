"""Average precision as others compute it: what the same list is called elsewhere. `average_precision` has the two that the course uses.

r_j is the zero-based position of the j-th positive once junk is removed, n the number of positives, p(r) the precision after position r.
"""

import numpy as np

from visret_lab.evaluation.ranks import positive_ranks

LEVELS = np.linspace(0, 1, 11)


def eleven_points(rankings, relevance):
    """Mean of the best precision at eleven levels of recall (Everingham et al., PASCAL VOC, IJCV 2010, equation 1).

        AP = 1/11 sum over t in 0, 0.1 ... 1 of max { p(r_j) : (j + 1) / n >= t },  0 where no such j is in the list

    Returns:
        float64 Q; nan for a query without positives.

    Raises:
        ValueError: input that positive_ranks refuses.
    """
    found = []
    for ranks, (positive, _) in zip(positive_ranks(rankings, relevance), relevance, strict=True):
        n, hits = len(positive), np.arange(1, len(ranks) + 1)
        if not n:
            found.append(np.nan)
            continue
        best = np.maximum.accumulate((hits / (ranks + 1))[::-1])[::-1]  # of this hit and of all later ones
        # The hit that reaches a level: the smallest j + 1 >= t n. The small number is for levels such as 0.7, which are not exact.
        first = np.maximum(np.ceil(LEVELS * n - 1e-9).astype(int), 1) - 1
        found.append(sum(best[j] for j in first if j < len(best)) / len(LEVELS))
    return np.array(found)


def between_hits(rankings, relevance):
    """Trapezoids from hit to hit: the precision "before" is that of the last hit, and 1 before the first.

        AP = 1/n sum_j 1/2 [ p(r_{j-1}) + p(r_j) ],  with p(r_{-1}) = 1

    It takes the place of j / r_j in the trapezoid of the Oxford evaluation, and flatters: the way down between two hits is not seen.

    Returns, raises: as `eleven_points`.
    """
    found = []
    for ranks, (positive, _) in zip(positive_ranks(rankings, relevance), relevance, strict=True):
        at = np.arange(1, len(ranks) + 1) / (ranks + 1)
        before = np.concatenate([[1.0], at])[: len(at)]
        found.append((at + before).sum() / 2 / len(positive) if len(positive) else np.nan)
    return np.array(found)


def divided_by_found(rankings, relevance):
    """The trapezoid divided by the number of positives in the list, and not by those that exist; 0 where the list has none.

    On a whole ranking both are one. On a list that was cut it rewards an engine that stops early.

    Returns, raises: as `eleven_points`.
    """
    found = []
    for ranks, (positive, _) in zip(positive_ranks(rankings, relevance), relevance, strict=True):
        j, r = np.arange(len(ranks)), np.asarray(ranks, float)
        before = np.divide(j, r, out=np.ones_like(r), where=r > 0)
        total = ((j + 1) / (r + 1) + before).sum() / 2
        found.append(np.nan if not len(positive) else total / max(len(ranks), 1))
    return np.array(found)
