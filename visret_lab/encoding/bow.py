"""Bags of visual words (Sivic and Zisserman, "Video Google", ICCV 2003): an image as the words it has, and how often."""

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from visret_lab.encoding.ragged import stack
from visret_lab.encoding.vocabulary import Vocabulary


class BagOfWords(TransformerMixin, BaseEstimator):
    """Counts of visual words, weighted and brought to unit length.

        v_i = (n_id / n_d) log(N / N_i)                                     (Sivic and Zisserman 2003, section 4)

    n_id: how often word i is in image d; n_d: all words of d; N: images of the database; N_i: those that have word i (in soft
    assignment: with any weight).

    What may be learnt where: the words come from *other* images (`Vocabulary.require_unseen` catches those that do not). The
    idf and the stop words come from the database given to `fit`, as the search engine knows its own database; never from the
    queries.

    Args:
        vocabulary: a fitted Vocabulary, one that is not fitted (then `fit` learns a copy of it from the images it is given), or
            a number of words. scikit-learn's `clone` forgets what was learnt; wrap a fitted vocabulary in
            `sklearn.frozen.FrozenEstimator` where that would hurt.
        weighting: "tfidf", "tf" (no idf), or "binary" (is the word there? then idf).
        norm: "l2" (compare by the inner product), "l1" (compare by the L1 distance, or the intersection), or None.
        soft: how many words a descriptor counts for (Philbin et al., CVPR 2008), with weights exp(-d^2 / (2 sigma^2)) that sum
            to 1 for each descriptor; 1 is hard assignment.
        sigma: of the soft weights, in units of the descriptors. The paper's sigma^2 = 6,250 is for SIFT of length 512: 0.15
            for unit length.
        burstiness: exponent of the counts (Jegou, Douze, Schmid, CVPR 2009): 0.5 is the square root, 1 leaves them alone.
        stop: share of the words, the most frequent ones of the database, that are dropped.
        exact: False assigns by two levels (`TwoLevelAssigner`).
        dense: True returns float32 M x K arrays instead of sparse matrices.

    Attributes:
        vocabulary_: the fitted Vocabulary.
        idf_: float64 K. A word that no database image has gets 0: it can find nothing.
        kept_: bool K, False for stop words.
    """

    def __init__(self, vocabulary=1000, weighting="tfidf", norm="l2", soft=1, sigma=0.15, burstiness=1.0, stop=0.0, exact=True,
                 dense=False):
        self.vocabulary, self.weighting, self.norm, self.soft, self.sigma = vocabulary, weighting, norm, soft, sigma
        self.burstiness, self.stop, self.exact, self.dense = burstiness, stop, exact, dense

    def fit(self, descriptors, y=None):
        """Take idf and stop words from the database, and learn the vocabulary where it is not fitted yet.

        Args:
            descriptors: list of float N_i x D, one a database image; sets may be empty.

        Returns:
            self.

        Raises:
            ValueError: settings that make no sense, NaN, or another D than the vocabulary's.
        """
        self._learn(descriptors)
        return self

    def fit_transform(self, descriptors, y=None):
        """`fit` and then `transform` of the same images, whose words are looked up only once."""
        return self._weigh(self._learn(descriptors))

    def transform(self, descriptors):
        """Bags of images.

        Args:
            descriptors: list of float N_i x D. An image without descriptors (or with stop words only) gets a zero row.

        Returns:
            scipy.sparse CSR float32 M x K, ids of each row sorted; or float32 M x K where `dense` is set.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            ValueError: another D, or NaN.
        """
        check_is_fitted(self, "idf_")
        return self._weigh(self._counts(descriptors))

    def _learn(self, descriptors):
        """What `fit` learns; returns the counts of the images."""
        self._require_settings()
        self.vocabulary_ = self._fitted_vocabulary(descriptors)
        counts = self._counts(descriptors)
        images, present = counts.shape[0], counts.getnnz(axis=0)
        self.idf_ = idf(present, images)
        self.kept_ = np.ones(len(present), bool)
        dropped = int(self.stop * len(present))
        if dropped:  # the most frequent: first those in most images
            self.kept_[np.argsort(-present, kind="stable")[:dropped]] = False
        return counts

    def _weigh(self, bags):
        """Bags from counts, which it may overwrite."""
        bags.data = np.sign(bags.data) if self.weighting == "binary" else bags.data**self.burstiness
        weights = self.kept_ * (1.0 if self.weighting == "tf" else self.idf_)
        bags.data *= weights[bags.indices]
        bags.eliminate_zeros()
        bags = _normalize(bags, self.norm).astype(np.float32)
        return bags.toarray() if self.dense else bags

    def _counts(self, descriptors):
        """CSR float64 M x K: how often each word is in each image; fractions in soft assignment."""
        words = self.vocabulary_
        ragged = stack(descriptors, words.centers_.shape[1])
        found = words.assign(ragged.rows, self.soft, exact=self.exact).reshape(len(ragged.rows), self.soft)
        if self.soft > 1:
            share = soft_weights(squared_to(ragged.rows, words.centers_, found), self.sigma)
        else:
            share = np.ones(found.shape)
        image = np.repeat(ragged.owner, found.shape[1])
        shape = len(ragged.counts), len(words.centers_)
        counts = sparse.coo_matrix((share.ravel(), (image, found.ravel())), shape=shape).tocsr()  # equal places are summed
        counts.eliminate_zeros()  # a soft weight may be too small for a float: such a word is not there
        counts.sort_indices()
        return counts

    def _fitted_vocabulary(self, descriptors):
        words = Vocabulary(self.vocabulary) if isinstance(self.vocabulary, (int, np.integer)) else self.vocabulary
        try:
            check_is_fitted(words, "centers_")
        except NotFittedError:
            words = clone(words).fit(descriptors)
        if not 1 <= self.soft <= len(words.centers_):
            raise ValueError(f"soft must be between 1 and the {len(words.centers_)} words, not {self.soft}.")
        return words

    def _require_settings(self):
        if self.weighting not in ("tfidf", "tf", "binary"):
            raise ValueError(f'weighting must be "tfidf", "tf" or "binary", not {self.weighting!r}.')
        if self.norm not in ("l1", "l2", None):
            raise ValueError(f'norm must be "l1", "l2" or None, not {self.norm!r}.')
        if not 0 <= self.stop < 1:
            raise ValueError(f"stop is a share of the words, from 0 to below 1, not {self.stop}.")
        if self.sigma <= 0 or self.burstiness <= 0:
            raise ValueError(f"sigma and burstiness must be above 0, not {self.sigma} and {self.burstiness}.")


