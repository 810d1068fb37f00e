"""The loss of HardNet: every pair against the hardest negative of its batch.

Mishchuk et al., "Working hard to know your neighbor's margins", NeurIPS 2017, section 3. A batch holds n pairs (a_i, p_i) of patches,
each pair of another point. With the matrix d(a_i, p_j) of Euclidean distances

    d_neg,i = min( min over j != i of d(a_i, p_j),  min over j != i of d(a_j, p_i) )
    L = 1/n sum_i max(0, margin + d(a_i, p_i) - d_neg,i)

The second minimum, over the column, is the anchor swap: the pair also takes the negative that is nearest to its positive.
"""

from typing import NamedTuple

import torch

MARGIN = 1.0
SAME = 0.008  # patches that are nearer than this are copies of each other, not negatives
FAR = 10.0  # more than any distance of unit vectors


class Hardest(NamedTuple):
    """What the loss looked at. distances: n x n. positive, negative: n. row, column: the entry of each negative in the matrix, n."""

    distances: torch.Tensor
    positive: torch.Tensor
    negative: torch.Tensor
    row: torch.Tensor
    column: torch.Tensor


def distances(anchors, positives, eps=1e-6):
    """Euclidean distances of unit vectors, n x D and n x D -> n x n: sqrt(2 - 2 a.p).

    eps stands under the root, for at 0 its slope is infinite.
    """
    return torch.sqrt((2 - 2 * anchors @ positives.T).clamp_min(0) + eps)


def hardest(anchors, positives, groups=None, same=SAME):
    """The hardest negative of each pair.

    Args:
        anchors, positives: float n x D, unit length; row i of both is one point.
        groups: int n; two rows of one group show the same point, and are no negatives of each other. None: every row its own.
        same: distances below this are taken as copies, and never as negatives.

    Returns:
        Hardest.

    Raises:
        ValueError: shapes that differ, fewer than 2 pairs, NaN, or a pair without any negative.
    """
    _require(anchors, positives, groups)
    d = distances(anchors, positives)
    n, numbers = len(d), torch.arange(len(d), device=d.device)
    excluded = torch.eye(n, dtype=torch.bool, device=d.device) | (d < same)
    if groups is not None:
        excluded = excluded | (groups[:, None] == groups[None, :])
    masked = torch.where(excluded, FAR, d)
    (by_row, j), (by_column, i) = masked.min(dim=1), masked.min(dim=0)
    swap = by_column < by_row
    negative = torch.where(swap, by_column, by_row)
    if (negative >= FAR).any():
        raise ValueError(f"Pair {int((negative >= FAR).nonzero()[0])} has no negative in its batch: all others are of its group, or "
                         "copies. Draw pairs of more points.")
    return Hardest(d, d.diagonal(), negative, torch.where(swap, i, numbers), torch.where(swap, numbers, j))


def hardest_in_batch(anchors, positives, groups=None, margin=MARGIN, same=SAME):
    """The loss, a tensor of one value. Arguments and errors as `hardest`; margin: above 0."""
    if margin <= 0:
        raise ValueError(f"margin must be above 0, not {margin}: without it all descriptors may fall onto one point.")
    found = hardest(anchors, positives, groups, same)
    return (margin + found.positive - found.negative).clamp_min(0).mean()


def random_in_batch(anchors, positives, generator=None, margin=MARGIN):
    """The same loss with a random negative for each pair: what triplets were before. generator: torch.Generator."""
    _require(anchors, positives, None)
    d, n = distances(anchors, positives), len(anchors)
    other = (torch.arange(n) + torch.randint(1, n, (n,), generator=generator)) % n
    return (margin + d.diagonal() - d[torch.arange(n), other]).clamp_min(0).mean()


def _require(anchors, positives, groups):
    if anchors.shape != positives.shape or anchors.ndim != 2 or len(anchors) < 2:
        raise ValueError(f"anchors and positives must both be n x D with n of 2 or more; got {tuple(anchors.shape)} and "
                         f"{tuple(positives.shape)}.")
    if groups is not None and groups.shape != (len(anchors),):
        raise ValueError(f"groups must have one number a pair, {len(anchors)}; got shape {tuple(groups.shape)}.")
    if not (torch.isfinite(anchors).all() and torch.isfinite(positives).all()):
        raise ValueError("A descriptor is not finite (NaN or infinity). Is the learning rate too large?")
