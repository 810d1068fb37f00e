"""Triplet loss: the query should be nearer to an image of the same thing than to one of another, by a margin.

Two forms. With inner products (Gordo, Almazan, Revaud, Larlus, "End-to-end learning of deep visual representations for image
retrieval", IJCV 2017):

    L = 1/2 max(0, m - q.p + q.n)

and with squared distances (the same authors' ECCV 2016 paper, and, without the half, Arandjelovic et al., "NetVLAD", CVPR 2016):

    L = 1/2 max(0, m + |q - p|^2 - |q - n|^2)

On unit vectors |q - p|^2 = 2 - 2 q.p: the second form with the margin 2 m is twice the first with m.
"""

import torch
from torch import nn

from visret_lab.training.losses.tuples import require_tuples

FORMS = ("inner", "squared")


def triplet(query, positive, negatives, margin=0.1, form="inner"):
    """The triplet loss, added up over all negatives of all queries; triplets in order pay nothing.

    Args:
        query, positive: float B x D. negatives: float B x n x D, or B x D for one negative each. Unit length is expected, not made.
        margin: m, above 0. form: "inner" or "squared", as above.

    Returns:
        tensor of one value. Added up, not averaged: divide by the number of triplets for a mean over all, as torch and
        pytorch-metric-learning offer it beside a mean over those that pay.

    Raises:
        ValueError: other shapes, no query, no negative, a margin that is not above 0, or an unknown form.
    """
    query, positive, negatives = require_tuples(query, positive, negatives)
    if not margin > 0:
        raise ValueError(f"The margin must be above 0, not {margin}: without one, a network that maps all to one point pays nothing.")
    if form == "inner":
        gaps = -(query * positive).sum(dim=1, keepdim=True) + (query[:, None] * negatives).sum(dim=2)
    elif form == "squared":
        gaps = (query - positive).square().sum(dim=1, keepdim=True) - (query[:, None] - negatives).square().sum(dim=2)
    else:
        raise ValueError(f"There is no form {form!r}. There are: {', '.join(FORMS)}.")
    return 0.5 * torch.relu(margin + gaps).sum()


class Triplet(nn.Module):
    """`triplet` as a module. Args: margin, form: as there."""

    def __init__(self, margin=0.1, form="inner"):
        super().__init__()
        self.margin, self.form = margin, form

    def forward(self, query, positive, negatives):
        """See `triplet`."""
        return triplet(query, positive, negatives, self.margin, self.form)
