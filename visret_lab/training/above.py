"""Fine-tune the layers above a frozen one, from maps that are kept: what lies below is computed once, whatever is learnt.

    f(I) = g(maps(I)) / |g(maps(I))|,    only g is learnt

The early convolutions of a network see edges and textures, which any set of pictures has; most of a network's time is spent there. To
keep them as they are is common where there are few pictures (Babenko et al., "Neural codes for image retrieval", ECCV 2014, fine-tune all
layers with 213,678 pictures; here there are some hundreds).
"""

from copy import deepcopy

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from visret_lab.training.retrieval import forward


def layers_above(backbone, layer, last):
    """The part of a network behind one layer and up to another, as a network of its own that can be trained.

    Args:
        backbone: `backbones.Backbone` whose layers follow each other in `network.features`. layer: its last frozen layer.
        last: the last one that is taken along.

    Returns:
        nn.Sequential, a copy: maps of `layer`, B x C x h x w -> maps of `last`.

    Raises:
        ValueError: an unknown layer, or `last` does not lie behind `layer`.
    """
    for name in (layer, last):
        backbone.require_layer(name)
    start, end = (int(backbone.layers[name].split(".")[1]) if backbone.layers[name].startswith("features.") else None
                  for name in (layer, last))
    if start is None or end is None or end <= start:
        raise ValueError(f"Nothing can be learnt between {layer} and {last} of {backbone.name}: give two of its convolutions, the lower "
                         "one first.")
    return nn.Sequential(*deepcopy(list(backbone.network.features[start + 1 : end + 1]))).requires_grad_(True)


def random_projection(channels, wide, seed=0):
    """To more channels by random weights, at each position, behind which negative values are cut off.

        y_j = max(0, sum over c of w_jc x_c),    w_jc normal, of variance 2 / C

    Args:
        channels: C. wide: of the result. seed: of the weights.

    Returns:
        nn.Sequential of a 1 x 1 convolution without shift, and a ReLU.
    """
    convolution = nn.Conv2d(channels, wide, 1, bias=False)
    weights = np.random.default_rng(seed).normal(0, np.sqrt(2 / channels), convolution.weight.shape)
    with torch.no_grad():
        convolution.weight.copy_(torch.from_numpy(weights))
    return nn.Sequential(convolution, nn.ReLU(inplace=True))


class FromTriplets:
    """The loss of a step for `loop.minimise`: triplets drawn from a list, together in one batch.

    Args:
        network: nn.Module, maps B x C x h x w -> B x D, unit length. maps: list of float32 C x h x w; sizes may differ.
        triplets: `label_free.Triplets`, numbers of maps. loss: function (query B x D, positive B x D, negative B x D) -> tensor of one
            value, added up over the batch. batch: triplets a step.

    Raises:
        ValueError: no triplet, or one that names a map that is not there.
    """

    def __init__(self, network, maps, triplets, loss, batch=16):
        numbers = np.concatenate(triplets)
        if not numbers.size or numbers.min() < 0 or numbers.max() >= len(maps):
            raise ValueError(f"Triplets must name some of the {len(maps)} maps; got {len(triplets[0])} triplets with numbers "
                             f"{f'from {numbers.min()} to {numbers.max()}' if numbers.size else 'of nothing'}.")
        self.network, self.maps, self.triplets, self.loss, self.batch = network, maps, triplets, loss, batch

    def __call__(self, rng):
        """The mean loss of a batch. See the class."""
        return self.of(rng.choice(len(self.triplets[0]), self.batch))

    def of(self, rows):
        """The mean loss of some triplets: int B -> tensor of one value."""
        members, place = np.unique(np.stack([part[rows] for part in self.triplets]), return_inverse=True)
        vectors = forward(self.network, [self.maps[i] for i in members], torch.from_numpy)
        return self.loss(*(vectors[torch.from_numpy(p)] for p in place.reshape(3, -1))) / len(rows)

    @torch.no_grad()
    def mean(self):
        """The mean loss over all triplets, with the network as it is: float. What is watched on triplets that are not learnt from."""
        parts = np.array_split(np.arange(len(self.triplets[0])), max(1, len(self.triplets[0]) // 32))
        return float(sum(self.of(rows).item() * len(rows) for rows in parts) / len(self.triplets[0]))


class FromClasses(nn.Module):
    """The loss of a step for `loop.minimise`: which class is it? The baseline that needs labels.

        L = -log softmax(s W f)[class],    W: one row of unit length a class, s a scale

    Args:
        network, maps, batch: as `FromTriplets`. labels: int64 N, from 0. width: D. scale: s; vectors of unit length alone cannot make a
            softmax sure. seed: of the first W.

    Raises:
        ValueError: another number of labels than maps, or one class only.
    """

    def __init__(self, network, maps, labels, width, batch=48, scale=16.0, seed=0):
        super().__init__()
        labels = np.asarray(labels)
        if len(labels) != len(maps) or len(np.unique(labels)) < 2:
            raise ValueError(f"There must be one label for each of the {len(maps)} maps, and two classes at least; got {len(labels)} "
                             f"labels of {len(np.unique(labels))} classes.")
        self.network, self.maps, self.labels, self.batch, self.scale = network, maps, labels, batch, scale
        start = np.random.default_rng(seed).normal(0, 0.05, (int(labels.max()) + 1, width))
        self.rows = nn.Parameter(torch.from_numpy(start.astype(np.float32)))

    def loss(self, rng):
        """The mean loss of a batch that is drawn."""
        members = rng.choice(len(self.maps), self.batch, replace=len(self.maps) < self.batch)
        vectors = forward(self.network, [self.maps[i] for i in members], torch.from_numpy)
        scores = self.scale * vectors @ nn.functional.normalize(self.rows, dim=1).T
        return cross_entropy(scores, torch.from_numpy(self.labels[members]))


def moved(network, before):
    """How far the weights have gone: |W - W0| / |W0| over all weights that are learnt.

    Args:
        network: nn.Module. before: the same network as it was.
    """
    pairs = [(a.detach(), b.detach()) for a, b in zip(network.parameters(), before.parameters(), strict=True)]
    return float(sum((a - b).square().sum() for a, b in pairs) ** 0.5 / sum(b.square().sum() for _, b in pairs) ** 0.5)
