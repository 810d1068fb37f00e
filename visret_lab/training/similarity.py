"""Similarity networks: a network that looks at two vectors and says how alike they are, instead of a formula.

Garcia and Vogiatzis, "Learning non-metric visual similarity for image retrieval", Image and Vision Computing 2019. The two vectors stand
one after the other at the input of a few fully connected layers:

    s(a, b) = w . ReLU(W_2 ReLU(W_1 [a; b] + b_1) + b_2) + b

Nothing makes s(a, b) = s(b, a), or s(a, a) the largest: it is no metric. It learns to go beyond a similarity that is known, the
cosine, by D:

    L = | s(a, b) - l (cos(a, b) + D) - (1 - l) (cos(a, b) - D) |,    l = 1 for a pair of the same thing, else 0

First it learns to imitate the cosine on random vectors (D = 0), then on random pairs of images, then on the pairs where it is worse than
the cosine ("hard" pairs).
"""

import numpy as np
import torch
from torch import nn

from visret_lab.arrays import as_rows

SIZES = {"A": (1024, 1024), "B": (4096, 4096), "C": (8192, 8192), "D": (4096, 4096, 4096)}  # for vectors of 512 numbers


class SimilarityNet(nn.Module):
    """Fully connected layers with ReLU over two vectors.

    Args:
        dim: D, of each vector. hidden: widths of the layers between; SIZES has the paper's.
    """

    def __init__(self, dim, hidden=SIZES["B"]):
        super().__init__()
        if dim < 1 or not hidden or min(hidden) < 1:
            raise ValueError(f"A similarity network needs vectors and layers of at least 1 number; got dim {dim} and hidden {hidden}.")
        self.dim = dim
        self.first = nn.Linear(2 * dim, hidden[0])
        widths = [*hidden, 1]
        self.rest = nn.Sequential(*[part for before, after in zip(widths, widths[1:], strict=False)
                                    for part in (nn.ReLU(), nn.Linear(before, after))])

    def forward(self, a, b):
        """float32 B x D and B x D -> similarities float32 B. The order of the two matters."""
        if a.shape != b.shape or a.dim() != 2 or a.shape[1] != self.dim:
            raise ValueError(f"Pairs must be two arrays B x {self.dim}; got {tuple(a.shape)} and {tuple(b.shape)}.")
        return self.rest(self.first(torch.cat([a, b], dim=1)))[:, 0]

    @torch.inference_mode()
    def prepared(self, vectors):
        """What the first layer makes of images as the second of a pair: float32 N x D -> N x H. Computed once for a database."""
        rows = torch.from_numpy(as_rows(vectors, "vectors", self.dim))
        return rows @ self.first.weight[:, self.dim :].T + self.first.bias

    @torch.inference_mode()
    def scores(self, query, prepared):
        """Similarities of one query with images: the first layer of a stacked pair is a sum of one part a vector.

        Args:
            query: float32 D. prepared: of `prepared`, M x H.

        Returns:
            float32 M.
        """
        row = torch.from_numpy(as_rows(np.asarray(query)[None], "query", self.dim))
        return self.rest(prepared + row @ self.first.weight[:, : self.dim].T)[:, 0].numpy()


def margin_loss(score, cosine, same, delta):
    """The loss of pairs, averaged over them (the authors' code adds up).

    Args:
        score: float B, of the network. cosine: float B. same: bool or 0 and 1, B. delta: D, from 0 on: how far beyond the cosine.

    Returns:
        tensor of one value.

    Raises:
        ValueError: a negative delta.
    """
    if delta < 0:
        raise ValueError(f"delta must be 0 or more, not {delta}: below 0 the network would learn the contrary.")
    return (score - cosine - delta * (2 * same.to(score.dtype) - 1)).abs().mean()


def random_vectors(count, dim, rng):
    """Pairs of unit vectors whose cosine is drawn evenly from -1 to 1: for the warm-up.

    Args:
        rng: numpy Generator.

    Returns:
        a, b float32 count x dim, cosine float32 count.

    Raises:
        ValueError: vectors of one number, between which only the cosines -1 and 1 exist.
    """
    if dim < 2:
        raise ValueError(f"Vectors need at least 2 numbers, not {dim}.")
    a, b = rng.normal(size=(2, count, dim))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b -= (a * b).sum(axis=1, keepdims=True) * a
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    cosine = rng.uniform(-1, 1, (count, 1))
    return tuple(x.astype(np.float32) for x in (a, cosine * a + np.sqrt(1 - cosine**2) * b, cosine[:, 0]))


