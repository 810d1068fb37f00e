"""A projection learnt on vectors that stay as they are: the cheapest way to bring a network to a new kind of pictures.

    f(x) = (A x + b) / |A x + b|

It starts as a PCA-whitening and is trained on batches of a few classes with a few pictures each, or of photographs against the one picture
that a catalogue has of each product. Nothing goes back into the network, so a training takes seconds.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

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
        self.spread = spread(vectors, noise)

    def __call__(self, rng):
        """Loss of a batch drawn from a numpy Generator."""
        chosen = torch.from_numpy(self.sampler(rng))
        return self.loss(self.network(noisy(self.vectors[chosen], self.spread, rng)), self.labels[chosen])


class CatalogueBatches:
    """The loss of a step for `loop.minimise`: photographs against the pictures of a catalogue, one a product.

        L = mean over photographs of  -log( exp(v.c_y / t) / sum over products k of exp(v.c_k / t) )

    v is the vector of a photograph, c_k that of product k in the catalogue, y the photograph's product, t the temperature. It is the
    softmax of naming whose weights are pictures: both sides go through the network.

    Args:
        network: nn.Module, float32 B x C -> B x D, unit length. vectors: float32 N x C. labels: int N.
        catalogue: bool N, the pictures of the catalogue: one of each label that they have.
        temperature: t. batch: photographs a step. noise: as `ClassBatches`.

    Raises:
        ValueError: other sizes, no photograph of any product in the catalogue, two pictures of one product in it, or t not above 0.
    """

    def __init__(self, network, vectors, labels, catalogue, temperature=0.1, batch=256, noise=0.0):
        vectors, labels, catalogue = as_rows(vectors, "vectors"), np.asarray(labels), np.asarray(catalogue, bool)
        if not len(labels) == len(catalogue) == len(vectors):
            raise ValueError(f"There must be a label and a mark for each vector; got {len(labels)} and {len(catalogue)} for "
                             f"{len(vectors)} vectors.")
        products, counts = np.unique(labels[catalogue], return_counts=True)
        if len(products) < 2 or counts.max() > 1:
            raise ValueError("The catalogue must have one picture of each product, and at least two products.")
        if not temperature > 0:
            raise ValueError(f"temperature must be above 0, not {temperature}.")
        self.photographs = np.flatnonzero(~catalogue & np.isin(labels, products))
        if not len(self.photographs):
            raise ValueError("No photograph shows a product of the catalogue: there is nothing to learn from.")
        self.network, self.temperature, self.batch, self.vectors = network, temperature, batch, torch.from_numpy(vectors)
        own = np.flatnonzero(catalogue)
        self.catalogue = torch.from_numpy(own[np.argsort(labels[own])])
        self.products = torch.from_numpy(np.searchsorted(products, labels))
        self.spread = spread(vectors, noise)

    def __call__(self, rng):
        """Loss of a batch drawn from a numpy Generator."""
        chosen = torch.from_numpy(rng.choice(self.photographs, self.batch))
        photographs, pictures = (self.network(noisy(self.vectors[i], self.spread, rng)) for i in (chosen, self.catalogue))
        return cross_entropy(photographs @ pictures.T / self.temperature, self.products[chosen], label_smoothing=0.1)


def spread(vectors, noise):
    """The deviation of what is added to each number of vectors: `noise` relative to their mean length."""
    return noise * float(np.linalg.norm(vectors, axis=1).mean()) / vectors.shape[1] ** 0.5


def noisy(x, deviation, rng):
    """float32 B x C with normal noise from a numpy Generator; as it is where the deviation is 0."""
    return x + deviation * torch.from_numpy(rng.normal(size=tuple(x.shape)).astype(np.float32)) if deviation else x
