"""VLAD, the vector of locally aggregated descriptors: for each visual word, how far and which way the patches lie from it."""

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError

from visret_lab.arrays import l2_normalize
from visret_lab.encoding.blocks import blocks, in_threads
from visret_lab.encoding.ragged import stack
from visret_lab.encoding.vocabulary import Vocabulary

BLOCK = 1 << 13  # descriptors at a time: they stay near the processor, and memory is bounded


class VLAD(BaseEstimator):
    """Sums of residuals (Jegou, Douze, Schmid, Perez, CVPR 2010).

        v_k = sum over descriptors x whose nearest word is k of (x - c_k)

    The K sums stand one after the other, word 0 first, as a vector of K x D numbers; then the signed power, then L2.

    Args:
        n_words: K, where a vocabulary is learnt here.
        vocabulary: a `Vocabulary`. One that is fitted is taken as it is; another is fitted with the descriptors of `fit`.
            None: `Vocabulary(n_words, seed=seed)`.
        power: each entry z becomes sign(z) |z|^power; 0.5 is the signed square root (Jegou et al., TPAMI 2012), 1 leaves it.
        intra: bring each block v_k to unit length (Arandjelovic and Zisserman, CVPR 2013), after the power.
        residual: bring each x - c_k to unit length before it is added (Delhumeau et al., ACM Multimedia 2013).
        normalize: bring the whole vector to unit length.
        seed: of the vocabulary that is learnt here.

    Attributes:
        vocabulary_: the fitted Vocabulary.
    """

    def __init__(self, n_words=64, vocabulary=None, power=0.5, intra=False, residual=False, normalize=True, seed=0):
        self.n_words, self.vocabulary, self.power = n_words, vocabulary, power
        self.intra, self.residual, self.normalize, self.seed = intra, residual, normalize, seed

    def fit(self, descriptors, y=None):
        """Learn the vocabulary, unless a fitted one was given. Learn it from another set than the one to be searched.

        Args:
            descriptors: list of float N_i x D, one an image; sets may be empty.

        Returns:
            self.

        Raises:
            ValueError: fewer different descriptors than words, NaN, or sets of different D.
        """
        given = self.vocabulary
        if given is not None and hasattr(given, "centers_"):
            self.vocabulary_ = given
        else:
            new = Vocabulary(self.n_words, seed=self.seed) if given is None else clone(given)
            self.vocabulary_ = new.fit(descriptors)
        return self

    def transform(self, descriptors):
        """One vector an image.

        Args:
            descriptors: list of float N_i x D, one an image; sets may be empty.

        Returns:
            float32 M x (K D), rows of unit length (unless normalize=False); an image without descriptors is a zero row.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`, without a fitted vocabulary.
            ValueError: another D than the vocabulary's, NaN, or a power outside (0, 1].
        """
        if not 0 < self.power <= 1:
            raise ValueError(f"power must be above 0 and at most 1, not {self.power}; 0.5 is the signed square root.")
        words = self._words()
        data = stack(descriptors, words.centers_.shape[1])
        out = np.empty((len(data.counts), words.centers_.size), np.float32)

        def encode(images):
            sums = residual_sums(data, images, words, self.residual)
            out[images] = self._normalised(sums).reshape(len(sums), -1)

        in_threads(encode, blocks(data.counts, BLOCK))
        return out

    def _words(self):
        for words in (getattr(self, "vocabulary_", None), self.vocabulary):
            if hasattr(words, "centers_"):
                return words
        raise NotFittedError("This VLAD has no vocabulary yet: call fit with descriptors of a training set, or hand in a "
                             "fitted Vocabulary.")

    def _normalised(self, sums):
        """Power, intra-normalisation and L2, in this order, of float32 M x K x D."""
        sums = signed_power(sums, self.power)
        if self.intra:
            sums = l2_normalize(sums, axis=2)
        return l2_normalize(sums.reshape(len(sums), -1)) if self.normalize else sums


def residual_sums(data, images, words, residual=False):
    """The sums v_k of some images, by one sparse product.

    Column i of a sparse 0/1 matrix has its single one in the row (image, word) of descriptor i.

    Args:
        data: Ragged. images: slice of images. words: fitted Vocabulary. residual: unit length for each x - c_k.

    Returns:
        float32 M x K x D.
    """
    counts = data.counts[images]
    begin = data.starts[images][0]
    x = data.rows[begin : begin + counts.sum()]
    centers = words.centers_
    # |x - c|^2 = |x|^2 - 2 (x c - |c|^2 / 2): for some hundred words one matrix product is faster than a search.
    nearness = x @ centers.T
    nearness -= 0.5 * (centers**2).sum(1)
    label = nearness.argmax(axis=1)
    away = centers[label]
    np.subtract(x, away, out=away)
    if residual:
        away = l2_normalize(away)
    cell = np.repeat(np.arange(len(counts)) * len(centers), counts) + label
    gather = sparse.csc_array((np.ones(len(x), np.float32), cell, np.arange(len(x) + 1)),
                              shape=(len(counts) * len(centers), len(x)))
    return (gather @ away).reshape(len(counts), *centers.shape)


def signed_power(x, power=0.5):
    """sign(z) |z|^power for every entry z of `x`; the dtype is kept."""
    if power == 1:
        return x
    size = np.abs(x)
    np.sqrt(size, out=size) if power == 0.5 else np.power(size, power, out=size)
    return np.copysign(size, x, out=size)
