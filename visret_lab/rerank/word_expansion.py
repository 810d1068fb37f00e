"""Query expansion for bags of words: ask again with what was found.

Mohedano et al., "Bags of local convolutional features for scalable instance search", ICMR 2016, section 4.3; the idea is of Chum,
Philbin, Sivic, Isard, Zisserman, "Total recall", ICCV 2007. The published code of BLCF adds the found images to the first query
only; here every query gets its own.
"""

import numpy as np
from scipy import sparse

from visret_lab.deep.blcf import histograms, unit_rows

TOP = 10


def expand(queries, database, ranking, top=TOP):
    """Global expansion: the mean of a query and of the first images of its list.

        q' = (q + sum over the first n of d) / (n + 1),   then L2

    Args:
        queries: scipy.sparse CSR Q x K. database: CSR N x K; rows of both of unit length.
        ranking: int64 Q x N or more than `top` columns, best first. top: n.

    Returns:
        CSR float32 Q x K, rows of unit length.

    Raises:
        ValueError: lists of another number of queries or shorter than n, n below 1, or another K.
    """
    ranking = _require_lists(queries, ranking, top)
    if queries.shape[1] != database.shape[1]:
        raise ValueError(f"queries have {queries.shape[1]} words, the database {database.shape[1]}.")
    chosen = sparse.csr_matrix((np.ones(ranking.size, np.float32), ranking.ravel(), np.arange(0, ranking.size + 1, top)),
                               (len(ranking), database.shape[0]))
    return unit_rows(sparse.csr_matrix(queries + chosen @ database) / (top + 1))


def expand_locally(queries, assignments, ranking, boxes, top=TOP):
    """Local expansion: only the words inside the best window of each found image are taken.

    Args:
        queries: CSR Q x K, unit length.
        assignments: list of uint16 h x w of the database.
        ranking: int64 Q x N. boxes: int64 Q x T x 4, the windows of its first T images, as `windows.rerank` gives both.
        top: n, at most T.

    Returns, raises:
        as `expand`.
    """
    ranking = _require_lists(queries, ranking, top)
    if boxes.shape[0] != len(ranking) or boxes.shape[1] < top:
        raise ValueError(f"boxes must have a window for the first {top} images of {len(ranking)} lists; got shape {boxes.shape}.")
    inside = [assignments[i][y0:y1, x0:x1] for row, where in zip(ranking, boxes, strict=True)
              for i, (x0, y0, x1, y1) in zip(row, where[:top], strict=True)]
    found = histograms(inside, queries.shape[1])
    member = sparse.csr_matrix(np.kron(np.eye(len(ranking), dtype=np.float32), np.ones((1, top), np.float32)))
    return unit_rows(sparse.csr_matrix(queries + member @ found) / (top + 1))


def _require_lists(queries, ranking, top):
    """The first `top` of each list, checked: int64 Q x top."""
    ranking = np.asarray(ranking)
    if top < 1:
        raise ValueError(f"top must be at least 1, not {top}.")
    if ranking.ndim != 2 or ranking.shape[0] != queries.shape[0] or ranking.shape[1] < top:
        raise ValueError(f"ranking must have one list of at least {top} images for each of {queries.shape[0]} queries; got shape "
                         f"{ranking.shape}.")
    return ranking[:, :top]
