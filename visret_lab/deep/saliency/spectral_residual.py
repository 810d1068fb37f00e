"""Spectral residual: what is left of a spectrum when all that is usual is taken away.

Hou and Zhang, "Saliency detection: a spectral residual approach", CVPR 2007. With the Fourier transform F of a small grey picture:

    L = log |F|,    R = L - mean of L over 3 x 3 neighbours,    S = |F^-1(exp(R + i phase))|^2,  smoothed

The log amplitudes of natural pictures fall along the same curve; what sticks out of it is new.
"""

import cv2
import numpy as np

from visret_lab.deep.saliency.l2_norm import scaled
from visret_lab.features.images import grey

LEAST = 8


def spectral_residual(image, width=64, blur=2.5):
    """Saliency map.

    Args:
        image: uint8 H x W x 3.
        width: to which the picture is brought, with its aspect kept: the size decides what counts as an object.
        blur: sigma of the smoothing, in pixels of the small picture; 0 for none.

    Returns:
        float32 H x W, 0 to 1: the largest value is 1; all zero for a picture of one colour.

    Raises:
        ValueError: no RGB image, or a small picture of fewer than 8 rows or columns.
    """
    height, own = image.shape[:2] if np.ndim(image) == 3 else (0, 0)
    plane = grey(image)
    rows = round(height * width / own)
    if min(rows, width) < LEAST:
        raise ValueError(f"Brought to width {width}, the picture has {rows} rows; at least {LEAST} x {LEAST} are needed. Cut a "
                         "panorama into pieces, or take a larger width.")
    if plane.max() == plane.min():
        return np.zeros(plane.shape, np.float32)
    small = cv2.resize(plane, (width, rows), interpolation=cv2.INTER_AREA if width < own else cv2.INTER_LINEAR)
    found = residual(small)
    if blur:
        found = cv2.GaussianBlur(found, (0, 0), blur)
    return scaled(cv2.resize(found, (own, height), interpolation=cv2.INTER_LINEAR))


def residual(small):
    """S before the smoothing: float32 h x w -> float32 h x w, not negative."""
    spectrum = np.fft.fft2(small.astype(np.float64))
    amplitude, phase = np.log(np.abs(spectrum) + 1e-12), np.angle(spectrum)
    # The spectrum goes round: its left neighbour of column 0 is the last column.
    framed = np.pad(amplitude, 1, mode="wrap")
    unusual = amplitude - cv2.blur(framed, (3, 3))[1:-1, 1:-1]
    return (np.abs(np.fft.ifft2(np.exp(unusual + 1j * phase))) ** 2).astype(np.float32)
