"""Visual words: the centres of a k-means clustering of local descriptors (Sivic and Zisserman, ICCV 2003)."""

import faiss
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from visret_lab.arrays import as_rows
from visret_lab.encoding.assignment import TwoLevelAssigner
from visret_lab.encoding.kmeans import group_means, kmeans
from visret_lab.encoding.ragged import sample, stack
from visret_lab.encoding.unseen import fingerprints, remember, require_unseen
from visret_lab.files import replacing


class Vocabulary(BaseEstimator):
    """k-means over the descriptors of many images.

    The centres are learnt by FAISS, from at most `per_word` descriptors a word; the plain form is `lloyd`.

    Args:
        n_words: K, the number of centres.
        n_iter: rounds of k-means.
        per_word: descriptors a word that take part (FAISS's own advice is 39 to 256).
        seed: of the sample and of the first centres.
        exact: False finds the nearest centres by `TwoLevelAssigner` in each round: approximate k-means (Philbin et al., CVPR
            2007), for thousands of words.

    Attributes:
        centers_: float32 K x D, after `fit`.
        fingerprints_: uint64, sorted, of at most 20,000 of the descriptors that it was learnt from; see `require_unseen`.
    """

    def __init__(self, n_words=256, n_iter=20, per_word=256, seed=0, exact=True):
        self.n_words, self.n_iter, self.per_word, self.seed, self.exact = n_words, n_iter, per_word, seed, exact

    def fit(self, descriptors, y=None):
        """Learn the words.

        Args:
            descriptors: list of float N_i x D, one an image; sets may be empty.

        Returns:
            self.

        Raises:
            ValueError: fewer different descriptors than words, NaN, or sets of different D.
        """
        if self.n_words < 1:
            raise ValueError(f"n_words must be at least 1, not {self.n_words}.")
        rows = sample(stack(descriptors), self.n_words * self.per_word, np.random.default_rng(self.seed))
        different = len(np.unique(fingerprints(rows)))
        if different < self.n_words:
            raise ValueError(f"{self.n_words} words cannot be learnt from {different} different descriptors. Give more images, "
                             "or ask for fewer words.")
        learn = kmeans if self.exact else approximate_kmeans
        self.centers_ = learn(rows, self.n_words, self.n_iter, self.seed)
        self.fingerprints_ = remember(rows)
        return self

    def assign(self, x, k=1, exact=True):
        """The nearest words of each descriptor.

        Args:
            x: float N x D.
            k: how many words a descriptor.
            exact: True compares with every word. False takes `TwoLevelAssigner`, which is several times faster from some
                thousand words on, and misses the nearest word of a few descriptors in a hundred.

        Returns:
            int64 N, or N x k where k > 1, nearest first.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            ValueError: another D, NaN, or a k outside 1..K.
        """
        check_is_fitted(self, "centers_")
        if not 1 <= k <= len(self.centers_):
            raise ValueError(f"k must be between 1 and the {len(self.centers_)} words, not {k}.")
        if len(x) == 0:
            return np.zeros((0, k) if k > 1 else 0, np.int64)
        x = as_rows(x, "x", self.centers_.shape[1])
        if not exact:
            return self._two_level().assign(x, k)
        ids = faiss.knn(x, self.centers_, k)[1].astype(np.int64)
        return ids if k > 1 else ids[:, 0]

    def _two_level(self):
        """The assigner of these centres, made at the first call."""
        if getattr(self, "_assigner", None) is None or self._assigner.centers is not self.centers_:
            self._assigner = TwoLevelAssigner(self.centers_, seed=self.seed)
        return self._assigner

    def __getstate__(self):
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_assigner"}

    def require_unseen(self, descriptors, most=0.01, name="test set"):
        """ValueError when this vocabulary was learnt from the images that it is about to be tested on; see `unseen`.

        Args:
            descriptors: list of N_i x D, one a test image.
            most: the largest share of training descriptors that may occur in them. name: what the error calls the images.
        """
        check_is_fitted(self, "fingerprints_")
        require_unseen(self.fingerprints_, descriptors, "vocabulary", most, name, self.centers_.shape[1])

    def save(self, path):
        """Write the centres to a .npz file, complete or not at all."""
        check_is_fitted(self, "centers_")
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, centers=self.centers_, fingerprints=self.fingerprints_, n_iter=self.n_iter, per_word=self.per_word,
                     seed=self.seed, exact=self.exact)

    @classmethod
    def load(cls, path):
        """Read what `save` wrote. ValueError when the file is something else."""
        try:
            with np.load(path, allow_pickle=False) as file:
                made = cls(len(file["centers"]), int(file["n_iter"]), int(file["per_word"]), int(file["seed"]),
                           bool(file["exact"]))
                made.centers_ = as_rows(file["centers"], "centers")
                made.fingerprints_ = file["fingerprints"].astype(np.uint64)
        except (ValueError, KeyError, EOFError, OSError) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise ValueError(f"{path} is not a vocabulary saved by Vocabulary.save ({error}).") from error
        return made


def approximate_kmeans(x, n_words, n_iter=10, seed=0):
    """k-means whose rounds find the nearest centre nearly always (Philbin et al., CVPR 2007, section 3.2).

    Args:
        x: float32 N x D, with at least `n_words` different rows.
        n_words: K.
        n_iter: rounds.
        seed: of the first centres, which are rows of x, and of the assigner.

    Returns:
        float32 K x D. A centre that loses all its points moves onto a row drawn at random.
    """
    rng = np.random.default_rng(seed)
    different = np.unique(fingerprints(x), return_index=True)[1]
    centers = x[rng.choice(different, n_words, replace=False)]
    for _ in range(n_iter):
        labels = TwoLevelAssigner(centers, seed=seed).assign(x)
        centers, count = group_means(x, labels, n_words)
        empty = np.flatnonzero(count == 0)
        centers[empty] = x[rng.choice(different, len(empty), replace=False)]
    return np.ascontiguousarray(centers)


def lloyd(x, centers, n_iter=20):
    """Plain k-means (Lloyd 1957, published 1982): assign each point to its nearest centre, move each centre to its mean.

    Args:
        x: float N x D.
        centers: float K x D, the first centres.
        n_iter: rounds; it stops sooner when nothing changes.

    Returns:
        (centers float K x D, labels int64 N, error: sum of squared distances to the centres of `labels` after each
        assignment, a list). A centre without points stays where it is.
    """
    centers, labels, error = np.array(centers, np.float64), None, []
    for _ in range(n_iter):
        squared = (x**2).sum(1)[:, None] - 2 * x @ centers.T + (centers**2).sum(1)
        new = squared.argmin(1)
        error.append(float(squared[np.arange(len(x)), new].sum()))
        if labels is not None and (new == labels).all():
            break
        labels = new
        count = np.bincount(labels, minlength=len(centers))
        total = np.zeros_like(centers)
        np.add.at(total, labels, x)
        centers[count > 0] = total[count > 0] / count[count > 0, None]
    return centers, labels, error
