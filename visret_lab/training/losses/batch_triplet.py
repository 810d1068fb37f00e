"""All triplets of a batch at once, those that pay averaged.

    L = 1/|P| sum over (q, p, n) in P of  (m - q.p + q.n),    P the triplets with q.n > q.p - m

A batch of 12 classes with 4 pictures each holds 12 * 4 * 3 * 44 = 6,336 triplets. Most are in order; to divide by those that are not keeps
the step alive when they become few ("batch all", mean of the non-zero: Hermans, Beyer, Leibe, "In defense of the triplet loss for person
re-identification", 2017). The loss of one triplet is that of `losses.triplet` without its half.
"""

import torch
from torch import nn


def batch_triplet(vectors, labels, margin=0.1):
    """The loss of a batch.

    Args:
        vectors: float B x D, unit length. labels: int B. margin: m of inner products, above 0.

    Returns:
        tensor of one value; 0 where no triplet pays.

    Raises:
        ValueError: a margin that is not above 0, other shapes, or no triplet: no label with two pictures, or only one label.
    """
    if not margin > 0:
        raise ValueError(f"The margin must be above 0, not {margin}: without one, a network that maps all to one point pays nothing.")
    if vectors.ndim != 2 or labels.shape != vectors.shape[:1]:
        raise ValueError(f"Vectors must be B x D with a label each; got {tuple(vectors.shape)} and {tuple(labels.shape)}.")
    same = labels[:, None] == labels
    query, positive = (same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)).nonzero(as_tuple=True)
    if not len(query) or same.all():
        raise ValueError("This batch has no triplet: it needs two pictures of one label, and a picture of another.")
    similarity = vectors @ vectors.T
    gaps = margin - similarity[query, positive][:, None] + similarity[query]  # pairs x negatives, of which some are none
    paying = torch.where(same[query], 0.0, torch.relu(gaps))
    return paying.sum() / (paying > 0).sum().clamp_min(1)


class BatchTriplet(nn.Module):
    """`batch_triplet` as a module. Args: margin: as there."""

    def __init__(self, margin=0.1):
        super().__init__()
        self.margin = margin

    def forward(self, vectors, labels):
        """See `batch_triplet`."""
        return batch_triplet(vectors, labels, self.margin)