def idf(present, images):
    """Inverse document frequency, log(N / N_i), natural logarithm; 0 for a word that no image has.

    Args:
        present: int K, images that have each word.
        images: N.
    """
    present = np.asarray(present)
    return np.log(images / np.maximum(present, 1)) * (present > 0)


def soft_weights(squared, sigma):
    """Weights of the nearest words of each descriptor: exp(-d^2 / (2 sigma^2)), divided by their sum (Philbin et al. 2008).

    Args:
        squared: float N x S, squared distances to the words.
        sigma: in units of distance.

    Returns:
        float64 N x S, rows sum to 1.
    """
    power = -np.asarray(squared, np.float64) / (2 * sigma**2)
    weights = np.exp(power - power.max(axis=1, keepdims=True, initial=-np.inf))  # the nearest gets 1: no underflow to 0 / 0
    return weights / weights.sum(axis=1, keepdims=True)


def squared_to(x, centers, words):
    """Squared distances float32 N x S of each descriptor to its own words (int N x S), without an N x S x D array."""
    return np.stack([((x - centers[words[:, s]]) ** 2).sum(axis=1) for s in range(words.shape[1])], axis=1)


def _normalize(bags, norm):
    """CSR rows divided by their L1 or L2 norm; zero rows stay zero."""
    if norm is None:
        return bags
    power = bags.copy()
    power.data = np.abs(power.data) if norm == "l1" else power.data**2
    size = np.asarray(power.sum(axis=1)).ravel()
    size = np.sqrt(size) if norm == "l2" else size
    bags.data /= np.repeat(np.where(size > 0, size, 1), np.diff(bags.indptr))
    return bags
