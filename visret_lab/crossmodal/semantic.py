"""Semantic matching (Rasiwasia et al., ACM Multimedia 2010): a picture and a text are compared by what they are about.

Three ways into a common space, by what the training pairs tell:

    CM   correlation matching: which picture goes with which text          CCA
    SM   semantic matching: the category of each                           a classifier for each view, its posteriors
    SCM  both: the classifiers read the projections of the CCA
"""

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.utils.validation import check_is_fitted

from visret_lab.arrays import as_rows, l2_normalize
from visret_lab.crossmodal.cca import CCA

SMALL = 1e-12  # a probability of zero has no logarithm


class SemanticMatching(BaseEstimator):
    """Posteriors of the categories, for both views.

        P(j | x) = s(w_j.x + b_j) / sum_i s(w_i.x + b_i),    s(a) = 1 / (1 + exp(-a)),    and for y with weights of its own

    Each w_j tells its category from all others: it minimises 1/2 (|w_j|^2 + b_j^2) + C sum_n log(1 + exp(-t_n (w_j.x_n + b_j))), with
    t_n = 1 where the n-th training item has category j, else -1. This is the logistic regression of LIBLINEAR (Fan et al., JMLR 2008).

    Args:
        cca: an unfitted `CCA` whose projections the classifiers read (SCM; see `correlation_matching`), or None: they read the views (SM).
        cost: C. It has a scale: where all entries of x are small, as those of a histogram, only a large C lets w grow.

    Attributes:
        classes_: the categories, sorted. models_: dict "x", "y" -> fitted classifier. cca_: the fitted CCA, or None.
    """

    def __init__(self, cca=None, cost=30.0):
        self.cca, self.cost = cca, cost

    def fit(self, x, y, labels):
        """Learn from float n x D_x, float n x D_y and n categories; row i of all three is the same item.

        Raises:
            ValueError: other numbers of rows, fewer than 3 categories, NaN, or a cost that is not above 0.
        """
        x, y, labels = as_rows(x, "x"), as_rows(y, "y"), np.asarray(labels)
        if not len(x) == len(y) == len(labels):
            raise ValueError(f"x has {len(x)} rows, y has {len(y)}, and there are {len(labels)} labels: row i of all must be the same "
                             "item.")
        if not self.cost > 0:
            raise ValueError(f"cost must be above 0; got {self.cost}.")
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 3:
            raise ValueError(f"At least 3 categories are needed: with two, one number says all; got {len(self.classes_)}.")
        self.cca_ = None if self.cca is None else clone(self.cca).fit(x, y)
        self.models_ = {side: OneVsRestClassifier(LogisticRegression(C=self.cost, solver="liblinear")).fit(self._read(rows, side), labels)
                        for side, rows in (("x", x), ("y", y))}
        return self

    def transform(self, x=None, y=None):
        """Posteriors: float32 N x K of x, M x K of y, or both as a tuple where both are given; rows sum to 1.

        Raises:
            ValueError: neither is given, other columns, or NaN. NotFittedError before `fit`.
        """
        check_is_fitted(self, "models_")
        if x is None and y is None:
            raise ValueError("transform needs x, or y, or both.")
        found = [self.models_[side].predict_proba(self._read(rows, side)).astype(np.float32)
                 for side, rows in (("x", x), ("y", y)) if rows is not None]
        return tuple(found) if len(found) == 2 else found[0]

    def _read(self, rows, side):
        # float64: the solver stops at the rounding of what it is given.
        return (as_rows(rows, side) if self.cca_ is None else self.cca_.transform(**{side: rows})).astype(np.float64)


def correlation_matching(n_components=None, regularization=1e-4):
    """The CCA of CM and SCM: all components count alike, and lengths are kept. Returns: unfitted `CCA`."""
    return CCA(n_components, regularization, power=0.0, l2=False)


def normalized_correlation(a, b):
    """a.b / (|a| |b|): float N x D, M x D -> float32 N x M; 0 where a row is zero. The paper's measure; larger is better."""
    a, b = _same(a, b)
    return l2_normalize(a) @ l2_normalize(b).T


def centred_correlation(a, b):
    """Pearson's correlation of the entries of two rows: `normalized_correlation` after the mean of each row went. Of posteriors, a row
    that knows nothing (all entries alike) then says nothing, where its cosine with every other row is large."""
    a, b = _same(a, b)
    return normalized_correlation(*(v - v.mean(axis=1, keepdims=True) for v in (a, b)))


def l1_similarity(a, b):
    """Minus the sum of absolute differences: float32 N x M."""
    a, b = _same(a, b)
    return -np.stack([np.abs(row - b).sum(axis=1) for row in a]) if len(a) else np.zeros((0, len(b)), np.float32)


def l2_similarity(a, b):
    """Minus the squared Euclidean distance: float32 N x M."""
    a, b = _same(a, b)
    return 2 * a @ b.T - (a * a).sum(axis=1)[:, None] - (b * b).sum(axis=1)


def kl_similarity(a, b):
    """Minus the Kullback-Leibler divergence, - sum_j a_j log(a_j / b_j), of distributions: float32 N x M. Not symmetric: a is the query.
    ValueError: an entry below 0."""
    a, b = _same(a, b)
    if (a < 0).any() or (b < 0).any():
        raise ValueError("A Kullback-Leibler divergence compares distributions: no entry may be below 0. Were these posteriors?")
    return a @ np.log(b + SMALL).T - (a * np.log(a + SMALL)).sum(axis=1)[:, None]


MEASURES = {"NC": normalized_correlation, "centred NC": centred_correlation, "L1": l1_similarity, "L2": l2_similarity, "KL": kl_similarity}


def _same(a, b):
    a = as_rows(a, "a")
    return a, as_rows(b, "b", a.shape[1])

