"""Classification and retrieval are one: both ask how far the windows of a query are from the windows of a group of images.

Xie, Hong, Zhang, Tian, "Image classification and retrieval are ONE", ICMR 2015 (ONE: online nearest-neighbour estimation).

    d(Q, G) = sum over j of min over x in G of |q_j - x|,    G: the windows of all images of a group

Is a group a class, the smallest d names the query. Is a group one image, the order of d is a search.
"""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from visret_lab.deep.neural_codes import require_windows, smallest_distances


def group_distances(asked, base, groups):
    """Distances of queries from groups of images.

    Args:
        asked: float Q x J x D, windows of the queries. base: float N x P x D, windows of the images.
        groups: int N, the group of each image, counted from 0; every number up to the largest occurs.

    Returns:
        float32 Q x G; smaller is better. With groups = 0 ... N - 1 these are the distances of a search.

    Raises:
        ValueError: a group without images, or another number of groups than images.
    """
    groups, asked = np.asarray(groups), require_windows(asked, "asked")
    if groups.shape != (len(base),) or not np.array_equal(np.unique(groups), np.arange(groups.max(initial=-1) + 1)):
        raise ValueError(f"There must be one group for each of the {len(base)} images, counted from 0 without a gap.")
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(groups.max() + 1))
    found = [np.minimum.reduceat(smallest_distances(part[None], base)[0][:, order], starts, axis=1).sum(axis=0) for part in asked]
    return np.stack(found)


class RegionNeighbours(ClassifierMixin, BaseEstimator):
    """Name an image by the class whose windows are nearest to its windows. With one window an image it is the nearest neighbour.

    Attributes:
        classes_: the names. regions_: float32 N x P x D. groups_: int64 N, the class of each image, as a number.
    """

    def fit(self, X, y):  # noqa: N803
        """Keep the windows float N x P x D of images with names y. ValueError: other shapes, or another number of names."""
        self.regions_ = require_windows(X, "X")
        self.classes_, self.groups_ = np.unique(y, return_inverse=True)
        if len(self.groups_) != len(self.regions_):
            raise ValueError(f"There are {len(self.regions_)} images and {len(self.groups_)} names; each image needs one.")
        return self

    def distances(self, X):  # noqa: N803
        """Distances from the classes: float Q x J x D -> float32 Q x classes."""
        check_is_fitted(self, "regions_")
        return group_distances(X, self.regions_, self.groups_)

    def predict(self, X):  # noqa: N803
        """Names of images: float Q x J x D -> Q."""
        return self.classes_[self.distances(X).argmin(axis=1)]
