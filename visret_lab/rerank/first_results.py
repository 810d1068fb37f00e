"""The first results of a search, taken as more questions: which they are, and whether there are enough of them."""

import numpy as np

from visret_lab.arrays import as_rows, l2_normalize, rank
from visret_lab.search.exact import top


def unit_rows(x, name="x", dim=None):
    """Rows of unit length; a zero row, of an image without any feature, stays zero.

    Args, raises:
        as `arrays.as_rows`.

    Returns:
        float32 N x D.
    """
    return l2_normalize(as_rows(x, name, dim))


def own_ids(own, queries, images):
    """The database id of each query's own picture, checked.

    Where queries are cut from pictures of the database, the first result is the query itself. It says nothing new, and a protocol
    that removes it from the list (ROxford) does not allow the search to learn from it.

    Args:
        own: int Q ids, -1 for a query that is no part of the database; None where none is. queries: Q. images: N.

    Returns:
        int64 Q.

    Raises:
        ValueError: another number of ids, or an id that is not in the database.
    """
    if own is None:
        return np.full(queries, -1)
    own = np.asarray(own, np.int64)
    if own.shape != (queries,):
        raise ValueError(f"own must hold one database id a query, -1 for none: {queries} queries, got shape {own.shape}.")
    if own.size and not -1 <= own.min() <= own.max() < images:
        raise ValueError(f"own holds ids from {own.min()} to {own.max()}, but the database has {images} images.")
    return own


def without_own(similarities, own):
    """A copy of the similarities Q x N with -inf for each query's own picture; own as `own_ids` gives it."""
    similarities, inside = np.array(similarities), own >= 0
    similarities[np.flatnonzero(inside), own[inside]] = -np.inf
    return similarities


def first_results(similarities, n, own=None):
    """The ids of the first n results of each query, its own picture left out.

    Args:
        similarities: float Q x N. n: how many. own: as `own_ids`.

    Returns:
        int64 Q x n, best first, ties by id.

    Raises:
        ValueError: n below 1, or more than there are images beside the own one; a wrong `own`; NaN.
    """
    similarities = np.atleast_2d(similarities)
    if np.isnan(similarities).any():
        raise ValueError("similarities have NaN: a NaN has no rank. Check the features for zero vectors.")
    own = own_ids(own, *similarities.shape)
    require_enough(n, similarities.shape[1] - int((own >= 0).any()))
    return top(without_own(similarities, own), n)


def require_enough(n, images, name="n"):
    """Raise a ValueError when n is below 1, or when there are not so many images to take."""
    if n < 1:
        raise ValueError(f"{name} must be at least 1, not {n}.")
    if n > images:
        raise ValueError(f"{name} = {n} images are asked for, but there are only {images} to take (an image is no neighbour of itself, "
                         f"nor a query of its own picture). Take a smaller {name}: with all of them, every query becomes the same.")


def ranked(scores, similarities, own=None):
    """Rank by new scores; where they are equal, as beyond the reach of a walk, the first search decides.

    A query's own picture, which is no result of the new scores, comes first, as in every list that it is not removed from.

    Args:
        scores, similarities: float Q x N. own: as `own_ids`.

    Returns:
        int64 Q x N, best first; ties of both by id.
    """
    scores, own = np.array(scores, np.float64), own_ids(own, *np.shape(similarities))
    inside = own >= 0
    scores[np.flatnonzero(inside), own[inside]] = np.inf
    before = rank(similarities)
    again = rank(np.take_along_axis(scores, before, axis=1))
    return np.take_along_axis(before, again, axis=1)
