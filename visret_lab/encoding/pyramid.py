"""Spatial pyramids: encode the whole image, its 4 quarters and its 16 sixteenths, and put the vectors side by side."""

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from visret_lab.arrays import require_finite


class SpatialPyramid(BaseEstimator):
    """1 + 4 + 16 = 21 vectors of any encoder of this station (Lazebnik, Schmid, Ponce, CVPR 2006).

    Level l cuts the image into 2^l x 2^l cells. A match that is found at level l of L + 1 (l = 0 ... L) is worth
    1 / 2^(L - l), but it is found again at every coarser level; taking these off (equations 3 and 4 of the paper) leaves
    the weights 1 / 2^L for level 0 and 1 / 2^(L - l + 1) for l > 0: 1/4, 1/4, 1/2 for three levels. They are weights of
    similarities. Here the similarity is the inner product, in which each factor comes twice, so vectors get their roots.

    Args:
        encoder: an estimator whose `transform` takes a list of descriptor sets: bag of words, VLAD, FisherVector.
            One that is fitted is not fitted again when `refit` is False.
        levels: L + 1; 3 gives 21 cells.
        weights: one number a level, or None for the paper's.
        refit: fit a copy of the encoder in `fit`. False takes the encoder as it is.

    Attributes:
        encoder_: the fitted encoder.
    """

    def __init__(self, encoder, levels=3, weights=None, refit=True):
        self.encoder, self.levels, self.weights, self.refit = encoder, levels, weights, refit

    def fit(self, features, y=None):
        """Fit the encoder on whole images.

        Args:
            features: list of (points N_i x 2 or more, descriptors N_i x D), one an image.

        Returns:
            self.
        """
        self._level_weights()
        self.encoder_ = clone(self.encoder).fit([d for _, d in features]) if self.refit else self.encoder
        return self

    def transform(self, features, sizes):
        """One vector an image: level 0 first; in a level the cells row by row.

        Args:
            features: list of (points, descriptors): x and y in pixels are the first two columns of points.
            sizes: (height, width) of all images, or a list with one pair an image.

        Returns:
            float32 M x (cells x K), rows of unit length; sparse CSR where the encoder gives sparse vectors. The block of a
            cell without descriptors is zero; an image without any is a zero row.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            ValueError: points outside their image, more or fewer points than descriptors, sizes that do not fit the list,
                levels below 1, or wrong weights.
        """
        check_is_fitted(self, "encoder_")
        factors = np.sqrt(self._level_weights())
        sizes = _sizes(sizes, len(features))
        parts = []
        for level, factor in enumerate(factors):
            cells = 4**level
            sets = [d for i, ((points, descriptors), size) in enumerate(zip(features, sizes, strict=True))
                    for d in _split(descriptors, cell_index(points, size, level), cells, i)]
            vectors = self.encoder_.transform(sets)
            vectors *= vectors.dtype.type(factor)  # in place: 21 cells are many numbers
            parts.append(vectors.reshape((len(features), -1)))
        if any(sparse.issparse(p) for p in parts):
            return normalize(sparse.hstack([sparse.csr_matrix(p) for p in parts], format="csr").astype(np.float32))
        return normalize(np.hstack(parts).astype(np.float32, copy=False), copy=False)

    def _level_weights(self):
        if self.levels < 1:
            raise ValueError(f"levels must be at least 1, not {self.levels}; 3 gives 1 + 4 + 16 cells.")
        if self.weights is None:
            last = self.levels - 1
            return np.array([2.0 ** -(last - max(level, 1) + 1) if last else 1.0 for level in range(self.levels)])
        weights = np.asarray(self.weights, float)
        if weights.shape != (self.levels,) or (weights < 0).any() or not weights.any():
            raise ValueError(f"weights must be {self.levels} numbers of 0 or more, one a level, and not all 0; not "
                             f"{self.weights}.")
        return weights


def cell_index(points, size, level):
    """The cell of each point at a level: row * 2^level + column.

    Args:
        points: float N x 2 or more: x (to the right), y (down), in pixels.
        size: (height, width). A point on the right or lower border belongs to the last cell.
        level: 0 for one cell, 1 for 2 x 2, ...

    Returns:
        int64 N, from 0 to 4^level - 1.

    Raises:
        ValueError: a point outside the image, or NaN.
    """
    if len(points) == 0:
        return np.zeros(0, np.int64)
    points = np.asarray(points)[:, :2].astype(np.float64)
    require_finite(points, "points")
    height, width = size
    # Keypoints are fitted to a fraction of a pixel, so one may stand a little beyond the border.
    if (points < -1).any() or (points[:, 0] > width + 1).any() or (points[:, 1] > height + 1).any():
        raise ValueError(f"A point lies outside its image of {height} x {width} pixels (height x width). Were width and "
                         "height swapped, or was the image cut after the points were found?")
    n = 2**level
    column, row = (np.clip((points * n / [width, height]).astype(np.int64), 0, n - 1)).T
    return row * n + column


def _split(descriptors, cell, cells, image):
    if len(cell) != len(descriptors):
        raise ValueError(f"features[{image}] has {len(cell)} points and {len(descriptors)} descriptors; each descriptor "
                         "needs its place.")
    order = np.argsort(cell, kind="stable")
    return np.split(np.asarray(descriptors)[order], np.searchsorted(cell[order], np.arange(1, cells)))


def _sizes(sizes, count):
    sizes = np.asarray(sizes)
    if sizes.shape == (2,):
        sizes = np.tile(sizes, (count, 1))
    if sizes.shape != (count, 2) or not (sizes > 0).all():
        raise ValueError(f"sizes must be (height, width), or one such pair for each of the {count} images; got shape "
                         f"{sizes.shape}.")
    return sizes
