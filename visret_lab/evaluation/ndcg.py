"""Normalised discounted cumulative gain: for relevance that comes in grades."""

import numpy as np


def ndcg(rankings, gains, k=None):
    """NDCG of each query (Jarvelin and Kekalainen, 2002), with linear gains and the discount log2(position + 1).

        DCG = sum_{i=1..k} g_i / log2(i + 1),   NDCG = DCG / DCG of the best possible order

    Args:
        rankings: int64 Q x N, database ids, best first.
        gains: float Q x M, the gain of every database id, 0 or more.
        k: how many positions count; None for all of the ranking.

    Returns:
        float64 Q; nan for a query whose gains are all 0.

    Raises:
        ValueError: shapes that do not fit, a negative gain.
    """
    rankings, gains = np.asarray(rankings), np.asarray(gains, np.float64)
    if rankings.ndim != 2 or gains.ndim != 2 or len(rankings) != len(gains):
        raise ValueError(f"rankings (Q x N) and gains (Q x M) need one row a query; got {rankings.shape} and {gains.shape}.")
    if gains.size and gains.min() < 0:
        raise ValueError("gains must be 0 or more.")
    k = rankings.shape[1] if k is None else min(k, rankings.shape[1])
    discount = 1 / np.log2(np.arange(2, max(k, 1) + 2))[:k]
    got = np.take_along_axis(gains, rankings[:, :k], axis=1) @ discount
    best = -np.sort(-gains, axis=1)[:, :k]
    best = best @ discount[: best.shape[1]]
    return np.divide(got, best, out=np.full(len(got), np.nan), where=best > 0)