def random_pairs(labels, count, rng):
    """Pairs of images, half of them of the same label, in random order.

    Args:
        labels: int N.

    Returns:
        pairs int64 count x 2, same bool count.

    Raises:
        ValueError: no label with two images, or only one label.
    """
    _, kind, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(counts) < 2 or counts.max() < 2:
        raise ValueError("Pairs need at least two labels, and one of them with two images.")
    same = np.arange(count) < count // 2
    first = np.where(same, rng.choice(np.flatnonzero(counts[kind] > 1), count), rng.integers(len(kind), size=count))
    second = _partners(kind, counts, first, same, rng)
    order = rng.permutation(count)
    return np.stack([first, second], axis=1)[order], same[order]


def _partners(kind, counts, first, same, rng):
    """For each image another one of the same label, or one of another label, all equally likely: int64."""
    by_label = np.argsort(kind, kind="stable")  # the members of a label stand side by side
    place = np.empty(len(kind), int)
    place[by_label] = np.arange(len(kind))
    own = counts[kind[first]]
    start = (np.cumsum(counts) - counts)[kind[first]]
    inside = start + (place[first] - start + 1 + rng.integers(np.maximum(own - 1, 1))) % own
    outside = rng.integers(len(kind) - own)
    return by_label[np.where(same, inside, outside + own * (outside >= start))]


def hard_pairs(network, vectors, labels, block=64):
    """The pairs where the network is worse than the cosine: lower for the same thing, higher for another.

    Args:
        network: SimilarityNet. vectors: float32 N x D, unit length. labels: int N.

    Returns:
        pairs int64 P x 2 (both orders are looked at), same bool P.
    """
    vectors, labels = as_rows(vectors, "vectors"), np.asarray(labels)
    prepared, found, marks = network.prepared(vectors), [], []
    for start in range(0, len(vectors), block):
        rows = vectors[start : start + block]
        gain = np.stack([network.scores(row, prepared) for row in rows]) - rows @ vectors.T
        same = labels[start : start + block, None] == labels
        worse = np.where(same, gain < 0, gain > 0)
        worse[np.arange(len(rows)), start + np.arange(len(rows))] = False
        i, j = np.nonzero(worse)
        found.append(np.stack([start + i, j], axis=1))
        marks.append(same[i, j])
    return np.concatenate(found), np.concatenate(marks)


class WarmUp:
    """The loss of a step of the warm-up, for `loop.minimise`: imitate the cosine of random vectors. Args: network; batch: pairs."""

    def __init__(self, network, batch=100):
        self.network, self.batch = network, batch

    def __call__(self, rng):
        """Loss of a batch drawn from a numpy Generator."""
        a, b, cosine = (torch.from_numpy(x) for x in random_vectors(self.batch, self.network.dim, rng))
        return margin_loss(self.network(a, b), cosine, torch.zeros(len(a)), 0.0)


class Pairs:
    """The loss of a step on pairs of images, for `loop.minimise`.

    Args:
        network: SimilarityNet. vectors: float32 N x D, unit length. labels: int N. delta: as `margin_loss`. batch: pairs.
        hard: (pairs, same) of `hard_pairs`, from which half of each batch is drawn, or None.
        even: draw as many hard pairs that match as others, where there are both. Few hard pairs match: if all are equally likely, a
            batch has hardly more matching pairs than its random half.
    """

    def __init__(self, network, vectors, labels, delta=0.2, batch=100, hard=None, even=True):
        self.network, self.vectors, self.labels = network, torch.from_numpy(as_rows(vectors, "vectors", network.dim)), np.asarray(labels)
        self.delta, self.batch, self.hard = delta, batch, hard if hard is not None and len(hard[0]) else None
        if self.hard is not None:
            kinds = (np.flatnonzero(hard[1]), np.flatnonzero(~hard[1])) if even else (np.arange(len(hard[1])),)
            self.kinds = [kind for kind in kinds if len(kind)]

    def draw(self, rng):
        """A batch from a numpy Generator: pairs int64 batch x 2, same bool batch."""
        own = self.batch // 2 if self.hard is not None else 0
        pairs, same = random_pairs(self.labels, self.batch - own, rng)
        if not own:
            return pairs, same
        shares = np.arange(own, own + len(self.kinds)) // len(self.kinds)  # they add up to `own`
        chosen = np.concatenate([rng.choice(kind, share) for kind, share in zip(self.kinds, shares, strict=True)])
        return np.concatenate([pairs, self.hard[0][chosen]]), np.concatenate([same, self.hard[1][chosen]])

    def __call__(self, rng):
        """Loss of a batch drawn from a numpy Generator."""
        pairs, same = self.draw(rng)
        a, b = (self.vectors[torch.from_numpy(pairs[:, i])] for i in (0, 1))
        return margin_loss(self.network(a, b), (a * b).sum(dim=1), torch.from_numpy(same), self.delta)
