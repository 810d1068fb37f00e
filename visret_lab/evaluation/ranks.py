"""Where do the positives stand? Every measure of rankings is computed from these positions alone."""

import numpy as np


def positive_ranks(rankings, relevance):
    """Positions of the positives of each query after its junk has been taken out of the ranking.

    A positive at position p with j junk images before it stands at p - j: junk neither helps nor hurts.

    Args:
        rankings: int64 Q x N, database ids, best first. A row may be cut short: then N is less than the database.
        relevance: list of Q Relevance.

    Returns:
        list of Q int64 arrays, sorted, zero-based; positives that the ranking does not hold are absent.

    Raises:
        ValueError: no queries, another number of rows than queries, ids that are negative or occur twice in a row, or an
            id that is positive and junk at once.
    """
    rankings = _checked(rankings, relevance)
    size = 1 + max([int(rankings.max(initial=-1)), *(int(max(r.positive.max(initial=-1), r.junk.max(initial=-1)))
                                                      for r in relevance)])
    found = []
    position = np.empty(size, np.int64)
    marked = np.zeros(size, bool)
    order = np.arange(rankings.shape[1])
    for i, (ranking, (positive, junk)) in enumerate(zip(rankings, relevance, strict=True)):
        position.fill(-1)
        position[ranking] = order
        if np.count_nonzero(position >= 0) != len(order):
            raise ValueError("A ranking names a database id twice. Each image may stand in a ranking once.")
        marked[positive] = True
        if marked[junk].any():
            raise ValueError(f"Query {i}: database id {junk[marked[junk]][0]} is positive and junk at once. Decide which.")
        marked[positive] = False
        p = position[positive]
        p = np.sort(p[p >= 0])
        j = position[junk]
        found.append(p - np.searchsorted(np.sort(j[j >= 0]), p))
    return found


def _checked(rankings, relevance):
    rankings = np.asarray(rankings)
    if len(relevance) == 0:
        raise ValueError("There are no queries: the list of relevance is empty.")
    if rankings.ndim != 2 or len(rankings) != len(relevance):
        raise ValueError(f"rankings must be Q x N with one row a query; got shape {rankings.shape} for {len(relevance)} queries.")
    if rankings.dtype.kind not in "iu":
        raise ValueError("rankings must hold integer database ids. Are these similarities? Then use arrays.rank first.")
    if rankings.size and rankings.min() < 0:
        raise ValueError("rankings hold a negative database id.")
    return rankings
