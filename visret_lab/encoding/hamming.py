"""Hamming embedding: 64 bits that say where in its drawer a descriptor lies (Jegou, Douze, Schmid, ECCV 2008)."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from visret_lab.arrays import as_rows
from visret_lab.encoding.ragged import stack


class HammingEmbedding(BaseEstimator):
    """Binary signatures within visual words.

        z = P x;   bit j of b(x) = 1  where  z_j > tau_ij          (section 3.1 of the paper)

    P: random orthogonal projection, D -> bits. tau_i: medians of z over the training descriptors of word i, so that each bit
    halves the drawer. Two descriptors of the same word match only if few of their bits differ.

    Args:
        vocabulary: a fitted Vocabulary.
        bits: of a signature, 1 to 64 and at most D.
        seed: of the projection.

    Attributes:
        projection_: float32 D x bits, orthonormal columns.
        medians_: float32 K x bits. Words without training descriptors have the medians of all.
    """

    def __init__(self, vocabulary, bits=64, seed=0):
        self.vocabulary, self.bits, self.seed = vocabulary, bits, seed

    def fit(self, descriptors, y=None):
        """Draw the projection and learn the medians, from the images from which the words were learnt.

        Args:
            descriptors: list of float N_i x D; sets may be empty.

        Raises:
            ValueError: bits outside 1..64, or more bits than dimensions.
        """
        words = self.vocabulary
        check_is_fitted(words, "centers_")
        count, dim = words.centers_.shape
        if not 1 <= self.bits <= min(64, dim):
            raise ValueError(f"bits must be between 1 and {min(64, dim)} for {dim}-D descriptors, not {self.bits}.")
        rows = stack(descriptors, dim).rows
        gaussian = np.random.default_rng(self.seed).standard_normal((dim, dim))
        self.projection_ = np.ascontiguousarray(np.linalg.qr(gaussian)[0][:, : self.bits], np.float32)
        self.medians_ = grouped_medians(rows @ self.projection_, words.assign(rows), count)
        return self

    def signatures(self, x, words):
        """Signatures of descriptors.

        Args:
            x: float N x D.
            words: int N, the word of each.

        Returns:
            uint64 N; bit j of the number is bit j of the signature.
        """
        check_is_fitted(self, "medians_")
        if len(x) == 0:
            return np.zeros(0, np.uint64)
        x = as_rows(x, "x", len(self.projection_))
        bits = x @ self.projection_ > self.medians_[words]
        return (bits.astype(np.uint64) << np.arange(self.bits, dtype=np.uint64)).sum(axis=1, dtype=np.uint64)

    def transform(self, descriptors):
        """List with (words int64 N_i, signatures uint64 N_i), one pair an image; empty where there are no descriptors."""
        check_is_fitted(self, "medians_")
        ragged = stack(descriptors, len(self.projection_))
        words = self.vocabulary.assign(ragged.rows)
        edges = np.cumsum(ragged.counts)[:-1]
        return list(zip(np.split(words, edges), np.split(self.signatures(ragged.rows, words), edges), strict=True))


def grouped_medians(values, group, count):
    """Median of each column within each group.

    Args:
        values: float N x B.
        group: int N, 0 to count - 1.
        count: number of groups.

    Returns:
        float32 count x B; an empty group has the medians of all rows.
    """
    size = np.bincount(group, minlength=count)
    start = np.cumsum(size) - size
    lower, upper = start + np.maximum(size - 1, 0) // 2, start + size // 2
    last = len(values) - 1
    out = np.empty((count, values.shape[1]), np.float32)
    for b in range(values.shape[1]):  # a loop over bits, not over descriptors
        ordered = values[np.lexsort((values[:, b], group)), b]
        middle = (ordered[np.minimum(lower, last)] + ordered[np.minimum(upper, last)]) / 2
        out[:, b] = np.where(size > 0, middle, np.median(values[:, b]))
    return out


def hamming(a, b):
    """Number of bits in which uint64 arrays differ, element by element: uint8."""
    return np.bitwise_count(np.asarray(a, np.uint64) ^ np.asarray(b, np.uint64))
