"""The share of edges that appear or vanish between two frames.

    d_t = max(share of the edges of frame t + 1 with no edge of frame t near, share of the edges of frame t with no edge of t + 1 near)

Zabih, Miller, Mai, "A feature-based algorithm for detecting and classifying scene breaks", ACM Multimedia 1995. "Near" is within `reach`
pixels, so that small motion does not count. Brightness changes little in it, so a flash deceives it less than a histogram.
"""

import cv2
import numpy as np

from visret_lab.features.images import grey

REACH, LOW, HIGH = 4, 60, 120  # pixels; thresholds of Canny's hysteresis


def edge_map(image, low=LOW, high=HIGH):
    """Edges by Canny (OpenCV): uint8 H x W x 3 -> bool H x W."""
    return cv2.Canny(np.clip(np.rint(grey(image)), 0, 255).astype(np.uint8), low, high) > 0


def edge_change(before, after, reach=REACH):
    """The share of edges that appear or vanish, the larger of both.

    Args:
        before, after: bool H x W, of `edge_map`. reach: pixels.

    Returns:
        float, 0 to 1. 0 where neither has an edge, 1 where only one has.

    Raises:
        ValueError: other shapes.
    """
    if before.shape != after.shape:
        raise ValueError(f"Frames of one film have one size; got edges of {before.shape} and {after.shape}.")
    square = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    wide = [cv2.dilate(e.astype(np.uint8), square) > 0 for e in (before, after)]
    if not before.any() and not after.any():
        return 0.0
    if not before.any() or not after.any():
        return 1.0
    return float(max((edges & ~near).sum() / edges.sum() for edges, near in ((after, wide[0]), (before, wide[1]))))
