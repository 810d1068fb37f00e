"""Fisher vectors: in which direction would the mixture have to change to fit the patches of this image better?"""

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

from visret_lab.arrays import l2_normalize
from visret_lab.encoding.blocks import blocks, in_threads
from visret_lab.encoding.gmm import DiagonalGMM
from visret_lab.encoding.ragged import Ragged, sample, stack
from visret_lab.encoding.unseen import remember, require_unseen
from visret_lab.encoding.vlad import signed_power

BLOCK = 1 << 12  # descriptors that a thread works on at a time: their posteriors stay in the processor's cache
NARROW = 1000  # squared distance of a mean from the centre of the mixture, in variances: above it, sums need float64
BLOCKS = ("weights", "means", "variances")


class FisherVector(BaseEstimator):
    """Gradient of the log likelihood of a diagonal Gaussian mixture (Perronnin and Dance, CVPR 2007).

    For the N descriptors x_i of an image, with posteriors gamma_ik (Sanchez et al., IJCV 2013, equations 15 to 18):

        weights    G_w_k     = 1 / (N sqrt(w_k))   sum_i (gamma_ik - w_k)
        means      G_mu_k    = 1 / (N sqrt(w_k))   sum_i gamma_ik (x_i - mu_k) / sigma_k
        variances  G_sigma_k = 1 / (N sqrt(2 w_k)) sum_i gamma_ik [((x_i - mu_k) / sigma_k)^2 - 1]

    The improved Fisher vector (Perronnin, Sanchez, Mensink, ECCV 2010) takes the signed power, then L2: the defaults.

    Args:
        n_gaussians: K, where a mixture is learnt here.
        gmm: a `DiagonalGMM`. One that is fitted is taken as it is; another is fitted by `fit`.
            None: `DiagonalGMM(n_gaussians, seed=seed)`.
        blocks: which of "weights", "means", "variances" to keep; they always stand in this order.
        power: each entry z becomes sign(z) |z|^power; 1 leaves it.
        l2: bring the whole vector to unit length, after the power.
        pca: D, the number of dimensions to which the descriptors are reduced first; None for all as they are.
            scikit-learn's PCA, not whitened, learnt by `fit`.
        seed: of the mixture and of the sample for the PCA.

    Attributes:
        gmm_: the fitted DiagonalGMM. pca_: the fitted PCA, or None.
        fingerprints_: of the descriptors that PCA or mixture were learnt from, before the PCA; see `require_unseen`.
    """

    def __init__(self, n_gaussians=16, gmm=None, blocks=("means", "variances"), power=0.5, l2=True, pca=None, seed=0):
        self.n_gaussians, self.gmm, self.blocks = n_gaussians, gmm, blocks
        self.power, self.l2, self.pca, self.seed = power, l2, pca, seed

    def fit(self, descriptors, y=None):
        """Learn the PCA and the mixture, unless a fitted mixture was given. Learn them on another set than the searched one.

        Args:
            descriptors: list of float N_i x D, one an image; sets may be empty.

        Returns:
            self.

        Raises:
            ValueError: fewer descriptors than Gaussians or PCA dimensions, a constant dimension, a singular mixture, NaN.
        """
        self._check()
        data = stack(descriptors)
        self.pca_ = self._fit_pca(data)
        # A mixture that is taken as it is, without a PCA, learns nothing here: then its own marks are the ones that count.
        learns = self.pca is not None or not hasattr(self.gmm, "means_")
        self.fingerprints_ = remember(data.rows) if learns else self.gmm.fingerprints_
        if self.pca_ is not None:
            data = Ragged(self._reduce(data.rows), data.counts)
        if hasattr(self.gmm, "means_"):
            if self.gmm.means_.shape[1] != data.rows.shape[1]:
                raise ValueError(f"The mixture has {self.gmm.means_.shape[1]} dimensions, but the descriptors have "
                                 f"{data.rows.shape[1]}" + (" after the PCA." if self.pca else ". Was it learnt after a PCA?"))
            self.gmm_ = self.gmm
        else:
            new = DiagonalGMM(self.n_gaussians, seed=self.seed) if self.gmm is None else clone(self.gmm)
            self.gmm_ = new.fit([data.rows])
        return self

    def transform(self, descriptors):
        """One vector an image.

        Args:
            descriptors: list of float N_i x D, one an image; sets may be empty.

        Returns:
            float32 M x (2 K D) for means and variances (K D for one of them; K more for the weights), rows of unit length
            unless l2=False; an image without descriptors is a zero row. Inside a block the numbers of Gaussian 0 come first.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`, without a fitted mixture.
            ValueError: another D, NaN, numbers too large to be squared, an unknown block, or a power outside (0, 1].
        """
        self._check()
        gmm, pca = self._fitted()
        data = stack(descriptors, gmm.means_.shape[1] if pca is None else pca.n_features_in_)
        terms, exact = gmm.log_terms(), _is_narrow(gmm)
        out = np.zeros((len(data.counts), self._length(gmm)), np.float32)

        def encode(images):
            counts, begin = data.counts[images], data.starts[images][0]
            x = data.rows[begin : begin + counts.sum()]
            with np.errstate(over="ignore", invalid="ignore"):  # what overflows is reported by `_finished`, in words
                gamma, y = shares(x if pca is None else self._reduce(x), *terms, exact=exact)
                sums = statistics(gamma, y, counts)
                out[images] = self._finished(self._gradients(gmm, terms[0], np.maximum(counts, 1), *sums))

        in_threads(encode, blocks(data.counts, BLOCK))
        return out

    def _finished(self, gradients):
        """Power and L2, in this order; ValueError where squares overflowed."""
        gradients = gradients.astype(np.float32)
        if not np.isfinite(gradients).all():
            raise ValueError("A descriptor is too large to be squared. Is it in another range than those that the mixture was "
                             "learnt from?")
        gradients = signed_power(gradients, self.power)
        return l2_normalize(gradients) if self.l2 else gradients

    def require_unseen(self, descriptors, most=0.01, name="test set"):
        """ValueError when this encoder was fitted on the images that it is about to be tested on; see `unseen`.

        Args:
            descriptors: list of float N_i x D, one a test image.
            most: the largest share of training descriptors that may occur in them. name: what the error calls the images.
        """
        gmm, pca = self._fitted()
        dim = gmm.means_.shape[1] if pca is None else pca.n_features_in_
        marks = self.fingerprints_ if hasattr(self, "fingerprints_") else gmm.fingerprints_
        require_unseen(marks, descriptors, "Fisher vector", most, name, dim)

    def _gradients(self, gmm, centre, n, s0, s1, s2):
        """The blocks of the docstring from the statistics (s1 and s2 are of x - centre)."""
        weight = gmm.weights_[:, None]
        sigma, mean = np.sqrt(gmm.variances_), gmm.means_ - centre
        first = s1 - s0[:, :, None] * mean
        found = {}
        if "weights" in self.blocks:
            total = s0.sum(1, keepdims=True)  # N, or 0 for an image without descriptors
            found["weights"] = (s0 - total * gmm.weights_) / np.sqrt(gmm.weights_)
        if "means" in self.blocks:
            found["means"] = first / (sigma * np.sqrt(weight))
        if "variances" in self.blocks:
            second = s2 - mean * (first + s1)  # sum gamma (y - mean)^2 = s2 - 2 mean s1 + mean^2 s0
            found["variances"] = (second / gmm.variances_ - s0[:, :, None]) / np.sqrt(2 * weight)
        return np.hstack([found[b].reshape(len(n), -1) for b in BLOCKS if b in found]) / n[:, None]

    def _length(self, gmm):
        k, d = gmm.means_.shape
        return sum(k if b == "weights" else k * d for b in BLOCKS if b in self.blocks)

    def _fit_pca(self, data):
        if self.pca is None:
            return None
        rows = sample(data, 100_000, np.random.default_rng(self.seed))
        if not 1 <= self.pca <= min(rows.shape):
            raise ValueError(f"pca must be between 1 and {min(rows.shape)} (descriptors {rows.shape[0]}, dimensions "
                             f"{rows.shape[1]}), not {self.pca}.")
        return PCA(self.pca, svd_solver="covariance_eigh").fit(rows)

    def _reduce(self, rows):
        return (rows - self.pca_.mean_) @ self.pca_.components_.T

    def _fitted(self):
        if hasattr(self, "gmm_"):
            return self.gmm_, self.pca_
        if hasattr(self.gmm, "means_") and self.pca is None:
            return self.gmm, None
        raise NotFittedError("This FisherVector has no mixture yet: call fit with descriptors of a training set, or hand in a "
                             "fitted DiagonalGMM.")

    def _check(self):
        unknown = set(self.blocks) - set(BLOCKS) if not isinstance(self.blocks, str) else {self.blocks}
        if unknown or not self.blocks:
            raise ValueError(f"blocks must be a tuple with some of {BLOCKS}, not {self.blocks!r}.")
        if not 0 < self.power <= 1:
            raise ValueError(f"power must be above 0 and at most 1, not {self.power}; 0.5 is the signed square root.")


