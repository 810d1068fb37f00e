"""Colour histograms of consecutive frames: the oldest detector of cuts.

    d_t = 1 - sum over bins b of min(h_t(b), h_{t+1}(b))

h is a histogram of hue, saturation and value, 16 bins each, that sums to 1 (histogram intersection: Swain and Ballard, IJCV 1991). A cut
changes the colours at once; motion hardly does. Two shots of one place, and a flash, deceive it.
"""

import cv2
import numpy as np

from visret_lab.features.images import require_rgb

BINS = 16


def color_histogram(image, bins=BINS):
    """Hue, saturation and value of an image: uint8 H x W x 3, RGB -> float32 bins^3 that sums to 1."""
    hsv = cv2.cvtColor(np.ascontiguousarray(require_rgb(image)), cv2.COLOR_RGB2HSV)
    found = cv2.calcHist([hsv], [0, 1, 2], None, [bins] * 3, [0, 180, 0, 256, 0, 256]).ravel()
    return found / found.sum()


def intersection_distance(a, b):
    """1 minus the intersection of histograms that sum to 1: float ... x B -> float ..., 0 to 1."""
    return 1 - np.minimum(a, b).sum(axis=-1)
