"""A Gaussian mixture with diagonal covariances: the soft vocabulary of the Fisher vector."""

import numbers
import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from visret_lab.arrays import as_rows
from visret_lab.encoding.ragged import sample, stack
from visret_lab.encoding.unseen import remember, require_unseen
from visret_lab.files import replacing

FLAT = 1e-12  # of the mean square of the largest dimension: a smaller variance is the rounding of float32


class DiagonalGMM(BaseEstimator):
    """p(x) = sum_k w_k N(x; mu_k, diag(sigma_k^2)), fitted by expectation and maximisation in scikit-learn.

    Args:
        n_gaussians: K.
        n_iter: the most rounds; `converged_` says whether they were enough. For encoding, they need not be.
        per_gaussian: descriptors a Gaussian that take part.
        floor: no variance falls below this share of the variance of its dimension over all descriptors.
        seed: of the sample and of the first means.

    Attributes:
        weights_: float64 K, sum 1.
        means_: float64 K x D.
        variances_: float64 K x D: VARIANCES, sigma squared. Take the root for sigma.
        converged_: bool.
        fingerprints_: uint64, sorted, of at most 20,000 of the descriptors that it was learnt from, or None where it was made
            from numbers; see `require_unseen`.
    """

    def __init__(self, n_gaussians=16, n_iter=30, per_gaussian=1000, floor=1e-3, seed=0):
        self.n_gaussians, self.n_iter, self.per_gaussian = n_gaussians, n_iter, per_gaussian
        self.floor, self.seed = floor, seed

    def fit(self, descriptors, y=None):
        """Learn the mixture.

        Args:
            descriptors: list of float N_i x D, one an image; sets may be empty.

        Returns:
            self.

        Raises:
            ValueError: fewer different descriptors than Gaussians, a dimension that never changes, a Gaussian that fell
                onto one point, NaN, sets of different D, or a number of Gaussians that is not 1, 2, ...
        """
        if not isinstance(self.n_gaussians, numbers.Integral) or self.n_gaussians < 1:
            raise ValueError(f"n_gaussians must be a whole number, at least 1, not {self.n_gaussians}.")
        if not 0 <= self.floor < 1:
            raise ValueError(f"floor is a share of the variance, at least 0 and below 1; not {self.floor}.")
        x = sample(stack(descriptors), self.n_gaussians * self.per_gaussian, np.random.default_rng(self.seed))
        marks, x = remember(x), x.astype(np.float64)
        spread = self._spread(x)
        mixture = GaussianMixture(self.n_gaussians, covariance_type="diag", reg_covar=self.floor * 1e-3 * spread.min(),
                                  max_iter=self.n_iter, random_state=self.seed)
        try:
            # One thread: the products are small, and their sums would depend on the number of cores.
            with warnings.catch_warnings(), threadpool_limits(1):
                warnings.simplefilter("ignore", ConvergenceWarning)  # converged_ says it
                mixture.fit(x)
        except ValueError as error:
            raise ValueError(f"The mixture became singular: a Gaussian fell onto one point, with variance 0 ({error}). Set "
                             "floor above 0, ask for fewer Gaussians, or give more descriptors.") from error
        self._set(mixture.weights_, mixture.means_, np.maximum(mixture.covariances_, self.floor * spread), marks)
        self.converged_ = bool(mixture.converged_)
        return self

    def posteriors(self, x, block=1 << 15):
        """gamma_k(x): the share of each Gaussian in each descriptor.

            gamma_k = w_k N(x; mu_k, sigma_k^2) / sum_j w_j N(x; mu_j, sigma_j^2)

        Args:
            x: float N x D. block: rows at a time.

        Returns:
            float64 N x K, rows sum to 1.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`.
            ValueError: another D, or NaN.
        """
        check_is_fitted(self, "means_")
        if len(x) == 0:
            return np.zeros((0, len(self.weights_)))
        x = as_rows(x, "x", self.means_.shape[1]).astype(np.float64)
        centre, constant, matrix = self.log_terms()
        out = np.empty((len(x), len(self.weights_)))
        for start in range(0, len(x), block):
            y = x[start : start + block] - centre
            out[start : start + block] = softmax(matrix @ np.hstack([y, y * y]).T + constant[:, None]).T
        return out

    def log_terms(self):
        """The logarithm of w_k N(x; ...) as a matrix product: matrix @ [y, y^2] + constant, with y = x - centre.

        The centre is the mean of the mixture: small numbers lose less when they are squared.

        Returns:
            (centre float64 D, constant float64 K, matrix float64 K x 2D).
        """
        centre = self.weights_ @ self.means_
        means, precision = self.means_ - centre, 1 / self.variances_
        constant = np.log(self.weights_) - 0.5 * (np.log(2 * np.pi * self.variances_) + means**2 * precision).sum(1)
        return centre, constant, np.hstack([means * precision, -0.5 * precision])

    def _spread(self, x):
        """Variance of each dimension; ValueError where no mixture can be learnt."""
        needed = self.n_gaussians
        different = len(np.unique(x @ np.random.default_rng(0).normal(size=x.shape[1])))  # equal rows fall together
        if different < max(needed, 2):
            raise ValueError(f"{needed} Gaussians cannot be learnt from {different} different descriptors. Give more "
                             "images, or ask for fewer Gaussians.")
        spread = x.var(axis=0)
        # A PCA turns a constant dimension into rounding errors around 0: they are not constant, and carry nothing.
        constant = np.flatnonzero((np.ptp(x, axis=0) == 0) | (spread <= FLAT * (x**2).mean(axis=0).max()))
        if constant.size:
            raise ValueError(f"Dimension {constant[0]} has the same value in all descriptors ({constant.size} such "
                             "dimensions): its variance is 0, and a Gaussian would divide by it. Drop it, or take a PCA to "
                             "fewer dimensions first.")
        return spread

    def require_unseen(self, descriptors, most=0.01, name="test set"):
        """ValueError when this mixture was learnt from the images that it is about to be tested on; see `unseen`.

        Args:
            descriptors: list of float N_i x D, one a test image; what the mixture itself takes, so after a PCA if there is one.
            most: the largest share of training descriptors that may occur in them. name: what the error calls the images.
        """
        check_is_fitted(self, "means_")
        require_unseen(self.fingerprints_, descriptors, "mixture", most, name, self.means_.shape[1])

    def _set(self, weights, means, variances, marks=None):
        self.fingerprints_ = marks
        self.weights_, self.means_, self.variances_ = (np.asarray(a, np.float64) for a in (weights, means, variances))

    @classmethod
    def from_parameters(cls, weights, means, variances):
        """A mixture from K weights, K x D means and K x D VARIANCES. ValueError when they do not fit together."""
        weights, means, variances = (np.asarray(a, np.float64) for a in (weights, means, variances))
        if means.ndim != 2 or variances.shape != means.shape or weights.shape != means.shape[:1]:
            raise ValueError(f"Expected K weights, K x D means and K x D variances; got {weights.shape}, {means.shape} and "
                             f"{variances.shape}. Is the covariance diagonal?")
        if not (weights > 0).all() or abs(weights.sum() - 1) > 1e-6:
            raise ValueError("The weights must be positive and sum to 1.")
        if not (variances > 0).all():
            raise ValueError("The variances must be positive: a Gaussian with variance 0 is singular.")
        made = cls(len(weights))
        made._set(weights, means, variances)
        made.converged_ = True
        return made

    def save(self, path):
        """Write the mixture to a .npz file, complete or not at all."""
        check_is_fitted(self, "means_")
        marks = np.zeros(0, np.uint64) if self.fingerprints_ is None else self.fingerprints_
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, weights=self.weights_, means=self.means_, variances=self.variances_, converged=self.converged_,
                     fingerprints=marks)

    @classmethod
    def load(cls, path):
        """Read what `save` wrote. ValueError when the file is something else."""
        try:
            with np.load(path, allow_pickle=False) as file:
                made = cls.from_parameters(file["weights"], file["means"], file["variances"])
                marks = file["fingerprints"].astype(np.uint64)
                made.fingerprints_, made.converged_ = marks if len(marks) else None, bool(file["converged"])
                return made
        except (ValueError, KeyError, EOFError, OSError) as error:
            if isinstance(error, FileNotFoundError):
                raise
            raise ValueError(f"{path} is not a mixture saved by DiagonalGMM.save ({error}).") from error


def softmax(logits):
    """exp(l_k) / sum_j exp(l_j) down each column of `logits` (K x N, changed in place). The largest is taken off first, so that
    nothing overflows. One row a Gaussian: NumPy adds whole rows faster than short ones."""
    logits -= logits.max(axis=0)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=0)
    return logits
