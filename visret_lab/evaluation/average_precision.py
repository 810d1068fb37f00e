"""Average precision: the area under the precision-recall curve of one query, in the field's two definitions."""

import numpy as np

from visret_lab.evaluation.ranks import positive_ranks


def average_precision(rankings, relevance, kind="trapezoid"):
    """Average precision of each query.

    With r_j the zero-based position of the j-th positive once junk is removed, and n the number of positives:

        finite_sum: AP = 1/n sum_j (j + 1) / (r_j + 1)
        trapezoid:  AP = 1/n sum_j 1/2 [ j / r_j + (j + 1) / (r_j + 1) ],  with j / r_j = 1 where r_j = 0

    The trapezoid is what the Oxford evaluation computes (Philbin et al., CVPR 2007) and what the landmark tables report;
    the finite sum is what most libraries call average precision. The trapezoid is never larger.
    A positive that a shortened ranking does not hold adds nothing, but still counts in n.

    Args:
        rankings: int64 Q x N, database ids, best first.
        relevance: list of Q Relevance.
        kind: "trapezoid" or "finite_sum".

    Returns:
        float64 Q; nan for a query without positives, which is left out of a mean.

    Raises:
        ValueError: unknown kind, or input that positive_ranks refuses.
    """
    return from_ranks(positive_ranks(rankings, relevance), [len(r.positive) for r in relevance], kind)


def from_ranks(ranks, counts, kind="trapezoid"):
    """Average precision from sorted zero-based positions (list of Q arrays) and the numbers of positives (Q)."""
    if kind not in ("trapezoid", "finite_sum"):
        raise ValueError(f'kind must be "trapezoid" or "finite_sum", not {kind!r}.')
    # All queries at once: their positions end to end, and the number j of each within its own query.
    lengths = np.array([len(r) for r in ranks])
    r = np.concatenate(ranks).astype(np.float64) if len(ranks) else np.zeros(0)
    query = np.repeat(np.arange(len(ranks)), lengths)
    j = np.arange(len(r)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    term = (j + 1) / (r + 1)
    if kind == "trapezoid":
        before = np.divide(j, r, out=np.ones_like(r), where=r > 0)
        term = 0.5 * (before + term)
    total = np.bincount(query, weights=term, minlength=len(ranks))
    counts = np.asarray(counts, np.float64)
    return np.divide(total, counts, out=np.full(len(counts), np.nan), where=counts > 0)
