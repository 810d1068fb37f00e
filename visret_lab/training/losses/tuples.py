"""A tuple to learn from: a query, an image of the same thing, and some of other things."""


def require_tuples(query, positive, negatives):
    """Check vectors of tuples; negatives come back with three dimensions.

    Args:
        query, positive: B x D. negatives: B x n x D, or B x D.

    Returns:
        query, positive, negatives B x n x D.

    Raises:
        ValueError: other shapes, no query, or no negative.
    """
    if negatives.ndim == 2:
        negatives = negatives[:, None]
    fits = query.ndim == 2 and query.shape == positive.shape and negatives.ndim == 3 and negatives.shape[::2] == query.shape
    if not fits:
        raise ValueError(f"A tuple needs query and positive B x D and negatives B x n x D; got {tuple(query.shape)}, "
                         f"{tuple(positive.shape)} and {tuple(negatives.shape)}.")
    if not len(query) or not negatives.shape[1]:
        raise ValueError("There is no query, or there are no negatives: nothing could be learnt from such tuples. Is there only one class?")
    return query, positive, negatives
