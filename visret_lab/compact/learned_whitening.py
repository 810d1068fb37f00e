"""Learned whitening: weigh down what differs between two views of the same thing.

Mikolajczyk and Matas, "Improving descriptors for fast tree matching by optimal linear projection", ICCV 2007; for image
vectors: Radenovic, Tolias, Chum, "Fine-tuning CNN image retrieval with no human annotation", TPAMI 2019, section 4.2.
"""

import numpy as np
from scipy.linalg import LinAlgError, cholesky, solve_triangular
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from visret_lab.arrays import as_rows, l2_normalize
from visret_lab.compact.pca import NOTHING, same_signs, scatter


class LearnedWhitening(TransformerMixin, BaseEstimator):
    """Whitening learnt from pairs of vectors that match: "L_w".

        S = 1/P sum over pairs (a_p - b_p)(a_p - b_p)^T,   S = L L^T,   m = mean of the a_p
        U: eigenvectors of  sum over all x of  L^-1 (x - m)(x - m)^T L^-T,  largest first
        z = U^T L^-1 (x - m)

    L^-1 makes the differences of matching pairs round: no direction of their change counts more than another. The rotation U
    then puts first what has most spread *compared with that change*, so that the first d' may be kept.

    Args:
        n_components: d'; None for all D.
        shrinkage: s, 0 to 1: S is replaced by (1 - s) S + s t I, with t the mean of its diagonal. Needed where there are fewer
            pairs than dimensions, since S has no inverse then.
        l2_before, l2_after: bring every row, every result, to unit length. With l2_before a zero row stays zero.

    Attributes:
        mean_: float32 D, m. components_: float32 d' x D, the rows of U^T L^-1; not orthonormal.
        variance_: float64 d', mean square of each z_j over the training rows, where the change between a pair has 1.
    """

    def __init__(self, n_components=None, shrinkage=0.0, l2_before=False, l2_after=True):
        self.n_components, self.shrinkage = n_components, shrinkage
        self.l2_before, self.l2_after = l2_before, l2_after

    def fit(self, x, pairs):
        """Learn from matching pairs of another set than the one to be searched.

        Args:
            x: float N x D. pairs: integers P x 2, row numbers (a, b) in x of two views of one thing.

        Raises:
            ValueError: pairs of another shape or of rows that do not exist, a row paired with itself, fewer pairs than needed for
                an inverse, more components than dimensions, a shrinkage outside 0 to 1, or NaN.
        """
        x, pairs = as_rows(x, "x"), as_pairs(pairs, len(x))
        dim = x.shape[1]
        if not 0 <= self.shrinkage <= 1:
            raise ValueError(f"shrinkage must be between 0 and 1, not {self.shrinkage}.")
        if self.n_components is not None and not 1 <= self.n_components <= dim:
            raise ValueError(f"n_components must be between 1 and {dim}, the dimension of the rows; not {self.n_components}.")
        x = l2_normalize(x) if self.l2_before else x
        mean = x[pairs[:, 0]].mean(axis=0, dtype=np.float64)
        lower = self._root_of_differences(x[pairs[:, 0]].astype(np.float64) - x[pairs[:, 1]])
        learnt = x[x.any(axis=1)] if self.l2_before else x
        inner = solve_triangular(lower, scatter(learnt, mean), lower=True)  # L^-1 T
        inner = solve_triangular(lower, inner.T, lower=True)  # L^-1 T L^-T
        values, vectors = np.linalg.eigh((inner + inner.T) / 2)
        keep = slice(0, self.n_components)
        rows = solve_triangular(lower, vectors[:, ::-1][:, keep], lower=True, trans="T")  # columns of (U^T L^-1)^T
        self.mean_, self.components_ = mean.astype(np.float32), np.ascontiguousarray(same_signs(rows).T)
        self.variance_ = np.maximum(values[::-1][keep], 0) / len(learnt)
        return self

    def transform(self, x):
        """float N x D -> float32 N x d'. ValueError: another D, or NaN; NotFittedError before `fit`."""
        check_is_fitted(self, "components_")
        x = as_rows(x, "x", len(self.mean_))
        z = ((l2_normalize(x) if self.l2_before else x) - self.mean_) @ self.components_.T
        if self.l2_before:
            z[~x.any(axis=1)] = 0
        return l2_normalize(z) if self.l2_after else z

    def _root_of_differences(self, away):
        """The lower triangle L of the covariance S of pair differences, float64 D x D. ValueError where S has no inverse."""
        inner, dim = away.T @ away / len(away), away.shape[1]
        inner = (1 - self.shrinkage) * inner + self.shrinkage * (np.trace(inner) / dim) * np.eye(dim)
        try:
            if np.linalg.eigvalsh(inner)[0] <= NOTHING * np.trace(inner):
                raise LinAlgError
            return cholesky(inner, lower=True)
        except LinAlgError:
            raise ValueError(f"The differences of {len(away)} pairs do not fill {dim} dimensions, so their covariance has no "
                             f"inverse. Give more pairs (several times {dim}), reduce the rows by PCA first, or set shrinkage "
                             "above 0, such as 0.1.") from None


def as_pairs(pairs, rows):
    """Check pairs of row numbers: int64 P x 2. ValueError: another shape, no integers, none, out of range, or a row with itself."""
    pairs = np.asarray(pairs)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs) or not np.issubdtype(pairs.dtype, np.integer):
        raise ValueError(f"pairs must be whole numbers P x 2, at least one pair; got {pairs.dtype} of shape {pairs.shape}.")
    if pairs.min() < 0 or pairs.max() >= rows:
        raise ValueError(f"pairs name rows {pairs.min()} to {pairs.max()}, but x has the rows 0 to {rows - 1}.")
    same = np.flatnonzero(pairs[:, 0] == pairs[:, 1])
    if same.size:
        raise ValueError(f"Pair {same[0]} is row {pairs[same[0], 0]} with itself. It has no difference to learn from: leave it out.")
    return pairs.astype(np.int64)
