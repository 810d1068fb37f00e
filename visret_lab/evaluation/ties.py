"""The order of images with equal scores. Integer scores (bits, votes) tie all the time, and somebody decides."""

import numpy as np

from visret_lab.arrays import rank

RULES = ("id", "reverse id", "against us", "for us")


def rank_with_ties(similarity, rule="id", relevance=None):
    """Rank each row, best first, with a rule for equal scores.

    Args:
        similarity: Q x N, larger is better.
        rule: "id": the lower id first, as `arrays.rank`; "reverse id": the higher id first, what `argsort(x)[::-1]` gives;
            "against us" and "for us": the positives last, or first, among equals: the ends of what any order can give.
        relevance: list of Q Relevance, for the last two.

    Returns:
        int64 Q x N.

    Raises:
        ValueError: an unknown rule, NaN, or no relevance where it is needed.
    """
    similarity = np.atleast_2d(similarity)
    if rule not in RULES:
        raise ValueError(f"There is no rule {rule!r} for ties. There are: {', '.join(RULES)}.")
    if rule == "id":
        return rank(similarity)
    if np.isnan(similarity).any():
        raise ValueError("similarity has NaN: a NaN has no rank. Check the features for zero vectors.")
    if rule == "reverse id":
        return np.argsort(similarity, axis=1, kind="stable")[:, ::-1].astype(np.int64)
    if relevance is None or len(relevance) != len(similarity):
        raise ValueError(f'The rule "{rule}" needs the positives of every query: one Relevance a row of similarity.')
    sign = 1 if rule == "against us" else -1
    rows = []
    for row, (positive, _) in zip(similarity, relevance, strict=True):
        own = np.zeros(len(row))
        own[positive] = sign
        rows.append(np.lexsort((own, -row)))  # by score first, then positives last (or first)
    return np.array(rows, np.int64)


def tied_share(similarity, relevance):
    """Share of the positives that tie with at least one negative, over all queries: float 0 to 1.

    Args:
        similarity: Q x N. relevance: list of Q Relevance; junk ties with nobody.
    """
    tied = total = 0
    for row, (positive, junk) in zip(np.atleast_2d(similarity), relevance, strict=True):
        negative = np.ones(len(row), bool)
        negative[positive] = negative[junk] = False
        tied += int(np.isin(row[positive], row[negative]).sum())
        total += len(positive)
    return tied / total if total else 0.0
