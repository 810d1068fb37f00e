"""Sort the head of each list anew by a similarity that no index can hold."""

import numpy as np

from visret_lab.rerank.lists import require_lists


def by_scores(ranking, top, score):
    """Rankings whose first images are sorted by another similarity. What comes after them stays where it was.

    Args:
        ranking: int Q x N, best first. top: images of each list that are sorted anew.
        score: function (number of the query, int64 T database ids) -> float T, larger when better.

    Returns:
        int64 Q x N. Images with equal scores keep their order.

    Raises:
        ValueError: as `require_lists`; scores that are not T finite numbers, the query is named.
    """
    ranking, top = require_lists(ranking, len(ranking), top)
    for q, row in enumerate(ranking):
        values = np.asarray(score(q, row[:top]))
        if values.shape != (top,) or not np.isfinite(values).all():
            raise ValueError(f"The scores of query {q} must be {top} finite numbers; got shape {values.shape}.")
        row[:top] = row[:top][np.argsort(-values, kind="stable")]
    return ranking
