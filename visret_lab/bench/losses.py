"""Race of chapter 17: all triplets of a batch, with their gradient, against pytorch-metric-learning."""

from functools import cache

import torch
from pytorch_metric_learning.distances import DotProductSimilarity
from pytorch_metric_learning.losses import TripletMarginLoss
from torch.nn.functional import normalize

from visret_lab.bench.race import Race
from visret_lab.training.losses.batch_triplet import BatchTriplet


def with_gradient(loss, vectors, labels):
    """Gradient of a loss: float32 B x D."""
    vectors = vectors.clone().requires_grad_()
    (found,) = torch.autograd.grad(loss(vectors, labels), vectors)
    return found.numpy()


def races(small=False):
    """The races of this chapter; `small` for tests."""
    classes, each, dim = (4, 3, 8) if small else (24, 4, 512)

    @cache
    def case():
        labels = torch.arange(classes).repeat_interleave(each)
        generator = torch.Generator().manual_seed(0)
        own = torch.randn(classes, dim, generator=generator)[labels]
        return normalize(own + 3 * torch.randn(len(labels), dim, generator=generator), dim=1), labels

    theirs = TripletMarginLoss(0.1, distance=DotProductSimilarity(normalize_embeddings=False))
    return [Race(f"all triplets of a batch of {classes * each}, {dim} numbers, with the gradient", "17_end_to_end",
                 "pytorch-metric-learning, TripletMarginLoss", ours=lambda: with_gradient(BatchTriplet(0.1), *case()),
                 theirs=lambda: with_gradient(theirs, *case()), target=0.1 if small else 2.0, tolerance=1e-6,
                 note="the mean over the triplets that pay; theirs lists the triplets, ours compares each pair with the whole batch")]