def _is_narrow(gmm):
    """Whether some Gaussian is so narrow, seen from the centre of the mixture, that float32 would lose its second order.

    sum gamma (y - mean)^2 is computed as a difference of large numbers; what is left is of the size of the variance.
    """
    return bool(((gmm.means_ - gmm.weights_ @ gmm.means_) ** 2 / gmm.variances_).max() > NARROW)


def shares(x, centre, constant, matrix, exact=False):
    """Posteriors of all Gaussians, and each descriptor beside its squares.

    The posteriors are computed in float64, where large exponents cancel, and kept in float32, in which adding up is twice as
    fast; the gradients differ from those in float64 by less than 1e-6 where descriptors are spread over the Gaussians.

    Args:
        x: float32 T x D. centre, constant, matrix: of `DiagonalGMM.log_terms`. exact: keep float64.

    Returns:
        (gamma K x T, [y, y^2] T x 2D with y = x - centre).
    """
    dim, kind = len(centre), np.float64 if exact else np.float32
    y = np.empty((len(x), 2 * dim))
    np.subtract(x, centre, out=y[:, :dim])
    np.square(y[:, :dim], out=y[:, dim:])
    logits = matrix @ y.T
    logits += constant[:, None]
    logits -= logits.max(axis=0)
    gamma = logits.astype(kind, copy=False)
    np.exp(gamma, out=gamma)
    gamma /= gamma.sum(axis=0)
    return gamma, y.astype(kind, copy=False)


def statistics(gamma, y, counts):
    """Sums over the descriptors of each image, by one matrix product an image:

        s0_k = sum gamma_k,   s1_k = sum gamma_k y,   s2_k = sum gamma_k y^2

    Args:
        gamma: K x T. y: T x 2D, y beside its squares. counts: int M, descriptors of each image, sum T.

    Returns:
        (float64 M x K, M x K x D, M x K x D).
    """
    k, dim = len(gamma), y.shape[1] // 2
    s0, both = np.zeros((len(counts), k)), np.zeros((len(counts), k, 2 * dim), y.dtype)
    begin = 0
    for i, count in enumerate(counts):
        own = slice(begin, begin := begin + count)
        gamma[:, own].sum(axis=1, out=s0[i])
        np.matmul(gamma[:, own], y[own], out=both[i])
    both = both.astype(np.float64)
    return s0, both[:, :, :dim], both[:, :, dim:]
