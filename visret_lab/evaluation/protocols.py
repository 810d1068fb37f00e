"""The rules of the published sets: who is positive, who is junk, and which number is reported."""

import numpy as np

from visret_lab.evaluation.ranks import positive_ranks


def ground_truth(dataset, protocol=None):
    """The Relevance of every query of a data set, in order, under a protocol (None: the set's default).

    Raises:
        ValueError: the data set has no queries.
    """
    if not dataset.queries:
        raise ValueError(f"{dataset.name} has no queries, so there is nothing to evaluate.")
    protocol = protocol or dataset.default_protocol
    return [dataset.relevant(query, protocol) for query in dataset.queries]


def precision_at_k(rankings, relevance, k):
    """Precision among the first k images, as the revisited Oxford and Paris sets report it (mP@k).

    Junk is removed first. When the last positive stands before position k, k is lowered to it: k' = min(k, last + 1),
    so that a query with few positives can still reach 1 (Radenovic et al., CVPR 2018).

    Returns:
        float64 Q; nan for a query without positives.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}.")
    values = []
    for ranks, (positive, _) in zip(positive_ranks(rankings, relevance), relevance, strict=True):
        if len(positive) == 0:
            values.append(np.nan)
        elif len(ranks) == 0:
            values.append(0.0)
        else:
            cut = min(int(ranks[-1]) + 1, k)
            values.append(np.count_nonzero(ranks < cut) / cut)
    return np.array(values)


def ukbench_score(rankings, relevance):
    """UKBench's own number: how many of the four pictures of an object stand among the first four, 0 to 4.

    The query's picture is in the database and counts (Nister and Stewenius, CVPR 2006).

    Returns:
        float64 Q.
    """
    return np.array([float(np.count_nonzero(r < 4)) for r in positive_ranks(rankings, relevance)])
