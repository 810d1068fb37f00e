"""Fisher vectors: in which direction would the mixture have to change to fit the patches of this image better?"""

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError

from visret_lab.arrays import l2_normalize
from visret_lab.encoding.gmm import DiagonalGMM, softmax
from visret_lab.encoding.ragged import Ragged, sample, stack
from visret_lab.encoding.vlad import blocks, signed_power

BLOCK = 1 << 13  # descriptors that are worked on at a time: their posteriors stay in the processor's cache
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
            ValueError: another D, NaN, an unknown block, or a power outside (0, 1].
        """
        self._check()
        gmm, pca = self._fitted()
        data = stack(descriptors, gmm.means_.shape[1] if pca is None else pca.n_features_in_)
        terms = gmm.log_terms()
        out = np.zeros((len(data.counts), self._length(gmm)), np.float32)
        for images in blocks(data.counts, BLOCK):
            counts, begin = data.counts[images], data.starts[images][0]
            x = data.rows[begin : begin + counts.sum()]
            s0, s1, s2 = statistics(x if pca is None else self._reduce(x), counts, *terms)
            out[images] = self._gradients(gmm, terms[0], np.maximum(counts, 1), s0, s1, s2)
        out = signed_power(out, self.power)
        return l2_normalize(out) if self.l2 else out

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


def statistics(x, counts, centre, constant, matrix):
    """Sums over the descriptors of each image, by one matrix product an image; with y = x - centre:

        s0_k = sum gamma_k,   s1_k = sum gamma_k y,   s2_k = sum gamma_k y^2

    The posteriors gamma are computed in float64, where large exponents cancel, and added up in float32, which is twice as
    fast; the gradients differ from those in float64 by less than 1e-6 where descriptors are spread over the Gaussians.

    Args:
        x: float32 T x D. counts: int M, descriptors of each image. centre, constant, matrix: of `DiagonalGMM.log_terms`.

    Returns:
        (float64 M x K, M x K x D, M x K x D).
    """
    dim, k = len(centre), len(constant)
    y = np.empty((len(x), 2 * dim))
    np.subtract(x, centre, out=y[:, :dim])
    np.square(y[:, :dim], out=y[:, dim:])
    logits = matrix @ y.T
    logits += constant[:, None]
    logits -= logits.max(axis=0)
    gamma, y = softmax(logits.astype(np.float32)), y.astype(np.float32)
    s0, both = np.zeros((len(counts), k)), np.zeros((len(counts), k, 2 * dim), np.float32)
    begin = 0
    for i, count in enumerate(counts):
        own = slice(begin, begin := begin + count)
        gamma[:, own].sum(axis=1, out=s0[i])
        np.matmul(gamma[:, own], y[own], out=both[i])
    both = both.astype(np.float64)
    return s0, both[:, :, :dim], both[:, :, dim:]
