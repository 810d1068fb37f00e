"""A detector by hand with a descriptor that was learnt: SIFT says where and how large, a network says what is there."""

import numpy as np

from visret_lab.arrays import l2_normalize
from visret_lab.deep.patches import MAGNIFICATION, cut, describe
from visret_lab.deep.shipped import digest
from visret_lab.features.local import SIFT


class PatchFeatures:
    """SIFT's points with the descriptors of a network; speaks `protocols.LocalFeatures`, as `features.local.SIFT` does.

    Args:
        network: module for float32 B x 1 x 32 x 32 -> B x D, e.g. `hardnet()` or `tfeat()`.
        max_points: keep this many points, the strongest first. contrast: as in `SIFT`.
        magnification: side of the patches, in sizes of the points.
        unit: bring the descriptors to length 1, which matching by inner products wants.
    """

    def __init__(self, network, max_points=400, contrast=0.03, magnification=MAGNIFICATION, unit=True):
        self.detector = SIFT(max_points, contrast, root=False)
        self.max_points, self.contrast, self.magnification, self.unit = max_points, contrast, magnification, unit
        self.network = network.eval()
        self.weights = digest(network)  # so that caches know it

    def detect(self, image):
        """uint8 H x W x 3 -> points float32 N x 4 (x, y, size, angle), descriptors float32 N x D. Empty where nothing stands out."""
        points, _ = self.detector.detect(image)
        return points, self.describe(image, points)

    def describe(self, image, points):
        """Descriptors of given points: float32 N x D."""
        if not len(points):
            return np.zeros((0, self.network.dimension), np.float32)
        rows = describe(self.network, cut(image, points, magnification=self.magnification))
        return l2_normalize(rows) if self.unit else rows
