"""BRIEF: a patch as 256 yes-or-no questions about its brightness.

Calonder, Lepetit, Strecha, Fua, "BRIEF: binary robust independent elementary features", ECCV 2010. The picture is smoothed; bit i of a
point at x is 1 where

    I(x + a_i) < I(x + b_i)

for pairs of offsets (a_i, b_i) that were drawn once, from a normal distribution around the point with the variance S^2 / 25, S the side of
the patch (the paper's best of five ways to draw). Two descriptors are compared by the number of bits that differ. BRIEF knows neither
direction nor scale: made for pictures that follow each other, as those of a film do.
"""

import functools

import cv2
import numpy as np

from visret_lab.features.images import grey

SIDE = 33  # of the patch, pixels
WINDOW = 9  # of the box that smooths: single pixels are noise
FAST = 20  # threshold of the corners


@functools.cache
def offsets(bits=256, side=SIDE, seed=2010):
    """The pairs of offsets: int64 bits x 2 x 2, (x, y) of a and b, inside the patch."""
    rng, half = np.random.default_rng(seed), side // 2
    return np.clip(np.rint(rng.normal(0, side / 5, (bits, 2, 2))), -half, half).astype(np.int64)


def smoothed(picture, window=WINDOW):
    """Mean over boxes: uint8 or float H x W -> float32 H x W. The border is repeated."""
    return cv2.blur(np.asarray(picture, np.float32), (window, window), borderType=cv2.BORDER_REPLICATE)


def brief(picture, points, pairs=None):
    """Descriptors of points.

    Args:
        picture: float32 H x W, smoothed (see `smoothed`). points: float N x 2 or more, x and y in pixels, so far from the border that
            the patch lies inside. pairs: of `offsets`; None: 256 of them.

    Returns:
        uint8 N x bits/8, bit 0 of a byte first.

    Raises:
        ValueError: a point whose patch sticks out of the picture.
    """
    pairs = offsets() if pairs is None else pairs
    at = np.rint(np.asarray(points, float)[:, :2]).astype(np.int64).reshape(-1, 2)
    reach, size = np.abs(pairs).max(), np.array(picture.shape[1::-1])
    out = ((at < reach) | (at >= size - reach)).any(axis=1)
    if out.any():
        raise ValueError(f"The patch of the point at {at[out][0].tolist()} sticks out of a picture of {size[0]} x {size[1]} pixels. Leave "
                         f"{reach} pixels free at the border.")
    # Places in the picture as one row: one number a point instead of two, and looked up three times as fast.
    flat, place, step = np.ravel(picture), at @ [1, picture.shape[1]], pairs @ [1, picture.shape[1]]
    a, b = (flat.take(place[:, None] + step[:, k]) for k in (0, 1))
    return np.packbits(a < b, axis=1, bitorder="little")


class BRIEF:
    """BRIEF-256 at FAST corners that are ranked by Harris's measure: the points of ORB without its directions.

    Args:
        max_points: keep this many points, the strongest first.
    """

    def __init__(self, max_points=300):
        if max_points < 1:
            raise ValueError(f"max_points must be at least 1, not {max_points}.")
        self.max_points = max_points

    def detect(self, image):
        """Points and descriptors of an image.

        Args:
            image: uint8 H x W x 3, RGB.

        Returns:
            points float32 N x 4 (x, y, side of the patch, 0: no direction), descriptors uint8 N x 32. Both are empty where nothing
            stands out, or where the image is not larger than the patch.
        """
        picture = np.clip(np.rint(grey(image)), 0, 255).astype(np.uint8)
        detector = cv2.ORB_create(nfeatures=self.max_points, nlevels=1, edgeThreshold=SIDE // 2 + 1, patchSize=SIDE, fastThreshold=FAST)
        found = detector.detect(picture, None) if min(picture.shape) > SIDE else []
        points = np.float32([(*k.pt, SIDE, 0) for k in found]).reshape(-1, 4)
        strength = np.array([k.response for k in found])
        order = np.lexsort((points[:, 0], points[:, 1], -strength))[: self.max_points]  # at equal strength by place
        return points[order], brief(smoothed(picture), points[order])
