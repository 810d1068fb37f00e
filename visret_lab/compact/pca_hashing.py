"""PCA hashing: the signs of the principal components ("PCA-Direct" in Gong and Lazebnik, CVPR 2011)."""

from visret_lab.compact.bits import BinaryCoder
from visret_lab.compact.pca import principal, principal_of


class PCAHashing(BinaryCoder):
    """Each bit is the sign of a principal component.

        b_j(x) = 1 where u_j.(x - mean) > 0

    u_j: direction of the j-th largest variance. The mean has to be removed: otherwise bits
    of directions in which the mean is large against the spread, mostly late ones, are the same for nearly all.
    Every bit counts the same in the Hamming distance, though the components have very different variances; ITQ mends that.

    Args:
        bits: of a code, at most D, and fewer than the training rows.
        pca: a fitted `PCA` of the same training rows, without l2_before and with at least `bits` components; None: `fit` finds one.
            Coders of several lengths can share it: nearly all of their time goes into the directions.

    Attributes:
        mean_: float32 D. directions_: float32 D x bits.
    """

    rows_needed = 2

    def __init__(self, bits=64, pca=None):
        self.bits, self.pca = bits, pca

    def _learn(self, x):
        found = principal(x, self.bits, "bits") if self.pca is None else principal_of(self.pca, x, self.bits)
        self.mean_, self.directions_ = found[:2]

    def _bits(self, x):
        return (x - self.mean_) @ self.directions_ > 0
