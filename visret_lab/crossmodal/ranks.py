"""At which place does the right item stand? Text to picture, picture to text: every number of these chapters is made of these places.

    rank_q = 1 + |{ n wrong : s_qn >= max over right r of s_qr }|

The measures: R@k, the share of questions with rank at most k (Hodosh, Young, Hockenmaier, JAIR 2013), and the median rank.
"""

import numpy as np


def ranks(similarity, right):
    """The place of the best right item of every question, 1 for the first.

    A tie counts against us: a wrong item that is as similar as the best right one is placed before it. So a method that gives all items one
    and the same similarity stands last, not first.

    Args:
        similarity: float Q x N, larger is better. right: int Q, the right item of each question; or a list of Q int arrays, where a
            question has several; none may be empty.

    Returns:
        int64 Q, 1 to N.

    Raises:
        ValueError: similarities that are no matrix, empty or NaN; another number of questions; a question without a right item; an item
            that does not exist, such as -1.
    """
    similarity = _checked(similarity)
    items = _listed(right)
    if len(items) != len(similarity):
        raise ValueError(f"{len(similarity)} rows of similarities need as many right answers; got {len(items)}. Questions are rows: is the "
                         "matrix to be transposed?")
    counts = np.array([len(one) for one in items])
    if not counts.all():
        raise ValueError(f"Question {int(np.argmin(counts))} has no right item. Leave it out, and say how many were left out.")
    questions, columns = np.repeat(np.arange(len(items)), counts), np.concatenate(items)
    if columns.min() < 0 or columns.max() >= similarity.shape[1]:
        raise ValueError(f"Items run from 0 to {similarity.shape[1] - 1}; got {columns.min()} to {columns.max()}.")
    best = np.full(len(similarity), -np.inf, similarity.dtype)
    np.maximum.at(best, questions, similarity[questions, columns])
    before = (similarity >= best[:, None]).sum(axis=1)
    of_right = np.zeros(len(similarity), np.int64)
    pairs = np.unique(np.stack([questions, columns]), axis=1)  # an item named twice is one item
    np.add.at(of_right, pairs[0], similarity[pairs[0], pairs[1]] >= best[pairs[0]])
    return (before - of_right + 1).astype(np.int64)


def recall(places, k):
    """R@k of each question: float64 Q, 1 where the place is at most k, else 0; the mean is the figure of a table.
    Args: places: int Q, of `ranks`. k: at least 1. ValueError: k below 1, or places that begin at 0."""
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}.")
    places = _places(places)
    return (places <= k).astype(np.float64)


def median_rank(places):
    """The median place; between the two middle ones where their number is even. Args: places: int Q, of `ranks`. ValueError: no place."""
    return float(np.median(_places(places)))


def both_ways(similarity, of_text=None):
    """Places in both directions where each text belongs to one picture.

    Args:
        similarity: float T x I, texts in rows, pictures in columns. of_text: int T, the picture of each text; None: text i belongs to
            picture i.

    Returns:
        dict "text to image" -> int64 T, "image to text" -> int64 I.

    Raises:
        ValueError: as `ranks`; a picture without a text.
    """
    similarity = _checked(similarity)
    of_text = np.arange(len(similarity)) if of_text is None else np.asarray(of_text)
    forward = ranks(similarity, of_text)
    order = np.argsort(of_text, kind="stable")
    edges = np.searchsorted(of_text[order], np.arange(similarity.shape[1] + 1))
    texts = [order[a:b] for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return {"text to image": forward, "image to text": ranks(similarity.T, texts)}


def _checked(similarity):
    similarity = np.asarray(similarity)
    if similarity.ndim != 2 or not similarity.size:
        raise ValueError(f"Similarities are a matrix, questions in rows and items in columns; got shape {similarity.shape}.")
    if (bad := np.isnan(similarity).any(axis=1)).any():
        raise ValueError(f"The similarities of question {int(bad.argmax())} hold NaN. A zero vector divided by its length is the usual "
                         "cause.")
    return similarity


def _listed(right):
    """One int64 array a question."""
    if isinstance(right, np.ndarray) and right.ndim == 1 and right.dtype.kind in "iu":
        return list(right.astype(np.int64)[:, None])
    items = [np.atleast_1d(np.asarray(one)) for one in right]
    if any(one.dtype.kind not in "iu" for one in items if one.size):
        raise ValueError("Right answers are the numbers of items, integers.")
    return [one.astype(np.int64).ravel() for one in items]


def _places(places):
    places = np.asarray(places)
    if places.ndim != 1 or not places.size or places.min() < 1:
        raise ValueError("Places are a list that is not empty, 1 for the first, as `ranks` gives them.")
    return places
