"""Two describers of the same pictures: one asks, or is asked; the other, who read none of that, judges. And how often two judges agree.

The measure is NDCG with the judge's similarities as gains: Gordo and Larlus, CVPR 2017, judge semantic retrieval by captions.
"""

from typing import NamedTuple

import numpy as np

from visret_lab.arrays import l2_normalize
from visret_lab.crossmodal.captions import caption_similarity
from visret_lab.evaluation.ndcg import ndcg

AT = 10  # positions of the NDCG that constants are chosen by
PICTURES, TO_IMAGE, TO_TEXT = "image to image", "text to image", "image to text"


class Judged(NamedTuple):
    """Pictures of a split, and what two describers said. images: float32 I x D. query: float32 I x D', one sentence of each, to ask with.
    other: float32 I x D', another sentence. described: float32 I x D', both together. gains: float32 I x I, how alike all other sentences
    of two pictures are: the judge. The judge has read none of `query`, `other` and `described`."""

    images: np.ndarray
    query: np.ndarray
    other: np.ndarray
    described: np.ndarray
    gains: np.ndarray


def judged(ground, split="test"):
    """Divide the sentences of a split between two describers: the first two of each picture, and the others.

    Args:
        ground: image_text.Views. split: its name.

    Raises:
        ValueError: a picture with fewer than three sentences; it is named.
    """
    images, sentences, owner = ground.split(split)
    first, counts = spans(owner, len(images))
    place = np.arange(len(owner)) - first[owner]  # of a sentence among those of its picture
    if counts.min() < 3:
        few = ground.data.ids[ground.data.splits[split][counts.argmin()]]
        raise ValueError(f"Two describers need three sentences of every picture; {few} has {counts.min()}. Leave such pictures out.")
    judge = place >= 2
    return Judged(images, sentences[place == 0], sentences[place == 1],
                  summed(sentences[~judge], owner[~judge], len(images)),
                  caption_similarity(sentences[judge], owner[judge], len(images)))


def spans(owner, count):
    """Where the texts of each picture begin, and how many they are: int64 count, int64 count.
    ValueError: owners that do not rise, or are no picture."""
    owner = np.asarray(owner, np.int64)
    if len(owner) and ((np.diff(owner) < 0).any() or owner[0] < 0 or owner[-1] >= count):
        raise ValueError(f"owner names the picture of each text, from 0 to {count - 1}, in rising order.")
    return np.searchsorted(owner, np.arange(count)), np.bincount(owner, minlength=count)


def summed(vectors, owner, count):
    """The captions of each picture as one vector of unit length: float32 count x D. Args: as `caption_similarity`, vectors dense."""
    rows = np.zeros((count, vectors.shape[1]), np.float32)
    np.add.at(rows, np.asarray(owner, np.int64), vectors)
    return l2_normalize(rows)


def order(similarity, alone=False):
    """Rankings, best first, ties to the lower id: int64 Q x N, or Q x (N - 1). alone: query q is item q, and leaves its ranking."""
    found = np.argsort(-np.asarray(similarity), axis=1, kind="stable")
    return found[found != np.arange(len(found))[:, None]].reshape(len(found), -1) if alone else found


def gained(similarity, gains, k=AT, alone=False):
    """NDCG@k of each query, float64 Q. Args: similarity, gains: float Q x N. alone: as `order`; the query's own gain is 0 then."""
    if alone:
        gains = gains * (1 - np.eye(len(gains), dtype=gains.dtype))
    return ndcg(order(similarity, alone), gains, k)


def correlation(similarity, gains):
    """Pearson's correlation of similarities and gains over the other pictures, of each query: float64 Q. Args: float Q x Q."""
    others = ~np.eye(len(gains), dtype=bool)
    s, g = (np.asarray(v, np.float64)[others].reshape(len(gains), -1) for v in (similarity, gains))
    s, g = s - s.mean(axis=1, keepdims=True), g - g.mean(axis=1, keepdims=True)
    size = np.sqrt((s * s).sum(axis=1) * (g * g).sum(axis=1))
    return np.divide((s * g).sum(axis=1), size, out=np.zeros(len(size)), where=size > 0)


def similarities(phi, theta=None):
    """The three searches: dict name -> float32 I x I. Args: phi: pictures. theta: one text of each, or None: pictures alone."""
    found = {PICTURES: phi @ phi.T}
    return found if theta is None else found | {TO_IMAGE: theta @ phi.T, TO_TEXT: phi @ theta.T}


def score(phi, theta, gains):
    """The mean NDCG@10 of the searches, larger is better: what constants are chosen by. theta None: pictures alone."""
    return float(np.mean([gained(s, gains, alone=way == PICTURES).mean() for way, s in similarities(phi, theta).items()]))


def any_triplets(rng, pictures, count):
    """Triplets of different pictures, all equally likely: int64 count x 3. ValueError: fewer than three pictures."""
    if pictures < 3:
        raise ValueError(f"A triplet needs three pictures; there are {pictures}.")
    rows = rng.integers(pictures, size=(count, 3))
    while len(bad := np.flatnonzero((rows[:, 0] == rows[:, 1]) | (rows[:, 0] == rows[:, 2]) | (rows[:, 1] == rows[:, 2]))):
        rows[bad] = rng.integers(pictures, size=(len(bad), 3))
    return rows


def agreement(a, b, triplets):
    """Do two judges agree which of two pictures is more like a third?

    Args:
        a, b: float N x N, similarities. triplets: int64 T x 3, (the third, one, other).

    Returns:
        (float64 T, 1 where they agree, 0 where not, 1/2 where b finds both equally alike; float64 T, how clear it is for a: |gap|).
        Where a finds both equally alike, too, the gap is 0, and the agreement 1/2.
    """
    q, i, j = np.asarray(triplets).T
    first, second = (np.asarray(s, np.float64)[q, i] - np.asarray(s, np.float64)[q, j] for s in (a, b))
    return (1 + np.sign(first) * np.sign(second)) / 2, np.abs(first)
