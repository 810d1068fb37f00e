"""Query expansion: ask again with the mean of the query and of what it found.

The idea for bags of words: Chum, Philbin, Sivic, Isard, Zisserman, "Total recall", ICCV 2007. For vectors, n = 10: Kalantidis,
Mellina, Osindero, "Cross-dimensional weighting", ECCV workshops 2016; n = 5: Tolias, Sicre, Jegou (R-MAC), ICLR 2016. With weights:
Radenovic, Tolias, Chum, "Fine-tuning CNN image retrieval with no human annotation", TPAMI 2019.
"""

import numpy as np

from visret_lab.arrays import l2_normalize
from visret_lab.rerank.first_results import first_results, unit_rows


def average_expansion(queries, database, n=10, own=None):
    """Average query expansion (AQE).

        q' = L2(q + sum over the first n results of x)

    Args:
        queries: float Q x D. database: float N x D. Rows are brought to unit length; a zero row stays zero, and adds nothing.
        n: results that are added.
        own: int Q, database ids of the pictures that the queries are cut from, -1 for none: they are not added. None: there are none.

    Returns:
        float32 Q x D, unit length.

    Raises:
        ValueError: n below 1 or more than the images that can be taken; another D; NaN; a wrong `own`.
    """
    return alpha_expansion(queries, database, n, 0.0, own)


def alpha_expansion(queries, database, n=50, alpha=3.0, own=None):
    """Expansion with weights (alpha-QE): a result counts as much as it is sure.

        q' = L2(q + sum over the first n results of max(q.x, 0)^alpha x)

    The query has weight 1, its similarity with itself. A negative similarity has no power that would make sense: a root of it is
    NaN, and an even power would *add* an image for being unlike. Such a result gets weight 0. With alpha = 0 all have weight 1: AQE.

    Args, returns, raises:
        as `average_expansion`; also a ValueError for a negative alpha.
    """
    if alpha < 0:
        raise ValueError(f"alpha must be at least 0, not {alpha:g}: a negative power favours the results that are least sure.")
    database = unit_rows(database, "database")
    queries = unit_rows(queries, "queries", database.shape[1])
    similarities = queries @ database.T
    first = first_results(similarities, n, own)
    weights = np.maximum(np.take_along_axis(similarities, first, axis=1), 0) ** alpha if alpha else np.ones(first.shape, np.float32)
    return l2_normalize(queries + np.einsum("qn,qnd->qd", weights, database[first]))
