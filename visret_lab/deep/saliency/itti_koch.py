"""Saliency of Itti, Koch and Niebur: what differs from its surroundings in brightness, colour or direction.

Itti, Koch, Niebur, "A model of saliency-based visual attention for rapid scene analysis", TPAMI 1998.

A pyramid halves the picture eight times. A fine level c in {2, 3, 4} is the centre, a coarse level s = c + 3 or c + 4 its surround;
their difference is large where something stands out at this size. Six differences for each feature:

    brightness    |I(c) - I(s)|
    colour        |(R(c) - G(c)) - (G(s) - R(s))|,  |(B(c) - Y(c)) - (Y(s) - B(s))|
    direction     |O(c, t) - O(s, t)|,  t in 0, 45, 90, 135 degrees

Each goes through N(.), which lets a map with one peak stand and pushes one with many peaks down. Then all are added.
"""

import cv2
import numpy as np

from visret_lab.deep.saliency.l2_norm import scaled
from visret_lab.features.images import require_rgb

LEVELS = 9
CENTERS, STEPS = (2, 3, 4), (3, 4)
SILENT = 1e-5
LEAST = 32  # pixels: the maps are added at level 4, a sixteenth of the side
ANGLES = (0, 45, 90, 135)
GABOR = {"ksize": (9, 9), "sigma": 7 / 3, "lambd": 7, "gamma": 1}


def itti_koch(image):
    """Saliency map.

    Args:
        image: uint8 H x W x 3, at least 32 pixels on each side.

    Returns:
        float32 H x W, 0 to 1: the largest value is 1; all zero for a picture of one colour.

    Raises:
        ValueError: no RGB image, or too small.
    """
    x = require_rgb(image, LEAST).astype(np.float32) / 255
    brightness, red_green, blue_yellow = opponents(x)
    size = pyramid(brightness)[4].shape[::-1]
    levels = pyramid(brightness)
    light = total([normalize(d) for d in differences(levels)], size)
    color = total([normalize(d) for plane in (red_green, blue_yellow) for d in differences(pyramid(plane), opposed=True)], size)
    turned = sum(normalize(total([normalize(d) for d in differences([gabor(level, t) for level in levels])], size)) for t in ANGLES)
    saliency = (normalize(light) + normalize(color) + normalize(turned)) / 3
    return scaled(cv2.resize(saliency, image.shape[1::-1], interpolation=cv2.INTER_LINEAR))


def opponents(x):
    """Brightness, red against green, blue against yellow: float32 H x W x 3 in 0..1 -> three of H x W.

    Colours are divided by the brightness, where that is at least a tenth of the largest: in the dark no colour is seen.
    """
    brightness = x.mean(axis=2)
    seen = brightness > max(0.1 * brightness.max(), 1e-6)
    r, g, b = np.moveaxis(np.where(seen[..., None], x / np.where(seen, brightness, 1)[..., None], 0), 2, 0)
    red, green, blue = (np.maximum(v, 0) for v in (r - (g + b) / 2, g - (r + b) / 2, b - (r + g) / 2))
    yellow = np.maximum((r + g) / 2 - np.abs(r - g) / 2 - b, 0)
    return brightness, red - green, blue - yellow


def pyramid(plane):
    """The plane and eight halvings, each smoothed first: list of 9 float32 arrays, the finest first."""
    levels = [np.ascontiguousarray(plane, np.float32)]
    for _ in range(LEVELS - 1):
        levels.append(cv2.pyrDown(levels[-1]))
    return levels


def differences(levels, opposed=False):
    """The six differences of centre and surround, each of the size of its centre.

    Args:
        levels: of `pyramid`. opposed: the surround has the other sign, as for colours: (R - G)(c) against (G - R)(s).
    """
    found = []
    for c in CENTERS:
        for step in STEPS:
            surround = cv2.resize(levels[c + step], levels[c].shape[::-1], interpolation=cv2.INTER_LINEAR)
            found.append(np.abs(levels[c] + surround if opposed else levels[c] - surround))
    return found


def gabor(plane, angle):
    """How strongly a plane has stripes along an angle (degrees), whatever their phase: float32 h x w."""
    parts = []
    for phase in (0, np.pi / 2):
        kernel = cv2.getGaborKernel(theta=np.deg2rad(angle), psi=phase, ktype=cv2.CV_32F, **GABOR)
        parts.append(cv2.filter2D(plane, cv2.CV_32F, kernel - kernel.mean(), borderType=cv2.BORDER_REFLECT_101))
    return np.hypot(*parts)


def normalize(x):
    """N(.): bring a map to 0..1 and multiply by (1 - m)^2, m the mean of its local maxima but the largest.

    A local maximum is a positive entry that none of its eight neighbours exceeds. One peak alone: factor 1. Many peaks of one
    height: factor near 0.
    """
    x = x - x.min()
    if x.max() < SILENT:  # what is left of a flat picture are rounding errors
        return np.zeros_like(x)
    x = x / x.max()
    peaks = np.sort(x[(x >= cv2.dilate(x, np.ones((3, 3), np.uint8))) & (x > 0)])[:-1]
    return x * (1 - (peaks.mean() if len(peaks) else 0)) ** 2


def total(maps, size):
    """Maps brought to one size (width, height), and added."""
    return sum(cv2.resize(m, size, interpolation=cv2.INTER_AREA if m.shape[1] > size[0] else cv2.INTER_LINEAR) for m in maps)
