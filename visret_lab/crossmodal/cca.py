"""Canonical correlation analysis: one space for two views of the same thing, in which both say the same.

Hotelling, "Relations between two sets of variates", Biometrika 1936; with a regulariser, Vinod 1976; for retrieval, Hardoon, Szedmak,
Shawe-Taylor, Neural Computation 2004. The scaled cosine: Gong, Ke, Isard, Lazebnik, IJCV 2014.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular, svd
from scipy.linalg.lapack import dpotrf
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from visret_lab.arrays import as_rows, l2_normalize

ROWS = 1 << 13  # rows that are taken to float64 at a time
NOTHING = 1e-9  # of a column's variance: what other columns leave unexplained is rounding below this share


class CCA(BaseEstimator):
    """The directions in which two views of the same items vary together, strongest first, in closed form.

        C_xx = 1/(n-1) sum (x_i - mean)(x_i - mean)^T + r_x I,    C_yy in the same way,    C_xy = 1/(n-1) sum (x_i - mean)(y_i - mean)^T

        C_xx = L_x L_x^T,    C_yy = L_y L_y^T,    L_x^-1 C_xy L_y^-T = U diag(rho) V^T    (Cholesky; singular values)

        z_x = rho^p U^T L_x^-1 (x - mean),    z_y = rho^p V^T L_y^-1 (y - mean)

    L^-1 whitens each view alone; what is left between the two is a rotation, which the singular values give. Without a regulariser rho_j
    is the correlation of the j-th numbers of both views on the training rows.

    Args:
        n_components: d'. None: as many as the narrower view has columns (at most n - 1).
        regularization: r_x and r_y, as a share of the mean variance of a column of x and of y; one number, or a pair. 0: none. More of it
            trusts weak directions less; needed where a view has more columns than there are rows, or columns that depend on others.
        power: p. 4: components that correlate little count little (Gong et al.); 0: all count alike.
        l2: bring every row of `transform` to unit length, so that the inner product is the cosine. A zero row stays zero.

    Attributes:
        x_mean_, y_mean_: float64 D_x, D_y. x_weights_, y_weights_: float64 D_x x d', D_y x d', without rho^p; the largest entry of each
            column of x_weights_ is positive.
        correlations_: float64 d', rho, largest first, 0 to 1.
        n_samples_: training pairs.
    """

    def __init__(self, n_components=None, regularization=1e-4, power=4.0, l2=True):
        self.n_components, self.regularization, self.power, self.l2 = n_components, regularization, power, l2

    def fit(self, x, y):
        """Learn both projections from float n x D_x and n x D_y; row i of both is the same item.

        Raises:
            ValueError: other numbers of rows, fewer than 2, NaN, a view that never changes, too many components, a negative regularizer or
                power, or, without a regulariser, a singular covariance: the column that depends on others is named.
        """
        self._shares()
        x, y = _pair(x, y)
        return self._solve(_moments(x, y))

    def transform(self, x=None, y=None):
        """Into the common space.

        Args:
            x: float N x D_x, or None. y: float M x D_y, or None. They need not be pairs.

        Returns:
            float32 N x d', or M x d', or both as a tuple where both are given.

        Raises:
            ValueError: neither is given, another number of columns, or NaN. NotFittedError before `fit`.
        """
        check_is_fitted(self, "x_weights_")
        if x is None and y is None:
            raise ValueError("transform needs x, or y, or both.")
        found = [self._project(rows, side) for rows, side in ((x, "x"), (y, "y")) if rows is not None]
        return tuple(found) if len(found) == 2 else found[0]

    def fit_transform(self, x, y):
        """`fit`, then `transform` of both: (float32 n x d', float32 n x d')."""
        return self.fit(x, y).transform(x, y)

    def correlations(self, x, y):
        """Correlation of the two projections of pairs that need not be those of `fit`, by component: float64 d', -1 to 1; 0 for a
        component that does not vary on these pairs. ValueError: other numbers of rows, fewer than 2, other columns, or NaN."""
        check_is_fitted(self, "x_weights_")
        x, y = _pair(x, y)
        if len(x) < 2:
            raise ValueError(f"A correlation needs at least 2 pairs; got {len(x)}.")
        x, y = ((v - m) @ w for v, m, w in ((x, self.x_mean_, self.x_weights_), (y, self.y_mean_, self.y_weights_)))
        x, y = x - x.mean(axis=0), y - y.mean(axis=0)
        size = np.sqrt((x * x).sum(axis=0) * (y * y).sum(axis=0))
        return np.divide((x * y).sum(axis=0), size, out=np.zeros(len(size)), where=size > 0)

    def score(self, x, y):
        """The mean of `correlations` on pairs: float. Larger is better; on pairs that were not learnt from it chooses a regulariser."""
        return float(self.correlations(x, y).mean())

    def _solve(self, of):
        """The closed form from means and covariances. Args: of: Moments."""
        most = min(len(of.x_mean), len(of.y_mean), of.count - 1)
        count = most if self.n_components is None else self.n_components
        if not 1 <= count <= most:
            raise ValueError(f"n_components must be between 1 and {most} (columns {len(of.x_mean)} and {len(of.y_mean)}, "
                             f"{of.count} pairs); got {self.n_components}.")
        lx, ly = (_triangle(c, share, name, of.count) for c, share, name in zip((of.xx, of.yy), self._shares(), "xy", strict=True))
        whitened = solve_triangular(ly, solve_triangular(lx, of.xy, lower=True).T, lower=True).T
        u, rho, vt = svd(whitened, full_matrices=False, lapack_driver="gesdd")
        self.x_weights_ = solve_triangular(lx, u[:, :count], lower=True, trans=1)
        self.y_weights_ = solve_triangular(ly, vt[:count].T, lower=True, trans=1)
        signs = np.sign(np.take_along_axis(self.x_weights_, np.abs(self.x_weights_).argmax(axis=0)[None], axis=0))
        self.x_weights_, self.y_weights_ = self.x_weights_ * signs, self.y_weights_ * signs
        self.x_mean_, self.y_mean_, self.correlations_, self.n_samples_ = of.x_mean, of.y_mean, np.clip(rho[:count], 0, 1), of.count
        return self

    def _project(self, rows, side):
        mean, weights = (self.x_mean_, self.x_weights_) if side == "x" else (self.y_mean_, self.y_weights_)
        rows = as_rows(rows, side, len(mean))
        scaled = (weights * self.correlations_**self.power).astype(np.float32)
        z = (rows - mean.astype(np.float32)) @ scaled  # the mean goes first: a large one would drown what differs
        return l2_normalize(z) if self.l2 else z

    def _shares(self):
        shares = np.broadcast_to(np.asarray(self.regularization, np.float64), 2)
        if not (np.isfinite(shares).all() and (shares >= 0).all()):
            raise ValueError(f"regularization is a share of the variance, at least 0, or a pair of such; got {self.regularization}.")
        if not self.power >= 0:
            raise ValueError(f"power must be at least 0; got {self.power}.")
        return shares


class Moments(NamedTuple):
    """All that a CCA knows of its pairs. x_mean, y_mean; xx, yy, xy: of `covariances`; count: pairs."""

    x_mean: np.ndarray
    y_mean: np.ndarray
    xx: np.ndarray
    yy: np.ndarray
    xy: np.ndarray
    count: int


def fit_several(x, y, shares, n_components=None, power=4.0):
    """One CCA for each regulariser; what costs most, the covariances, is worked out once.

    Args:
        x, y: as for `CCA.fit`. shares: list of regularisers. n_components, power: of all of them.

    Returns:
        list of fitted CCA, as `CCA(n_components, share, power).fit(x, y)` gives them.

    Raises:
        ValueError: as `CCA.fit`.
    """
    models = [CCA(n_components, share, power) for share in shares]
    for model in models:
        model._shares()
    of = _moments(*_pair(x, y))
    return [model._solve(of) for model in models]


def covariances(x, y):
    """C_xx, C_yy and C_xy of centred rows, without a regulariser: float64. Args: x, y: float n x D_x, n x D_y."""
    xx, yy, xy = (np.zeros((len(a), len(b))) for a, b in ((x.T, x.T), (y.T, y.T), (x.T, y.T)))
    for start in range(0, len(x), ROWS):
        a, b = (rows[start : start + ROWS].astype(np.float64) for rows in (x, y))
        xx, yy, xy = xx + a.T @ a, yy + b.T @ b, xy + a.T @ b
    return xx / (len(x) - 1), yy / (len(x) - 1), xy / (len(x) - 1)


def _moments(x, y):
    if len(x) < 2:
        raise ValueError(f"A correlation needs at least 2 pairs; got {len(x)}.")
    x_mean, y_mean = x.mean(axis=0, dtype=np.float64), y.mean(axis=0, dtype=np.float64)
    return Moments(x_mean, y_mean, *covariances(x - x_mean, y - y_mean), len(x))


def _pair(x, y):
    x, y = as_rows(x, "x"), as_rows(y, "y")
    if len(x) != len(y):
        raise ValueError(f"x has {len(x)} rows and y has {len(y)}: row i of both must be the same item. For a picture with five sentences, "
                         "repeat the row of the picture five times.")
    return x, y


def _triangle(covariance, share, name, rows):
    """L of C + r I = L L^T, lower. The square of a pivot is the part of a column's variance that the columns before it do not explain."""
    variance = np.diag(covariance).copy()
    if not variance.any():
        raise ValueError(f"{name} never changes: all its rows are equal, and correlate with nothing.")
    regular = covariance + share * variance.mean() * np.eye(len(covariance))
    found, failed = dpotrf(regular, lower=1, clean=1)
    left = np.diag(found) ** 2
    weak = np.flatnonzero(left[: failed - 1 if failed else None] <= NOTHING * np.diag(regular)[: failed - 1 if failed else None])
    if failed or weak.size:
        column = int(weak[0]) if weak.size else failed - 1
        what = "never changes" if variance[column] == 0 else "is a combination of the columns before it"
        raise ValueError(f"The covariance of {name} is singular: column {column} {what} ({rows} rows, {len(variance)} columns). Set "
                         "regularization above 0 (1e-4 is a start), drop such columns, or take a PCA first.")
    return found
