"""A mixture whose numbers are Gaussian or Laplacian, each as fits best: the soft vocabulary of word vectors.

Klein, Lev, Sadeh, Wolf, "Associating Neural Word Embeddings with Deep Image Representations Using Fisher Vectors", CVPR 2015. A Laplacian
has a sharp peak and long tails; after an independent component analysis word vectors look more like it than like a Gaussian.
"""

import numbers

import numpy as np
from scipy.special import logsumexp
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from visret_lab.arrays import as_rows
from visret_lab.encoding.kmeans import kmeans
from visret_lab.encoding.ragged import sample, stack

BLOCK = 1 << 10  # rows at a time: a block of 300 numbers in float64 stays in the processor's cache
NOTHING = 1e-10  # a smaller share of a component in a row is taken as 0: most are, and a median would have to sort all of them
LIGHT = 1e-12  # the least weight of a component: without it one that lost all its rows could not come back


class HGLMM(BaseEstimator):
    """Hybrid Gaussian-Laplacian mixture, fitted by expectation and maximisation.

        p(x) = sum_k w_k prod_d p_kd(x_d)

        p_kd(t) = N(t; m_kd, s_kd^2)                          where b_kd = 1: a Gaussian, s is its standard deviation
                  1 / (2 s_kd) exp(-|t - m_kd| / s_kd)        where b_kd = 0: a Laplacian, s is its mean absolute deviation

    E: gamma_ik = w_k p_k(x_i) / sum_j w_j p_j(x_i).

    M, with shares gamma_ik: for a Gaussian m is the weighted mean, s^2 the weighted variance; for a Laplacian m is the weighted median, s
    the weighted mean of |x - m|. Both are worked out, and b_kd takes the likelier one:

        Gaussian    sum_i gamma_ik log p = - n_k (log s + log(2 pi) / 2 + v / (2 s^2)),    v the weighted variance, n_k = sum_i gamma_ik
        Laplacian   sum_i gamma_ik log p = - n_k (log s + log 2 + a / s),                  a the weighted mean of |x - m|

    As each step takes the best for all that it may choose, the log likelihood never falls (by more than the 1e-8 of a row that come from
    taking the smallest shares as 0).

    Args:
        n_components: K; 30 in the paper.
        n_iter: the most rounds. tol: rounds stop where the log likelihood of a row grows by less.
        per_component: rows a component that take part.
        floor: no s falls below this share of the one of its dimension over all rows: a word that is repeated would make it 0.
        kind: "hybrid", or "gaussian" or "laplacian" for all numbers alike.
        seed: of the sample, and of the k-means that makes the first shares.

    Attributes:
        weights_: float64 K, sum 1. centers_, scales_: float64 K x D, m and s. gaussian_: bool K x D, b.
        log_likelihoods_: list of float, mean over the rows before each round, and after the last one.
        converged_: bool, whether `tol` was reached.
    """

    def __init__(self, n_components=30, n_iter=50, tol=1e-3, per_component=1000, floor=0.05, kind="hybrid", seed=0):
        self.n_components, self.n_iter, self.tol, self.per_component = n_components, n_iter, tol, per_component
        self.floor, self.kind, self.seed = floor, kind, seed

    def fit(self, descriptors, y=None):
        """Learn the mixture from a list of float N_i x D, one a sentence; sets may be empty.

        Raises:
            ValueError: fewer different rows than components, a dimension that never changes, NaN, sets of different D, or an argument out
                of its range.
        """
        self._check()
        x = sample(stack(descriptors), self.n_components * self.per_component, np.random.default_rng(self.seed))
        different = len(np.unique(x, axis=0))
        if different < max(self.n_components, 2):
            raise ValueError(f"{self.n_components} components cannot be learnt from {different} different rows. Give more text, or ask for "
                             "fewer components.")
        constant = np.flatnonzero(np.ptp(x, axis=0) == 0)
        if constant.size:
            raise ValueError(f"Dimension {constant[0]} has the same value in all rows ({constant.size} such dimensions): its scale is 0. "
                             "Drop it, or take a PCA first.")
        first = kmeans(x, self.n_components, 10, self.seed)
        nearest = (2 * x @ first.T - (first**2).sum(axis=1)).argmax(axis=1)
        x = x.astype(np.float64)
        self._floors = self.floor * np.stack([x.std(axis=0), np.abs(x - np.median(x, axis=0)).mean(axis=0)])
        self.weights_ = np.full(self.n_components, 1 / self.n_components)
        self.centers_, self.scales_ = first.astype(np.float64), np.tile(x.std(axis=0), (self.n_components, 1))
        self.gaussian_ = np.full(first.shape, self.kind != "laplacian")
        self._maximise(x, np.eye(self.n_components)[nearest])
        self._rounds(x)
        return self

    def posteriors(self, x):
        """gamma: float N x D -> float64 N x K, rows sum to 1. NotFittedError before `fit`; ValueError: another D, or NaN."""
        logs = self._logs(self._rows(x))
        return np.exp(logs - logsumexp(logs, axis=1, keepdims=True)) if len(logs) else logs

    def score_samples(self, x):
        """log p(x) of each row: float64 N. Errors as `posteriors`."""
        return logsumexp(self._logs(self._rows(x)), axis=1)

    def score(self, x, y=None):
        """The mean of `score_samples`: float. Larger is better."""
        return float(self.score_samples(x).mean())

    @classmethod
    def from_parameters(cls, weights, centers, scales, gaussian):
        """A mixture from float K weights, K x D centres and scales, and bool K x D. ValueError when they do not fit together."""
        weights, centers, scales = (np.asarray(v, np.float64) for v in (weights, centers, scales))
        gaussian = np.asarray(gaussian, bool)
        if centers.ndim != 2 or not centers.shape == scales.shape == gaussian.shape or weights.shape != centers.shape[:1]:
            raise ValueError(f"Expected K weights and K x D centres, scales and kinds; got {weights.shape}, {centers.shape}, "
                             f"{scales.shape} and {gaussian.shape}.")
        if not (weights > 0).all() or abs(weights.sum() - 1) > 1e-6 or not (scales > 0).all():
            raise ValueError("Weights must be positive and sum to 1, and scales must be positive.")
        made = cls(len(weights))
        made.weights_, made.centers_, made.scales_, made.gaussian_ = weights, centers, scales, gaussian
        made.log_likelihoods_, made.converged_ = [], True
        return made

    def _rounds(self, x):
        self.log_likelihoods_, self.converged_ = [], False
        for _ in range(self.n_iter):
            logs = self._logs(x)
            total = logsumexp(logs, axis=1, keepdims=True)
            self.log_likelihoods_.append(float(total.mean()))
            if len(self.log_likelihoods_) > 1 and self.log_likelihoods_[-1] - self.log_likelihoods_[-2] < self.tol:
                self.converged_ = True
                return
            self._maximise(x, np.exp(logs - total))
        self.log_likelihoods_.append(float(logsumexp(self._logs(x), axis=1).mean()))

    def _maximise(self, x, gamma):
        counts = gamma.sum(axis=0)
        for k in np.flatnonzero(gamma.max(axis=0) > NOTHING):  # a component without rows stays what it is
            rows = np.flatnonzero(gamma[:, k] > NOTHING)
            self.centers_[k], self.scales_[k], self.gaussian_[k] = self._likeliest(x[rows], gamma[rows, k])
        shares = np.maximum(counts / len(x), LIGHT)
        self.weights_ = shares / shares.sum()

    def _likeliest(self, x, share):
        """m, s and b of one component from the rows that it has a share of: three D. Args: x: N x D. share: N, positive."""
        share = share / share.sum()
        mean, median = share @ x, weighted_median(x, share)
        variance, away = share @ (x - mean) ** 2, share @ np.abs(x - median)
        deviation, absolute = np.maximum(np.sqrt(variance), self._floors[0]), np.maximum(away, self._floors[1])
        normal = -np.log(deviation) - np.log(2 * np.pi) / 2 - variance / (2 * deviation**2)
        laplace = -np.log(absolute) - np.log(2) - away / absolute
        gaussian = {"hybrid": normal >= laplace, "gaussian": np.ones(len(mean), bool), "laplacian": np.zeros(len(mean), bool)}[self.kind]
        return np.where(gaussian, mean, median), np.where(gaussian, deviation, absolute), gaussian

    def _rows(self, x):
        check_is_fitted(self, "weights_")
        dim = self.centers_.shape[1]
        return (as_rows(x, "x", dim) if len(x) else np.zeros((0, dim))).astype(np.float64)

    def _logs(self, x):
        """log w_k p_k(x): float64 N x D -> float64 N x K."""
        half, whole = np.where(self.gaussian_, 0.5, 0.0), np.where(self.gaussian_, 0.0, 1.0)
        height = np.where(self.gaussian_, np.log(2 * np.pi) / 2, np.log(2)) + np.log(self.scales_)
        logs = np.empty((len(x), len(self.weights_)))
        for start in range(0, len(x), BLOCK):
            for k, (center, scale) in enumerate(zip(self.centers_, self.scales_)):
                u = x[start : start + BLOCK] - center
                u /= scale
                np.abs(u, out=u)
                logs[start : start + BLOCK, k] = -(u @ whole[k])
                np.square(u, out=u)
                logs[start : start + BLOCK, k] -= u @ half[k]
        return logs + np.log(self.weights_) - height.sum(axis=1)

    def _check(self):
        if not isinstance(self.n_components, numbers.Integral) or self.n_components < 1:
            raise ValueError(f"n_components must be a whole number, at least 1, not {self.n_components}.")
        if not 0 < self.floor < 1:
            raise ValueError(f"floor is a share of the scale, above 0 and below 1; not {self.floor}.")
        if self.kind not in ("hybrid", "gaussian", "laplacian"):
            raise ValueError(f'kind must be "hybrid", "gaussian" or "laplacian", not {self.kind!r}.')


def weighted_median(x, share):
    """For each column the value at which the shares of the sorted rows first reach one half: it minimises sum_i share_i |x_i - m|.

    Args:
        x: float N x D. share: float N, at least 0, not all 0.

    Returns:
        float D, entries of x.
    """
    columns = np.ascontiguousarray(x.T)  # each column in one piece of memory: sorting is several times faster
    order = np.argsort(columns, axis=1)
    reached = np.cumsum(share[order], axis=1)
    middle = (reached >= reached[:, -1:] / 2).argmax(axis=1)
    return columns[np.arange(len(columns)), order[np.arange(len(columns)), middle]]
