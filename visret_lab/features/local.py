"""Local features: points that can be found again, and a vector for the patch around each."""

import cv2
import numpy as np

from visret_lab.features.images import grey


class SIFT:
    """Scale-invariant feature transform (Lowe, IJCV 2004), by OpenCV; or RootSIFT.

    Args:
        max_points: keep this many points, the strongest first.
        contrast: points of weaker contrast are dropped (OpenCV's contrastThreshold).
        root: turn the descriptors into RootSIFT (Arandjelovic and Zisserman, CVPR 2012).
    """

    def __init__(self, max_points=400, contrast=0.03, root=True):
        if max_points < 1:
            raise ValueError(f"max_points must be at least 1, not {max_points}.")
        self.max_points, self.contrast, self.root = max_points, contrast, root

    def detect(self, image):
        """Points and descriptors of an image.

        Args:
            image: uint8 H x W x 3, RGB.

        Returns:
            points float32 N x 4: x, y in pixels, scale (diameter of the patch, pixels), angle (degrees, clockwise);
            descriptors float32 N x 128. Both are empty, 0 x 4 and 0 x 128, where nothing stands out. Of points at the same
            pixel with the same scale, one is kept for each direction.
        """
        picture = np.clip(np.rint(grey(image)), 0, 255).astype(np.uint8)
        detector = cv2.SIFT_create(nfeatures=self.max_points, contrastThreshold=self.contrast)
        keypoints, descriptors = detector.detectAndCompute(picture, None)
        if not keypoints:
            return np.zeros((0, 4), np.float32), np.zeros((0, 128), np.float32)
        points = np.float32([(*k.pt, k.size, k.angle) for k in keypoints])
        # The strongest first; at equal strength by place, so that the order never depends on the machine.
        strength = np.array([k.response for k in keypoints])
        order = np.lexsort((points[:, 3], points[:, 2], points[:, 1], points[:, 0], -strength))
        _, first = np.unique(points[order], axis=0, return_index=True)
        keep = order[np.sort(first)][: self.max_points]
        descriptors = descriptors[keep].astype(np.float32)
        return points[keep], root_sift(descriptors) if self.root else descriptors


def root_sift(descriptors):
    """RootSIFT: divide by the L1 norm, then take the square root of every entry.

        x -> sqrt(x / ||x||_1)

    The result has unit Euclidean length, and its inner product is the Hellinger kernel of the two histograms.
    Arandjelovic and Zisserman, CVPR 2012.

    Args:
        descriptors: float N x D, no entry negative.

    Returns:
        float32 N x D. A zero descriptor stays zero.

    Raises:
        ValueError: a negative entry or NaN.
    """
    x = np.asarray(descriptors, np.float32)
    if x.size and not x.min() >= 0:  # also catches NaN
        raise ValueError("descriptors must be 0 or more and not NaN: RootSIFT is made of histograms. Was it applied twice "
                         "to a centred or signed descriptor?")
    total = x.sum(axis=-1, keepdims=True)
    return np.sqrt(np.divide(x, total, out=np.zeros_like(x), where=total > 0))


class ORB:
    """Oriented FAST and rotated BRIEF (Rublee et al., ICCV 2011), by OpenCV: 256 bits a point.

    Args:
        max_points: keep this many points.
    """

    def __init__(self, max_points=400):
        if max_points < 1:
            raise ValueError(f"max_points must be at least 1, not {max_points}.")
        self.max_points = max_points

    def detect(self, image):
        """Points float32 N x 4 (x, y, size, angle) and descriptors uint8 N x 32, eight bits a byte; compare by Hamming."""
        picture = np.clip(np.rint(grey(image)), 0, 255).astype(np.uint8)
        keypoints, descriptors = cv2.ORB_create(nfeatures=self.max_points).detectAndCompute(picture, None)
        if not keypoints:
            return np.zeros((0, 4), np.float32), np.zeros((0, 32), np.uint8)
        return np.float32([(*k.pt, k.size, k.angle) for k in keypoints]), descriptors
