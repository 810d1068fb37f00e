"""The two-branch network: images and sentences, each through a branch of its own, into one space.

    branch(v) = W_2 relu(BN(W_1 v + b_1)) + b_2, brought to unit length

Wang, Li, Lazebnik, CVPR 2016. Image features of a fixed network go in on one side, Fisher vectors of sentences on the other; in the paper
4,096 -> 2,048 -> 512 and 6,000 -> 2,048 -> 512. The linear branch of its ablation is a single W v + b.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import normalize

ROWS = 4096  # rows that go through a branch at a time when nothing is learnt


def branch(inputs, hidden, outputs, dropout=0.5):
    """One branch, without the last normalisation. hidden None: a linear one."""
    if hidden is None:
        return nn.Linear(inputs, outputs)
    return nn.Sequential(nn.Linear(inputs, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, outputs))


class TwoBranch(nn.Module):
    """Two branches.

    Args:
        images, sentences: lengths of the vectors that go in. hidden: of both branches; None: linear ones. outputs: of the space.
        dropout: share of hidden numbers that are left out while learning.

    Raises:
        ValueError: a length below 1.
    """

    def __init__(self, images, sentences, hidden=2048, outputs=512, dropout=0.5):
        super().__init__()
        if min(images, sentences, outputs, 1 if hidden is None else hidden) < 1:
            raise ValueError(f"Lengths must be at least 1; got images {images}, sentences {sentences}, hidden {hidden}, outputs {outputs}.")
        self.image, self.sentence = branch(images, hidden, outputs, dropout), branch(sentences, hidden, outputs, dropout)

    def forward(self, images, sentences):
        """float I x images, S x sentences -> embeddings I x outputs, S x outputs, unit length."""
        return normalize(self.image(images), dim=1), normalize(self.sentence(sentences), dim=1)

    def embed_images(self, x):
        """Without learning: float32 N x images (numpy) -> float32 N x outputs, unit length."""
        return _embed(self, self.image, x)

    def embed_sentences(self, y):
        """Without learning: float32 N x sentences (numpy) -> float32 N x outputs, unit length."""
        return _embed(self, self.sentence, y)


@torch.inference_mode()
def _embed(network, side, rows):
    wide = next(side.parameters()).shape[1]
    rows = np.ascontiguousarray(rows, np.float32)
    if rows.ndim != 2 or rows.shape[1] != wide:
        raise ValueError(f"This branch takes rows of {wide} numbers; got {rows.shape}.")
    was, parts = network.training, []
    network.eval()
    for start in range(0, len(rows), ROWS):
        parts.append(normalize(side(torch.from_numpy(rows[start:start + ROWS])), dim=1))
    network.train(was)
    return torch.cat(parts).numpy() if parts else np.zeros((0, 0), np.float32)


class PairBatches:
    """Batches for `training.loop.minimise`: some images with some of their sentences each; sentences of one image never face each other.

    Args:
        network: TwoBranch. loss: losses.structure_preserving.StructurePreserving, or a function (x, y, owner) -> tensor of one value.
        images: float32 I x D. sentences: float32 S x D'. owner: int64 S, the row in `images` of each sentence.
        count: images of a batch. each: sentences of each, or all that it has.

    Raises:
        ValueError: an image without a sentence, an owner that is no row, fewer than two images.
    """

    def __init__(self, network, loss, images, sentences, owner, count=500, each=2):
        self.network, self.loss = network, loss
        self.images, self.sentences = (torch.from_numpy(np.ascontiguousarray(v, np.float32)) for v in (images, sentences))
        owner = np.asarray(owner, np.int64)
        if len(owner) != len(self.sentences) or len(owner) and (owner.min() < 0 or owner.max() >= len(self.images)):
            raise ValueError(f"owner names the image of each of {len(self.sentences)} sentences, a row from 0 to {len(self.images) - 1}.")
        order = np.argsort(owner, kind="stable")
        self.own = np.split(order, np.searchsorted(owner[order], np.arange(1, len(self.images))))
        if len(self.images) < 2 or any(not len(rows) for rows in self.own):
            raise ValueError("A batch needs at least two images, and every image a sentence: leave out images that have none.")
        self.count, self.each = min(count, len(self.images)), each

    def __call__(self, rng):
        """The loss of a batch that is drawn by a numpy Generator."""
        chosen = rng.choice(len(self.images), self.count, replace=False)
        rows = [rng.choice(self.own[i], min(self.each, len(self.own[i])), replace=False) for i in chosen]
        owner = torch.from_numpy(np.repeat(np.arange(self.count), [len(r) for r in rows]))
        x, y = self.network(self.images[torch.from_numpy(chosen)], self.sentences[torch.from_numpy(np.concatenate(rows))])
        return self.loss(x, y, owner)
