"""Discriminative query expansion (DQE): learn what tells the first results from the last ones, and ask with that.

Arandjelovic and Zisserman, "Three things everyone should know to improve object retrieval", CVPR 2012, section 4.
"""

import numpy as np
from sklearn.svm import LinearSVC

from visret_lab.arrays import l2_normalize
from visret_lab.rerank.first_results import first_results, require_enough, unit_rows


def discriminative_expansion(queries, database, positives=10, negatives=200, own=None, c=1.0):
    """A linear support vector machine for each query: the query and its first results against the last ones of its list.

        w = argmin 1/2 |w|^2 + C sum_i c_i max(0, 1 - s_i (w.x_i + b))^2,    s_i = 1 or -1

    c_i gives both sides the same weight together. The list is sorted again by w.x; b is the same for all images and changes nothing.

    Args:
        queries: float Q x D. database: float N x D. Rows are brought to unit length.
        positives, negatives: results from the head and from the tail of each list.
        own: as `expansion.average_expansion`. c: C, how much an example on the wrong side costs.

    Returns:
        float32 Q x D, the vectors w, unit length.

    Raises:
        ValueError: fewer than 1 positive or negative; more of both than there are images; c not above 0; another D; NaN; a wrong `own`.
    """
    if c <= 0:
        raise ValueError(f"c must be above 0, not {c:g}.")
    database = unit_rows(database, "database")
    queries = unit_rows(queries, "queries", database.shape[1])
    usable = len(database) - int(own is not None and np.any(np.asarray(own) >= 0))
    require_enough(positives, usable, "positives")
    require_enough(negatives, usable - positives, "negatives")
    order = first_results(queries @ database.T, usable, own)
    return np.stack([_weights(np.concatenate([[q], database[ids[:positives]]]), database[ids[-negatives:]], c)
                     for q, ids in zip(queries, order, strict=True)])


def _weights(positive, negative, c):
    """w of the machine, unit length: float32 D."""
    side = np.repeat([1, -1], [len(positive), len(negative)])
    # the primal form is solved by Newton steps, without a random order of the examples
    machine = LinearSVC(C=c, dual=False, class_weight="balanced").fit(np.concatenate([positive, negative]), side)
    return l2_normalize(machine.coef_[0].astype(np.float32))
