"""Visual words: the centres of a k-means clustering of local descriptors (Sivic and Zisserman, ICCV 2003)."""

from pathlib import Path

import faiss
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from visret_lab.arrays import as_rows
from visret_lab.encoding.ragged import sample, stack


class Vocabulary(BaseEstimator):
    """k-means over the descriptors of many images.

    The centres are learnt by FAISS, from at most `per_word` descriptors a word; the plain form is `lloyd`.

    Args:
        n_words: K, the number of centres.
        n_iter: rounds of k-means.
        per_word: descriptors a word that take part (FAISS's own advice is 39 to 256).
        seed: of the sample and of the first centres.

    Attributes:
        centers_: float32 K x D, after `fit`.
    """

    def __init__(self, n_words=256, n_iter=20, per_word=256, seed=0):
        self.n_words, self.n_iter, self.per_word, self.seed = n_words, n_iter, per_word, seed

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
        different = len(np.unique(rows, axis=0)) if len(rows) < 4 * self.n_words else len(rows)
        if different < self.n_words:
            raise ValueError(f"{self.n_words} words cannot be learnt from {different} different descriptors. Give more images, "
                             "or ask for fewer words.")
        kmeans = faiss.Kmeans(rows.shape[1], self.n_words, niter=self.n_iter, seed=self.seed, verbose=False,
                              min_points_per_centroid=1, max_points_per_centroid=self.per_word + 1)
        kmeans.train(rows)
        self.centers_ = np.ascontiguousarray(kmeans.centroids, np.float32)
        return self

    def assign(self, x, k=1):
        """The nearest words of each descriptor, exactly.

        Args:
            x: float N x D.
            k: how many words a descriptor.

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
        ids = faiss.knn(x, self.centers_, k)[1].astype(np.int64)
        return ids if k > 1 else ids[:, 0]

    def save(self, path):
        """Write the centres to a .npz file, complete or not at all."""
        check_is_fitted(self, "centers_")
        path = Path(path)
        part = path.with_name(path.name + ".part")
        with open(part, "wb") as file:
            np.savez(file, centers=self.centers_, n_iter=self.n_iter, per_word=self.per_word, seed=self.seed)
        part.replace(path)

    @classmethod
    def load(cls, path):
        """Read what `save` wrote. ValueError when the file is something else."""
        try:
            with np.load(path, allow_pickle=False) as file:
                made = cls(len(file["centers"]), int(file["n_iter"]), int(file["per_word"]), int(file["seed"]))
                made.centers_ = as_rows(file["centers"], "centers")
        except (ValueError, KeyError, EOFError, OSError) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise ValueError(f"{path} is not a vocabulary saved by Vocabulary.save ({error}).") from error
        return made


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
