"""Races of chapter 05: finding words, and searching bags of words."""

from functools import cached_property

import faiss
import numpy as np
from scipy import sparse

from visret_lab.bench.race import Race
from visret_lab.datasets import load
from visret_lab.encoding.assignment import TwoLevelAssigner, recall_of_nearest
from visret_lab.encoding.vocabulary import approximate_kmeans
from visret_lab.features.extract import extract_local
from visret_lab.features.local import SIFT
from visret_lab.search.exact import ExactIndex
from visret_lab.search.inverted import InvertedFile

LEAST_RECALL = 0.95


def clustered(count, rng, parts=64, dim=128):
    """Descriptors with structure, for tests: unit vectors around centres that lie around centres."""
    coarse = rng.gamma(0.6, 1.0, (parts, dim))
    fine = coarse[rng.integers(parts, size=8 * parts)] + rng.gamma(0.5, 0.7, (8 * parts, dim))
    x = fine[rng.integers(len(fine), size=count)] + rng.gamma(0.5, 0.5, (count, dim))
    return np.sqrt(x / x.sum(axis=1, keepdims=True)).astype(np.float32)


def town_descriptors(count, words, rng):
    """(descriptors float32 count x 128 of the town, words float32 words x 128 learnt elsewhere): RootSIFT."""
    sift = SIFT(max_points=250)
    town, elsewhere = (np.concatenate([d for _, d in extract_local(load(name), sift)]) for name in ("town", "town-elsewhere"))
    return town[rng.choice(len(town), count, replace=False)], approximate_kmeans(elsewhere, words, n_iter=3)


class Quantisation:
    """Words for many descriptors: exact search by FAISS, and two levels. A low recall is an error, not a footnote.

    Args:
        x: float32 N x D. centers: float32 K x D.
    """

    def __init__(self, x, centers):
        self.x, self.centers = x, centers
        self.flat = faiss.IndexFlatL2(x.shape[1])
        self.flat.add(centers)
        self.two_level = TwoLevelAssigner(centers)

    @cached_property
    def recall(self):
        """Share of descriptors whose true nearest word is found."""
        return recall_of_nearest(self.two_level.assign(self.x), self.flat.search(self.x, 1)[1][:, 0])

    def distances(self, ids):
        """Distance of each descriptor to its word, over all: what k-means pays; one number, so a few errors stay visible."""
        return np.sqrt(((self.x - self.centers[ids]) ** 2).sum(axis=1)).mean()

    def ours(self):
        """Mean distance to the words found; ValueError where the recall is below 0.95."""
        found = self.two_level.assign(self.x)
        if self.recall < LEAST_RECALL:
            raise ValueError(f"The recall of the nearest word is {self.recall:.3f}, below {LEAST_RECALL}.")
        return self.distances(found)

    def theirs(self):
        """Mean distance to the nearest words."""
        return self.distances(self.flat.search(self.x, 1)[1][:, 0])


def bags(images, words, points, rng):
    """Random bags of words, CSR float32, unit rows: some words are common, most are rare."""
    word = np.minimum((words * rng.random((images, points)) ** 1.6).astype(np.int64), words - 1)
    image = np.repeat(np.arange(images), points)
    counts = sparse.coo_matrix((np.ones(word.size, np.float32), (image, word.ravel())), shape=(images, words)).tocsr()
    length = np.sqrt(np.asarray(counts.power(2).sum(axis=1)).ravel())
    counts.data /= np.repeat(length, np.diff(counts.indptr))
    return counts


def races(small=False):
    """The races of this chapter; `small` for tests."""
    rng = np.random.default_rng(0)
    words, count = (400, 500) if small else (20_000, 20_000)
    quantise = Quantisation(*(np.split(clustered(count + words, rng), [count]) if small else town_descriptors(count, words, rng)))
    n_images, n_words = (50, 300) if small else (10_000, 25_000)
    database = bags(n_images, n_words, 250, rng)
    queries = bags(20, n_words, 250, rng)
    one, one_dense, first = queries[0], queries[0].toarray(), min(100, n_images)
    file, dense, by_word = InvertedFile().add(database), ExactIndex().add(database.toarray()), database.T.tocsr()
    size = f"{n_images:,} images x {n_words:,} words"
    return [
        Race(f"nearest of {words:,} words for {count:,} RootSIFT descriptors", "05_bag_of_words", "faiss.IndexFlatL2, exact",
             ours=quantise.ours, theirs=quantise.theirs, target=3.0, tolerance=0.002,
             note=f"two levels; the nearest word is found for {quantise.recall:.1%} of the descriptors (less than 95 % is an "
                  "error); compared is the mean distance to the word"),
        Race(f"inverted file, first {first} for 1 query, {size}", "05_bag_of_words", "dense product (NumPy) and the same top-k",
             ours=lambda: file.search(one, first)[0], theirs=lambda: dense.search(one_dense, first)[0], target=50.0, tolerance=1e-6,
             note="equal scores; for a batch of many queries the dense product is worth more, as a matrix is then read once"),
        Race(f"inverted file, all scores for 20 queries, {size}", "05_bag_of_words", "scipy.sparse product, made dense",
             ours=lambda: file.scores(queries), theirs=lambda: (queries @ by_word).toarray(), target=1.0, tolerance=5e-6,
             note="SciPy adds float32 numbers, we add in float64; with float64 on both sides the difference is below 1e-6 "
                  "(tests/reference/test_bow.py)"),
    ]
