"""The lists that are ranked again, checked."""

import numpy as np


def require_lists(ranking, queries, top):
    """A copy of the lists, and how many images of each are ranked again.

    Args:
        ranking: int Q x N, best first. queries: how many there are. top: images of each list.

    Returns:
        (int64 Q x N, min(top, N)).

    Raises:
        ValueError: top below 1, or a ranking with another number of rows than there are queries.
    """
    ranking = np.array(ranking, np.int64)
    if top < 1:
        raise ValueError(f"top must be at least 1, not {top}.")
    if ranking.ndim != 2 or len(ranking) != queries:
        raise ValueError(f"ranking must have one row a query: {queries} queries, ranking of shape {ranking.shape}.")
    return ranking, min(top, ranking.shape[1])
