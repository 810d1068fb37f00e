"""Principal component analysis and whitening: turn the axes towards the variance, drop the weak ones, weigh the rest.

Pearson 1901, Hotelling 1933; whitening of image vectors: Jegou and Chum, "Negative evidences and co-occurences in image
retrieval: the benefit of PCA and whitening", ECCV 2012.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils.validation import check_is_fitted

from visret_lab.arrays import as_rows, l2_normalize

ROWS = 1 << 13  # rows that are taken to float64 at a time
NOTHING = 1e-12  # of the largest variance: below it, a standard deviation is the rounding of float32 (1e-6 of the largest)


class PCA(TransformerMixin, BaseEstimator):
    """The first directions of the largest variance, with a choice of how to weigh them.

        mean = 1/n sum x_i,    C = 1/(n-1) sum (x_i - mean)(x_i - mean)^T,    C u_j = v_j u_j,    v_1 >= v_2 >= ...

        z_j = u_j.(x - mean) / (v_j + epsilon)^power,    j = 1 ... d'

    Args:
        n_components: d'. None: as many as the training rows span, at most min(D, n - 1).
        power: of the variance. 0: rotation only; 0.5: whitening, every z_j has variance 1 on the training rows; 0.25: half way,
            the "attenuated" whitening of the published DIR models.
        epsilon: added to each variance before the power, in the unit of a variance (as FAISS's `PCAMatrix.epsilon`, which
            adds it to n - 1 times the variance). It keeps weak directions from being blown up.
        l2_before: bring every row to unit length first, in `fit` and `transform`. A zero row has no direction: it is not learnt
            from, and stays zero.
        l2_after: bring every result to unit length. Without l2_before a zero row is a point as any other, and moves.

    Attributes:
        mean_: float32 D.
        components_: float32 d' x D, rows u_j, orthonormal; the largest entry of each is positive.
        variance_: float64 d', v_j, largest first.
        explained_variance_ratio_: float64 d', v_j over the sum of all variances: the energy that each keeps.
        n_samples_: training rows that were used.
    """

    def __init__(self, n_components=None, power=0.0, epsilon=0.0, l2_before=False, l2_after=False):
        self.n_components, self.power, self.epsilon = n_components, power, epsilon
        self.l2_before, self.l2_after = l2_before, l2_after

    def fit(self, x, y=None):
        """Learn mean and directions from float N x D, from another set than the one to be searched.

        Raises:
            ValueError: fewer than 2 rows (zero rows do not count with l2_before), more components than the rows span, a power
                outside 0 to 1, a negative epsilon, or NaN.
        """
        if not 0 <= self.power <= 1 or not self.epsilon >= 0:
            raise ValueError(f"power must be between 0 and 1 and epsilon at least 0; got {self.power} and {self.epsilon}.")
        x = as_rows(x, "x")
        if self.l2_before:
            x = l2_normalize(x[x.any(axis=1)])
        if len(x) < 2:
            raise ValueError(f"A variance needs at least 2 training rows that differ; got {len(x)}"
                             + (" that are not zero." if self.l2_before else "."))
        found = principal(x, self.n_components, "components")
        self.mean_, self.variance_, self.n_samples_ = found.mean, found.variances, len(x)
        self.components_ = np.ascontiguousarray(found.directions.T)
        self.explained_variance_ratio_ = self.variance_ / found.total
        return self

    def transform(self, x):
        """float N x D -> float32 N x d'. ValueError: another D, or NaN; NotFittedError before `fit`."""
        x = self._rows(x)
        z = (x - self.mean_) @ self.components_.T
        z *= self.scale_
        if self.l2_before:
            z[~x.any(axis=1)] = 0
        return l2_normalize(z) if self.l2_after else z

    def first(self, count, power=0.0, epsilon=0.0):
        """The first components of this PCA, with another weight: a PCA of its own, for which nothing has to be learnt again.

        Raises:
            ValueError: fewer than 1 component, or more than this PCA has.
        """
        check_is_fitted(self, "components_")
        if not 1 <= count <= len(self.components_):
            raise ValueError(f"This PCA has {len(self.components_)} components; {count} cannot be kept.")
        made = clone(self).set_params(n_components=count, power=power, epsilon=epsilon)
        made.mean_, made.components_, made.n_samples_ = self.mean_, self.components_[:count], self.n_samples_
        made.variance_, made.explained_variance_ratio_ = self.variance_[:count], self.explained_variance_ratio_[:count]
        return made

    def inverse_transform(self, z):
        """Back to the space of the training rows: float N x d' -> float32 N x D. With l2_before, to the rows of unit length.

        Raises:
            ValueError: another d', NaN, or l2_after: the length that it took away is not known any more.
        """
        check_is_fitted(self, "components_")
        if self.l2_after:
            raise ValueError("l2_after took the length of each row away, so there is no way back. Fit with l2_after=False.")
        z = as_rows(z, "z", len(self.components_))
        return (z / self.scale_) @ self.components_ + self.mean_

    def reconstruction_error(self, x):
        """Squared distance of each row from what d' components keep of it: float64 N; of rows of unit length with l2_before."""
        away = self._rows(x) - self.mean_
        kept = (away @ self.components_.T) @ self.components_
        return ((away - kept).astype(np.float64) ** 2).sum(axis=1)

    @property
    def scale_(self):
        """float32 d', the factor 1 / (v_j + epsilon)^power of each component."""
        return ((self.variance_ + self.epsilon) ** -self.power).astype(np.float32)

    def _rows(self, x):
        check_is_fitted(self, "components_")
        x = as_rows(x, "x", len(self.mean_))
        return l2_normalize(x) if self.l2_before else x


