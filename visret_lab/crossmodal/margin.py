"""Pictures and texts in one space by the cosine margin loss, as in SemArt; and the same with what a museum knows besides.

    f = tanh(W_v v + b_v) / |.|,    g = tanh(W_t t + b_t) / |.|,    L = y (1 - cos(f, g)) + (1 - y) max(0, cos(f, g) - m)

v is a picture's vector of a network that stays as it is, t a text's vector: tf-idf, what an MLP makes of it, or the last state of a
recurrent network. Garcia and Vogiatzis, "How to read paintings: semantic art understanding with multi-modal retrieval", ECCV workshops
2018. Augmented with metadata, two classifiers name an attribute (type, school, time, author) from f and from g:

    L' = (1 - 2 a) L + a CE(f) + a CE(g)
"""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

from visret_lab.training.losses.cosine_margin import cosine_margin

POSITIVE = 0.2  # share of pairs that belong together


class Rows:
    """Vectors, one an item. Args: vectors: float32 N x D."""

    def __init__(self, vectors):
        self.vectors = torch.from_numpy(np.ascontiguousarray(vectors, np.float32))

    def __len__(self):
        return len(self.vectors)

    def take(self, rows):
        """float32 B x D of int64 rows B."""
        return self.vectors[torch.as_tensor(rows)]


class MarginNetwork(nn.Module):
    """Two projections into one space.

    Args:
        images: numbers of a picture's vector. texts: numbers that the text encoder gives. encoder: nn.Module from what `take` of the texts
            gives to float B x texts; None: the texts are vectors already. outputs: of the space. classes: values of an attribute that both
            sides shall name, or 0.

    Raises:
        ValueError: a length below 1.
    """

    def __init__(self, images, texts, encoder=None, outputs=128, classes=0):
        super().__init__()
        if min(images, texts, outputs) < 1 or classes < 0:
            raise ValueError(f"Lengths must be at least 1; got images {images}, texts {texts}, outputs {outputs}, classes {classes}.")
        self.encoder = encoder or nn.Identity()
        self.image, self.text = nn.Linear(images, outputs), nn.Linear(texts, outputs)
        self.names = nn.ModuleList([nn.Linear(outputs, classes) for _ in range(2)]) if classes else None

    def embed_image(self, v):
        """float B x images -> B x outputs, unit length."""
        return normalize(torch.tanh(self.image(v)), dim=1)

    def embed_text(self, t):
        """What the texts' `take` gives -> B x outputs, unit length."""
        return normalize(torch.tanh(self.text(self.encoder(t))), dim=1)


@torch.inference_mode()
def embed(network, items, side, rows=256):
    """Embeddings of all items, without learning.

    Args:
        network: MarginNetwork. items: Rows or anything with `take` and a length. side: "image" or "text". rows: at a time.

    Returns:
        float32 N x outputs.
    """
    to = {"image": network.embed_image, "text": network.embed_text}[side]
    was = network.training
    network.eval()
    parts = [to(items.take(np.arange(start, min(start + rows, len(items))))) for start in range(0, len(items), rows)]
    network.train(was)
    return torch.cat(parts).numpy()


class MarginPairs:
    """Batches for `training.loop.minimise`: one pair in five belongs together.

    Args:
        network: MarginNetwork. images, texts: Rows or anything with `take`; item i of both belong together. size: pairs of a batch.
        positive: share that belongs together. margin: m. labels: int64 N, the attribute that both sides shall name, or None. share: a.

    Raises:
        ValueError: other numbers of images and texts, fewer than two, shares that make no sense, labels without classes.
    """

    def __init__(self, network, images, texts, size=256, positive=POSITIVE, margin=0.1, labels=None, share=0.01):
        if len(images) != len(texts) or len(images) < 2:
            raise ValueError(f"Image i belongs to text i, at least two of each; got {len(images)} images and {len(texts)} texts.")
        if not 0 < positive < 1 or not 0 <= share < 0.5 or size < 2:
            raise ValueError(f"positive lies between 0 and 1, share from 0 to below 1/2, size is at least 2; got {positive}, {share}, "
                             f"{size}.")
        if (labels is None) != (network.names is None):
            raise ValueError("Labels need a network with classes, and a network with classes needs labels.")
        self.network, self.images, self.texts, self.size, self.positive, self.margin = network, images, texts, size, positive, margin
        self.labels, self.share = None if labels is None else torch.from_numpy(np.asarray(labels, np.int64)), share

    def __call__(self, rng):
        """The loss of a batch that is drawn by a numpy Generator."""
        i, j, same = draw_pairs(rng, len(self.images), self.size, self.positive)
        f, g = self.network.embed_image(self.images.take(i)), self.network.embed_text(self.texts.take(j))
        loss = cosine_margin(f, g, torch.from_numpy(same), self.margin)
        if self.labels is None:
            return loss
        named = [cross_entropy(head(side), self.labels[torch.from_numpy(rows)])
                 for head, side, rows in zip(self.network.names, (f, g), (i, j), strict=True)]
        return (1 - 2 * self.share) * loss + self.share * sum(named)


def draw_pairs(rng, count, size, positive=POSITIVE):
    """Pairs of items: int64 B, int64 B, bool B whether they are the same; exactly round(B positive) are."""
    i, j = rng.integers(count, size=size), rng.integers(count - 1, size=size)
    j += j >= i  # every other item alike
    same = np.arange(size) < round(positive * size)
    return i, np.where(same, i, j), same
