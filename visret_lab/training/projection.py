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
        classes: a batch. each: pictures of a class.
        always: bool N, pictures of which one stands in every batch of its class, such as a catalogue's; or None.
        noise: deviation of what is added to the vectors, relative to their mean length, so that the same vector never comes twice.

    Raises:
        ValueError: fewer than two labels with two pictures, or other sizes.
    """

    def __init__(self, network, vectors, labels, loss, classes=24, each=4, always=None, noise=0.0):
        vectors, labels = as_rows(vectors, "vectors"), np.asarray(labels)
        if len(labels) != len(vectors):
            raise ValueError(f"There must be a label for each vector; got {len(labels)} labels for {len(vectors)} vectors.")
        found, counts = np.unique(labels, return_counts=True)
        self.members = [np.flatnonzero(labels == label) for label in found[counts > 1]]
        if len(self.members) < 2:
            raise ValueError("A batch needs at least two labels with two pictures each.")
        if each < 2:
            raise ValueError(f"each must be at least 2, not {each}: one picture alone has nothing to find.")
        self.network, self.loss, self.labels = network, loss, torch.from_numpy(labels.astype(np.int64))
        self.vectors = torch.from_numpy(vectors)
        self.classes, self.each = min(classes, len(self.members)), each
        self.always = np.zeros(len(labels), bool) if always is None else np.asarray(always, bool)
        self.spread = noise * float(np.linalg.norm(vectors, axis=1).mean()) / vectors.shape[1] ** 0.5

    def __call__(self, rng):
        """Loss of a batch drawn from a numpy Generator."""
        chosen = np.concatenate([self._some(self.members[k], rng) for k in rng.choice(len(self.members), self.classes, replace=False)])
        x = self.vectors[torch.from_numpy(chosen)]
        if self.spread:
            x = x + self.spread * torch.from_numpy(rng.normal(size=tuple(x.shape)).astype(np.float32))
        return self.loss(self.network(x), self.labels[torch.from_numpy(chosen)])

    def _some(self, members, rng):
        """Pictures of one class, those that are always there first."""
        fixed = members[self.always[members]]
        fixed = rng.choice(fixed, 1) if len(fixed) else fixed
        rest = np.setdiff1d(members, fixed)
        return np.concatenate([fixed, rng.choice(rest, min(self.each - len(fixed), len(rest)), replace=False)])