class Principal(NamedTuple):
    """What `principal` finds: mean float32 D; directions float32 D x count, orthonormal columns, largest variance first, the
    largest entry of each positive, so that signs do not depend on the library; variances float64 count, divided by n - 1; total
    float, the sum of the variances along all directions."""

    mean: np.ndarray
    directions: np.ndarray
    variances: np.ndarray
    total: float


def principal(x, count=None, what="components"):
    """Mean, principal directions and variances of training rows.

    With fewer rows than dimensions the n x n matrix of inner products is taken apart instead of the D x D covariance: both
    have the same eigenvalues, and an eigenvector w of the first gives the direction y^T w of the second (Turk and Pentland, 1991).

    Args:
        x: float32 N x D. count: how many directions; None for as many as the rows span. what: is asked for, for the error.

    Returns:
        `Principal`.

    Raises:
        ValueError: more directions than dimensions, or than the rows span; all rows equal; count below 1.
    """
    most = min(x.shape[1], len(x) - 1)
    if most < 1 or (count is not None and not 1 <= count <= most):
        raise ValueError(_too_many(count, what, len(x), x.shape[1], max(most, 0)))
    mean = x.mean(axis=0, dtype=np.float64)
    if len(x) < x.shape[1]:
        values, vectors, total = gram_spectrum(x, mean, count)
    else:
        values, vectors = spectrum(x, mean)
        total = values.sum()
    rank = int(np.count_nonzero(values[:most] > NOTHING * values[0])) if values[0] > 0 else 0
    count = rank if count is None else count
    if count > rank or not rank:
        raise ValueError(_too_many(count, what, len(x), x.shape[1], rank))
    free = len(x) - 1
    return Principal(mean.astype(np.float32), same_signs(vectors[:, :count]), values[:count] / free, float(total / free))


def principal_of(pca, x, count):
    """What `principal` would find, taken from a PCA that was fitted on the same rows.

    Args:
        pca: fitted `PCA` without l2_before, of at least `count` components. x: float32 N x D, its training rows. count: how many.

    Returns:
        (mean float32 D, directions float32 D x count).

    Raises:
        ValueError: it has fewer components, or has seen other rows.
    """
    check_is_fitted(pca, "components_")
    if len(pca.components_) < count:
        raise ValueError(f"The PCA has {len(pca.components_)} components, and {count} are needed. Fit it with n_components={count}.")
    if pca.l2_before or pca.n_samples_ != len(x) or not np.array_equal(pca.mean_, x.mean(axis=0, dtype=np.float64).astype(np.float32)):
        raise ValueError("The PCA was fitted on other rows than these. Give the same rows to both, and fit the PCA without l2_before.")
    return pca.mean_, np.ascontiguousarray(pca.components_[:count].T)


def gram_spectrum(x, mean, count=None):
    """Eigenvalues of `scatter`, largest first, and their vectors, by way of the n x n matrix of inner products; for n < D.

    Args:
        x: float32 n x D. mean: float64 D. count: how many; None for all n that may differ from 0.

    Returns:
        (values float64 count, vectors float64 D x count, sum of all eigenvalues).
    """
    away = x - mean
    inner = away @ away.T
    wanted = None if count is None else (len(x) - count, len(x) - 1)
    values, left = eigh(inner, subset_by_index=wanted)
    values, left = values[::-1], left[:, ::-1]
    return values, away.T @ left / np.sqrt(np.maximum(values, np.finfo(np.float64).tiny)), float(np.trace(inner))


def spectrum(x, mean):
    """All D eigenvalues of `scatter`, largest first, and their vectors as columns: float64 D, float64 D x D."""
    values, vectors = np.linalg.eigh(scatter(x, mean))
    return values[::-1], vectors[:, ::-1]


def scatter(x, mean):
    """Sum of (x_i - mean)(x_i - mean)^T, in float64, a block of rows at a time. Args: x: float32 N x D. mean: float64 D."""
    total = np.zeros((x.shape[1], x.shape[1]))
    for start in range(0, len(x), ROWS):
        away = x[start : start + ROWS] - mean
        total += away.T @ away
    return total


def same_signs(directions):
    """Directions, float D x d', each turned so that its largest entry is positive: float32, in C order."""
    largest = np.abs(directions).argmax(axis=0)
    signs = np.sign(directions[largest, np.arange(directions.shape[1])])
    return np.ascontiguousarray(directions * np.where(signs == 0, 1, signs), np.float32)


def _too_many(count, what, rows, dim, most):
    if not most:
        return f"All {rows} training rows are equal, or there is only one: there is no direction of variance."
    if count < 1:
        return f"At least 1 of the {what} must be asked for, not {count}; the {rows} training rows have at most {most}."
    return (f"{count} {what} need {count} principal directions, but {rows} training rows of {dim} dimensions have at most {most} "
            f"with any variance. Give more rows, or ask for fewer {what}.")
