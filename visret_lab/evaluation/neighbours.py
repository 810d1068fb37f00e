"""How many of the true nearest neighbours an approximate search finds."""

import numpy as np


def neighbour_recall(found, exact):
    """Share of the exact neighbours that were found, for each query (recall@k, "k-recall at k").

        recall = |found and exact| / k

    Not to be confused with recall of the positives: here the truth is what exact search returns, right or wrong.

    Args:
        found: int Q x R, ids of the approximate search; -1 where a place stayed empty. R may differ from k.
        exact: int Q x k, ids of the exact search, all different in a row.

    Returns:
        float64 Q, from 0 to 1.

    Raises:
        ValueError: not two matrices with the same number of rows, no column, or an exact list with an empty place.
    """
    found, exact = np.asarray(found), np.asarray(exact)
    if found.ndim != 2 or exact.ndim != 2 or len(found) != len(exact) or not exact.shape[1]:
        raise ValueError(f"found and exact must be Q x R and Q x k with the same Q; got shapes {found.shape} and {exact.shape}.")
    if (exact < 0).any():
        raise ValueError("exact has an empty place (-1): the database is smaller than k. Ask for fewer neighbours.")
    # Ids of each query are moved to a range of their own, so that one look-up serves all queries.
    step = max(int(found.max(initial=0)), int(exact.max())) + 1
    own = step * np.arange(len(exact))[:, None]
    hit = np.isin(exact + own, np.where(found < 0, -1, found + own))
    return hit.mean(axis=1)
