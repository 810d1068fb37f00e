"""Fisher vectors of a scene in a Bloom filter.

Araujo and Girod, "Large-scale video retrieval using image queries", IEEE Transactions on Circuits and Systems for Video Technology 2018.
A frame is described by the *signs* of its Fisher vector: for each Gaussian k that it visits, the signs of the residual

    r_k = sum over descriptors i of gamma_ik (x_i - mu_k) / sigma_k,         b_k = [r_k > 0]  in {0, 1}^D.

Hasher k keeps `bits` of these D signs, drawn once, and reads them as a number h_k from 0 to 2^bits - 1. A scene has one bit array for each
hasher. A frame of the scene sets bit h_k of array k, for every Gaussian that it visits. A photograph asks for its own bits:

    score(scene) = (number of visited k whose bit h_k is set) / (number of bits set in the arrays of the visited k)^alpha.

The denominator keeps a long scene, which has set many bits, from answering yes to everything. The paper has 512 Gaussians, 16 to 20 signs
and alpha = 0.5, and leaves out what visits fewer than 20 Gaussians.
"""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted

from visret_lab.encoding.gmm import DiagonalGMM
from visret_lab.encoding.ragged import Ragged, stack

BITS, VISITED, ALPHA = 16, 20, 0.5


class SignFisher(BaseEstimator):
    """Signs of the Fisher vector's means, by Gaussian.

    Args:
        n_gaussians: K. pca: dimensions to which descriptors are reduced first. seed: of the mixture.

    Attributes:
        gmm_: DiagonalGMM. pca_: scikit-learn's PCA.
    """

    def __init__(self, n_gaussians=512, pca=32, seed=0):
        self.n_gaussians, self.pca, self.seed = n_gaussians, pca, seed

    def fit(self, descriptors, y=None):
        """Learn PCA and mixture from a list of float N_i x D, from other films than the searched one (give RootSIFT, as the paper).

        Raises:
            ValueError: fewer descriptors than dimensions or Gaussians.
        """
        rows = stack(descriptors).rows
        if len(rows) < max(self.pca, self.n_gaussians):
            raise ValueError(f"{len(rows)} descriptors are too few for {self.pca} dimensions and {self.n_gaussians} Gaussians.")
        self.pca_ = PCA(self.pca, svd_solver="covariance_eigh").fit(rows)
        self.gmm_ = DiagonalGMM(self.n_gaussians, seed=self.seed).fit([self.pca_.transform(rows).astype(np.float32)])
        return self

    def transform(self, descriptors):
        """Signs of frames.

        Args:
            descriptors: list of M arrays float N_i x D; may be empty.

        Returns:
            signs bool M x K x pca, and visited bool M x K: Gaussians that are the likeliest of at least one descriptor.
        """
        check_is_fitted(self, "gmm_")
        data = stack(descriptors, self.pca_.n_features_in_)
        x = self.pca_.transform(data.rows).astype(np.float32) if len(data.rows) else np.zeros((0, self.pca), np.float32)
        gamma = self.gmm_.posteriors(x) if len(x) else np.zeros((0, self.n_gaussians))
        reduced = Ragged(x, data.counts)
        signs = np.zeros((len(descriptors), self.n_gaussians, self.pca), bool)
        visited = np.zeros((len(descriptors), self.n_gaussians), bool)
        for i, (start, count) in enumerate(zip(reduced.starts, reduced.counts, strict=True)):
            own = slice(start, start + count)
            signs[i] = gamma[own].T @ x[own] - gamma[own].sum(0)[:, None] * self.gmm_.means_ > 0
            visited[i, gamma[own].argmax(axis=1)] = True
        return signs, visited


class BloomFilters:
    """Scenes as Bloom filters, one bit array a hasher.

    Args:
        n_gaussians, dim: K and D of the signs. bits: signs that a hasher keeps. least: frames and photographs that visit fewer Gaussians
            are left out. alpha: power of the denominator. seed: of the drawn signs.

    Attributes:
        chosen: int K x bits, which signs each hasher keeps. scenes: how many there are.
    """

    def __init__(self, n_gaussians, dim, bits=BITS, least=VISITED, alpha=ALPHA, seed=0):
        if not 3 <= bits <= min(dim, 24):
            raise ValueError(f"bits must be from 3 to 24, and not more than the {dim} signs of a Gaussian; got {bits}.")
        if not 1 <= least <= n_gaussians:
            raise ValueError(f"least must be from 1 to the {n_gaussians} Gaussians; got {least}.")
        self.n_gaussians, self.dim, self.bits, self.least, self.alpha = n_gaussians, dim, bits, least, alpha
        rng = np.random.default_rng(seed)
        self.chosen = np.stack([rng.choice(dim, bits, replace=False) for _ in range(n_gaussians)])
        self._arrays = np.zeros((0, n_gaussians, 2**bits // 8), np.uint8)

    @property
    def scenes(self):
        """How many scenes there are."""
        return len(self._arrays)

    @property
    def nbytes(self):
        """Bytes of the bit arrays: scenes x K x 2^bits / 8."""
        return self._arrays.nbytes

    def numbers(self, signs):
        """What the hashers read: bool M x K x D -> int64 M x K, 0 to 2^bits - 1.

        Raises:
            ValueError: another number of Gaussians or dimensions.
        """
        if signs.shape[1:] != (self.n_gaussians, self.dim):
            raise ValueError(f"Signs must be M x {self.n_gaussians} x {self.dim}; got {signs.shape}.")
        kept = np.take_along_axis(signs, self.chosen[None], axis=2)
        return kept @ (1 << np.arange(self.bits, dtype=np.int64))

    def add(self, signs, visited):
        """A scene from its frames: signs bool M x K x D, visited bool M x K. A scene of which no frame visits enough stays empty."""
        array = np.zeros(self._arrays.shape[1:], np.uint8)
        frames, hashers = np.nonzero(visited & (visited.sum(axis=1) >= self.least)[:, None])
        at = self.numbers(signs)[frames, hashers]
        np.bitwise_or.at(array, (hashers, at // 8), (1 << (at % 8)).astype(np.uint8))
        self._arrays = np.concatenate([self._arrays, array[None]])
        return self

    def hits(self, signs, visited):
        """Which hashers say yes: signs bool K x D, visited bool K of one photograph -> bool scenes x K. Not visited: no."""
        at = self.numbers(signs[None])[0]
        return (self._arrays[:, np.arange(self.n_gaussians), at // 8] >> (at % 8).astype(np.uint8) & 1).astype(bool) & visited

    def scores(self, signs, visited):
        """One photograph against all scenes: bool K x D, bool K -> float scenes; all 0 where it visits too few Gaussians.

        Raises:
            ValueError: no scene.
        """
        if not self.scenes:
            raise ValueError("There is no scene to search among: add the scenes first.")
        if visited.sum() < self.least:
            return np.zeros(self.scenes)
        full = self.counts()[:, visited].sum(axis=1)
        return self.hits(signs, visited).sum(axis=1) / np.maximum(full, 1) ** self.alpha

    def counts(self):
        """How many bits are set: int64 scenes x K."""
        return np.bitwise_count(self._arrays).sum(axis=2, dtype=np.int64)


def false_positive_rate(inserted, bits=BITS, hashers=1):
    """How often a random key that was never inserted meets set bits in all its hashers:

        (1 - (1 - 2^-bits)^n)^hashers

    for n random keys inserted, each hasher with an array of its own.
    """
    return (1 - (1 - 2.0**-bits) ** inserted) ** hashers
