"""The ranking loss of two views that also keeps what belongs together close in each view alone.

Wang, Li, Lazebnik, "Learning deep structure-preserving image-text embeddings", CVPR 2016, equation 5. x are images, y sentences, d is the
Euclidean distance of their embeddings, m the margin:

    L =            sum max(0, m + d(x_i, y_j) - d(x_i, y_k))      an image is nearer to its sentence j than to a sentence k of another
      + lambda_1   sum max(0, m + d(x_j, y_i) - d(x_k, y_i))      a sentence is nearer to its image j than to another image k
      + lambda_2   sum max(0, m + d(x_i, x_j) - d(x_i, x_k))      images that share a sentence are nearer than others
      + lambda_3   sum max(0, m + d(y_i, y_j) - d(y_i, y_k))      sentences of one image are nearer than others

Of each anchor with each of its positives only the `hardest` violations count. The authors' code averages them; so does this.
"""

from typing import NamedTuple

import torch
from torch import nn

EPSILON = 1e-4  # below the root: the gradient of a distance of 0 stays finite


class Weights(NamedTuple):
    """sentence: lambda_1; images: lambda_2; sentences: lambda_3. All 0: one direction only, from images to sentences."""

    sentence: float = 2.0
    images: float = 0.0
    sentences: float = 0.2


ONE_DIRECTION, TWO_DIRECTIONS, STRUCTURE = Weights(0.0, 0.0, 0.0), Weights(2.0, 0.0, 0.0), Weights()


def structure_preserving(x, y, owner, weights=STRUCTURE, margin=0.1, hardest=10, alike=None):
    """The loss of a batch.

    Args:
        x: float I x D, images. y: float S x D, sentences. owner: int64 S, the image of each sentence. weights: Weights. margin: m.
        hardest: violations that count, of each anchor and positive. alike: bool I x I, images that share a sentence; None: none do.

    Returns:
        tensor of one value: the four means over anchors with their positives, weighted.

    Raises:
        ValueError: other shapes, a sentence whose image is not in the batch, a batch of one image, a margin not above 0, hardest below 1.
    """
    _require(x, y, owner, margin, hardest, alike)
    mine = owner[None] == torch.arange(len(x), device=x.device)[:, None]  # I x S
    across = distances(x, y)
    loss = hardest_violations(across, mine, margin, hardest)
    if weights.sentence:
        loss = loss + weights.sentence * hardest_violations(across.T, mine.T, margin, hardest)
    if weights.images and alike is not None:
        loss = loss + weights.images * hardest_violations(distances(x, x), alike.bool(), margin, hardest, itself=True)
    if weights.sentences:
        loss = loss + weights.sentences * hardest_violations(distances(y, y), owner[:, None] == owner[None], margin, hardest, itself=True)
    return loss


def distances(a, b):
    """Euclidean distances, sqrt(|a - b|^2 + EPSILON): float N x D, M x D -> N x M."""
    squares = a.square().sum(dim=1)[:, None] + b.square().sum(dim=1)[None] - 2 * a @ b.T
    return (squares.clamp_min(0) + EPSILON).sqrt()


def hardest_violations(d, positive, margin, hardest, itself=False):
    """Mean over anchors and their positives of the mean of the `hardest` hinges.

    Args:
        d: float A x N, distances. positive: bool A x N. itself: columns are the anchors; nothing is its own positive.

    Returns:
        tensor of one value; 0 where no anchor has a positive.
    """
    pairs = positive & ~torch.eye(len(d), dtype=torch.bool, device=d.device) if itself else positive
    anchors, columns = pairs.nonzero(as_tuple=True)
    if not len(anchors):
        return d.sum() * 0
    nearest = d.masked_fill(positive, torch.inf).topk(min(hardest, d.shape[1]), dim=1, largest=False).values
    hinges = torch.relu(margin + d[anchors, columns][:, None] - nearest[anchors])  # a missing negative is infinitely far and pays nothing
    return hinges.mean()


def _require(x, y, owner, margin, hardest, alike):
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or owner.shape != y.shape[:1] or not len(y):
        raise ValueError(f"A batch needs x I x D, y S x D and owner S; got {tuple(x.shape)}, {tuple(y.shape)} and {tuple(owner.shape)}.")
    if len(x) < 2:
        raise ValueError("A batch of one image has nothing that does not belong together. Take at least two.")
    if owner.min() < 0 or owner.max() >= len(x):
        raise ValueError(f"owner names image {int(owner.max())}, and the batch has {len(x)}.")
    if not margin > 0 or hardest < 1:
        raise ValueError(f"margin must be above 0 and hardest at least 1; got {margin} and {hardest}.")
    if alike is not None and alike.shape != (len(x), len(x)):
        raise ValueError(f"alike must be {len(x)} x {len(x)}; got {tuple(alike.shape)}.")


class StructurePreserving(nn.Module):
    """`structure_preserving` as a module. Args: as there."""

    def __init__(self, weights=STRUCTURE, margin=0.1, hardest=10):
        super().__init__()
        self.weights, self.margin, self.hardest = weights, margin, hardest

    def forward(self, x, y, owner, alike=None):
        """See `structure_preserving`."""
        return structure_preserving(x, y, owner, self.weights, self.margin, self.hardest, alike)
