"""Cosine margin loss: pairs that belong together should point the same way, others at most a margin that way.

    L = y (1 - cos(a, b)) + (1 - y) max(0, cos(a, b) - m)
"""

import torch
from torch import nn
from torch.nn.functional import cosine_similarity


def cosine_margin(a, b, same, margin=0.1):
    """The loss of pairs, averaged over them; torch's CosineEmbeddingLoss with y of 0 and 1 instead of -1 and 1.

    Args:
        a, b: float B x D. same: bool or 0 and 1, B: whether the two belong together. margin: m, -1 to 1.

    Returns:
        tensor of one value.

    Raises:
        ValueError: other shapes, no pair, or a margin out of range.
    """
    if a.ndim != 2 or a.shape != b.shape or same.shape != a.shape[:1] or not len(a):
        raise ValueError(f"Pairs need a and b B x D and same B, B at least 1; got {tuple(a.shape)}, {tuple(b.shape)} and "
                         f"{tuple(same.shape)}.")
    if not -1 <= margin <= 1:
        raise ValueError(f"The margin is a cosine, from -1 to 1; got {margin}.")
    cosine = cosine_similarity(a, b, dim=1)
    return torch.where(same.bool(), 1 - cosine, torch.relu(cosine - margin)).mean()


class CosineMargin(nn.Module):
    """`cosine_margin` as a module. Args: margin: as there."""

    def __init__(self, margin=0.1):
        super().__init__()
        self.margin = margin

    def forward(self, a, b, same):
        """See `cosine_margin`."""
        return cosine_margin(a, b, same, self.margin)
