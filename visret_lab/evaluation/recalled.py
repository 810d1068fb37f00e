"""Which positives a ranking finds and which it misses, one by one: the start of every look at failures."""

from typing import NamedTuple

import numpy as np



class Recalled(NamedTuple):
    """One entry for every pair of a query and one of its positives: int64 P, int64 P, bool P."""

    query: np.ndarray
    image: np.ndarray
    found: np.ndarray


def recalled(ranking, truth):
    """A positive is found when it stands among the first n places, n being the number of positives of its query.

    The mean of `found` over a query is its R-precision (recall and precision are equal at this depth).

    Args:
        ranking: int64 Q x N, database ids.
        truth: list of Q Relevance; junk is taken out before places are counted.

    Returns:
        Recalled, queries in order, positives in the order of the truth.

    Raises:
        ValueError: another number of rankings than queries.
    """
    if len(ranking) != len(truth):
        raise ValueError(f"There are {len(ranking)} rankings for {len(truth)} queries.")
    query, image, found = [], [], []
    for i, (order, (positive, junk)) in enumerate(zip(ranking, truth, strict=True)):
        first = order[~np.isin(order, junk)][: len(positive)]
        query.append(np.full(len(positive), i))
        image.append(positive)
        found.append(np.isin(positive, first))
    return Recalled(np.concatenate(query).astype(np.int64), np.concatenate(image).astype(np.int64), np.concatenate(found))
