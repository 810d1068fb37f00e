"""The descriptor of SIFT, written from the paper: gradients of a turned and scaled patch in 4 x 4 cells of 8 directions."""

import cv2
import numpy as np

from visret_lab.features.images import grey

CELLS, DIRECTIONS = 4, 8
SAMPLES = 5  # a side of a cell


def describe(image, points):
    """SIFT descriptors of given points (Lowe, IJCV 2004, section 6).

    In the frame of a point (origin at the point, x along its angle, unit: the width of a cell, 3 sigma) every sample
    votes with its gradient magnitude m, times exp(-(u^2 + v^2) / (2 * 2^2)), for its direction. The vote is shared
    linearly between the two nearest cells in each direction of the grid and the two nearest directions. Then unit length,
    entries cut at 0.2, unit length again.

    Args:
        image: uint8 H x W x 3, RGB.
        points: float N x 4: x, y in pixels, size (two sigma of the scale at which the point stands out), angle (degrees,
            clockwise), as `SIFT.detect` gives them.

    Returns:
        float32 N x 128, unit length; cells in rows, 8 directions each, as OpenCV orders them. A patch without any gradient
        stays zero. It differs a little from OpenCV's, which samples on the pixels of a pyramid and rounds to whole numbers.

    Raises:
        ValueError: points that are not N x 4.
    """
    points = np.asarray(points, np.float32)
    if points.ndim != 2 or points.shape[1] != 4:
        raise ValueError(f"points must be N x 4 (x, y, size, angle); got shape {points.shape}.")
    out = np.zeros((len(points), CELLS * CELLS * DIRECTIONS), np.float32)
    # Twice the size, as SIFT does, so that the smallest points have pixels enough.
    picture = cv2.resize(grey(image).astype(np.float32), None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    sigma = points[:, 2]  # two sigma in pixels are one sigma in pixels of the doubled image
    steps = np.rint(3 * np.log2(np.maximum(sigma, 1) / 1.6)).astype(int)  # three scales an octave
    for step in np.unique(steps):
        chosen = steps == step
        gradients = _gradients(picture, 1.6 * 2 ** (step / 3))
        out[chosen] = _histograms(gradients, 2 * points[chosen, :2] + 0.5, sigma[chosen], np.deg2rad(points[chosen, 3]))
    return _normalize(out)


def _gradients(picture, sigma):
    """Horizontal and vertical derivative of the picture at a scale; the doubled picture has a blur of 1 already."""
    blurred = cv2.GaussianBlur(picture, (0, 0), np.sqrt(max(sigma**2 - 1, 0.01)))
    return [cv2.Sobel(blurred, cv2.CV_32F, *order, ksize=1) for order in ((1, 0), (0, 1))]


def grid():
    """The samples of a patch, in widths of a cell from its middle: u, v, each float32 of the same length."""
    side = (np.arange((CELLS + 1) * SAMPLES, dtype=np.float32) + 0.5) / SAMPLES - (CELLS + 1) / 2
    v, u = np.meshgrid(side, side, indexing="ij")
    return u.ravel(), v.ravel()


def cell_weights():
    """How much each sample gives to each cell, float32 samples x 16: a triangle in u, one in v, and the Gaussian window."""
    u, v = grid()
    middles = np.arange(CELLS) - (CELLS - 1) / 2
    across, down = (np.maximum(1 - np.abs(t[:, None] - middles), 0) for t in (u, v))
    window = np.exp(-(u**2 + v**2) / (2 * (CELLS / 2) ** 2))
    return (window[:, None, None] * down[:, :, None] * across[:, None, :]).reshape(len(u), -1).astype(np.float32)


def _histograms(gradients, centers, sigma, angle):
    u, v = grid()
    width = (3 * sigma)[:, None]
    cosine, sine = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x = (centers[:, :1] + width * (cosine * u - sine * v)).astype(np.float32)
    y = (centers[:, 1:] + width * (sine * u + cosine * v)).astype(np.float32)
    # Outside the picture there is no gradient: the border value is zero.
    dx, dy = (cv2.remap(g, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0) for g in gradients)
    turn = ((angle[:, None] - np.arctan2(dy, dx)) * (DIRECTIONS / (2 * np.pi))) % DIRECTIONS
    magnitude = np.hypot(dx, dy)
    apart = np.abs(turn[:, :, None] - np.arange(DIRECTIONS))
    share = np.maximum(1 - np.minimum(apart, DIRECTIONS - apart), 0)  # the circle closes: 8 is 0
    votes = (magnitude[:, :, None] * share).astype(np.float32)
    return np.einsum("sc,nsd->ncd", cell_weights(), votes, optimize=True).reshape(len(centers), -1)


def _normalize(rows):
    for limit in (0.2, np.inf):
        norm = np.linalg.norm(rows, axis=1, keepdims=True)
        rows = np.minimum(np.divide(rows, norm, out=np.zeros_like(rows), where=norm > 0), limit)
    return rows
