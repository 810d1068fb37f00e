"""Recall at k in its two meanings, and the median rank."""

import numpy as np

from visret_lab.evaluation.ranks import positive_ranks


def recall_at_k(rankings, relevance, k):
    """Share of a query's positives that stand among the first k. float64 Q; nan without positives."""
    _require_k(k)
    ranks = positive_ranks(rankings, relevance)
    counts = np.array([len(r.positive) for r in relevance], float)
    found = np.array([np.count_nonzero(r < k) for r in ranks], float)
    return np.divide(found, counts, out=np.full(len(counts), np.nan), where=counts > 0)


def hit_rate(rankings, relevance, k):
    """1 where at least one positive stands among the first k, else 0. float64 Q; nan without positives.

    In place recognition and in image-text retrieval this is what "R@k" means.
    """
    _require_k(k)
    ranks = positive_ranks(rankings, relevance)
    return np.array([np.nan if len(rel.positive) == 0 else float(len(r) > 0 and r[0] < k)
                     for r, rel in zip(ranks, relevance, strict=True)])


def median_rank(rankings, relevance):
    """Median over the queries of the one-based rank of the best positive.

    A query whose positives are all missing from a shortened ranking counts as infinitely far. With an even number of
    queries the two middle ranks are averaged; some papers round down, which gives half a rank less at most.
    """
    ranks = positive_ranks(rankings, relevance)
    best = [r[0] + 1 if len(r) else np.inf for r, rel in zip(ranks, relevance, strict=True) if len(rel.positive)]
    if not best:
        raise ValueError("No query has a positive, so there is no median rank.")
    return float(np.median(best))


def _require_k(k):
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}. The first image is at k = 1.")
