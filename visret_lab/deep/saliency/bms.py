"""Boolean map saliency: what is surrounded is a figure, what reaches the border is ground.

Zhang and Sclaroff, "Saliency detection: a Boolean map approach", ICCV 2013.

    for each channel of Lab, each threshold t, and both signs:
        B = [channel > t], opened;    A = B without the regions that touch the border
        add the dilated A, divided by its L2 norm

A small surrounded region gets large values, since its norm is small. The sum is dilated and smoothed.
"""

import cv2
import numpy as np

from visret_lab.deep.saliency.l2_norm import scaled
from visret_lab.features.images import require_rgb

LEAST = 8  # pixels: below, nothing is surrounded after the opening


def bms(image, step=8, opening=5, dilation=7, blur=9.0):
    """Saliency map.

    Args:
        image: uint8 H x W x 3. The sizes below are for pictures some 400 pixels wide.
        step: between thresholds, in 8-bit values.
        opening, dilation: sides of the square kernels, in pixels; 1 does nothing.
        blur: sigma of the last smoothing, in pixels; 0 for none.

    Returns:
        float32 H x W, 0 to 1: the largest value is 1; all zero where nothing is surrounded, as in a picture of one colour.

    Raises:
        ValueError: no RGB image, too small, or a step below 1.
    """
    if step < 1:
        raise ValueError(f"The step between thresholds must be at least 1, not {step}.")
    lab = cv2.cvtColor(require_rgb(image, LEAST), cv2.COLOR_RGB2Lab)
    found = np.zeros(lab.shape[:2], np.float32)
    for channel in cv2.split(lab):
        for threshold in range(int(channel.min()), int(channel.max()), step):
            for seen in (channel > threshold, channel <= threshold):
                found += attention(seen, opening, dilation)
    if dilation > 1:
        found = cv2.dilate(found, np.ones((dilation, dilation), np.uint8))
    return scaled(cv2.GaussianBlur(found, (0, 0), blur) if blur else found)


def attention(seen, opening, dilation):
    """Attention map of one Boolean map: float32 H x W of length 1, or all zero where nothing is surrounded."""
    plane = seen.astype(np.uint8)
    if opening > 1:
        plane = cv2.morphologyEx(plane, cv2.MORPH_OPEN, np.ones((opening, opening), np.uint8))
    plane = surrounded(plane)
    if dilation > 1:
        plane = cv2.dilate(plane, np.ones((dilation, dilation), np.uint8))
    count = cv2.countNonZero(plane)
    return plane.astype(np.float32) / np.float32(count**0.5 if count else 1)


def surrounded(plane):
    """The regions that do not touch the border: uint8 H x W of 0 and 1 -> the same.

    A frame of ones is laid around; what can be reached from it over ones (left, right, up, down) is taken away.
    """
    framed = cv2.copyMakeBorder(plane, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    cv2.floodFill(framed, None, (0, 0), 0, flags=4)
    return framed[1:-1, 1:-1]
