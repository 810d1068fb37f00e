"""Contrastive loss: images of the same thing should be near, images of other things at least a margin away.

    L = 1/2 y d^2 + 1/2 (1 - y) max(0, m - d)^2,    d = |a - b|

Chopra, Hadsell, LeCun, CVPR 2005; in this form Radenovic, Tolias, Chum, "CNN image retrieval learns from BoW", ECCV 2016. Both terms are
squared here. pytorch-metric-learning's loss of this name is linear in d.
"""

import torch
from torch import nn

from visret_lab.training.losses.tuples import require_tuples

EPS = 1e-6  # is added to each difference: the root has no gradient at 0


def contrastive(query, positive, negatives, margin=0.7):
    """The contrastive loss of tuples, added up over all pairs (query, positive) and (query, negative).

    Args:
        query, positive: float B x D, unit length. negatives: float B x n x D, or B x D.
        margin: m, in distances of unit vectors: 0 to 2. Radenovic et al. take 0.7 for VGG16 with MAC, 0.85 with GeM.

    Returns:
        tensor of one value.

    Raises:
        ValueError: other shapes, no query, no negative, or a margin that is not above 0.
    """
    query, positive, negatives = require_tuples(query, positive, negatives)
    if not margin > 0:
        raise ValueError(f"The margin must be above 0, not {margin}: no negative would ever pay.")
    near = (query - positive + EPS).norm(dim=1)
    far = (query[:, None] - negatives + EPS).norm(dim=2)
    return 0.5 * near.square().sum() + 0.5 * torch.relu(margin - far).square().sum()


class Contrastive(nn.Module):
    """`contrastive` as a module. Args: margin: as there."""

    def __init__(self, margin=0.7):
        super().__init__()
        self.margin = margin

    def forward(self, query, positive, negatives):
        """See `contrastive`."""
        return contrastive(query, positive, negatives, self.margin)
