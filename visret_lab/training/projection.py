"""A projection learnt on vectors that stay as they are: the cheapest way to bring a network to a new kind of pictures.

    f(x) = (A x + b) / |A x + b|

It starts as a PCA-whitening and is trained on batches of a few classes with a few pictures each. Nothing goes back into the network, so a
training takes seconds.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import normalize

from visret_lab.arrays import as_rows
from visret_lab.deep.whitening import Whitening
from visret_lab.training.sampler import ClassSampler


class Projection(nn.Module):
    """A shift and a linear layer, started as a fitted `compact.pca.PCA`.

    Args:
        pca: fitted.
    """

    def __init__(self, pca):
        super().__init__()
        self.layer = Whitening(pca).requires_grad_(True)

    def forward(self, x):
        """float32 B x C -> B x D, unit length."""
        return normalize(self.layer(x), dim=1)

    @torch.inference_mode()
    def transform(self, vectors):
        """The same for arrays: float32 N x C -> N x D."""
        return np.ascontiguousarray(self(torch.from_numpy(as_rows(vectors, "vectors", self.layer.in_features))).numpy())


class ClassBatches:
    """The loss of a step for `loop.minimise`: a batch of some classes with some pictures each.

    Args:
        network: nn.Module, float32 B x C -> B x D. vectors: float32 N x C. labels: int N.
        loss: function (vectors B x D, labels B) -> tensor of one value, such as `losses.average_precision.AveragePrecision`.
        classes, each, always: as `ClassSampler`.
        noise: deviation of what is added to the vectors, relative to their mean length, so that the same vector never comes twice.

    Raises:
        ValueError: as `ClassSampler`, or other sizes.
    """

    def __init__(self, network, vectors, labels, loss, classes=24, each=4, always=None, noise=0.0):
        vectors, labels = as_rows(vectors, "vectors"), np.asarray(labels)
        if len(labels) != len(vectors):
            raise ValueError(f"There must be a label for each vector; got {len(labels)} labels for {len(vectors)} vectors.")
        self.network, self.loss, self.sampler = network, loss, ClassSampler(labels, classes, each, always)
        self.vectors, self.labels = torch.from_numpy(vectors), torch.from_numpy(labels.astype(np.int64))
        self.spread = noise * float(np.linalg.norm(vectors, axis=1).mean()) / vectors.shape[1] ** 0.5

    def __call__(self, rng):
        """Loss of a batch drawn from a numpy Generator."""
        chosen = torch.from_numpy(self.sampler(rng))
        x = self.vectors[chosen]
        if self.spread:
            x = x + self.spread * torch.from_numpy(rng.normal(size=tuple(x.shape)).astype(np.float32))
        return self.loss(self.network(x), self.labels[chosen])
