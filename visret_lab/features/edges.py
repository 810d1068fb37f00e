"""Edges as an image's fingerprint: how much contour runs in which direction, over the image or cell by cell.

Sources: W. Freeman, M. Roth, Orientation histograms for hand gesture recognition, 1995; for cells, N. Dalal,
B. Triggs, Histograms of oriented gradients for human detection, CVPR 2005.
"""

import numpy as np
from scipy import ndimage

from visret_lab.features.images import grey, require_rgb


def gradient(image, operator="sobel"):
    """Brightness change to the right and downwards, at every pixel.

    Args:
        image: uint8 H x W x 3, RGB, at least 3 x 3.
        operator: "sobel" (3 x 3, smooths across the direction of the change; the border is mirrored) or "central"
            (right minus left neighbour, zero on the border, as in Dalal and Triggs).

    Returns:
        dx, dy: float32 H x W, in grey levels (Sobel: times 8 a pixel; central: times 2 a pixel).

    Raises:
        ValueError: an image of another form or smaller than 3 x 3, or an unknown operator.
    """
    levels = grey(require_rgb(image, least=3))
    if operator == "sobel":
        return ndimage.sobel(levels, axis=1, mode="mirror"), ndimage.sobel(levels, axis=0, mode="mirror")
    if operator == "central":
        dx, dy = np.zeros_like(levels), np.zeros_like(levels)
        dx[:, 1:-1] = levels[:, 2:] - levels[:, :-2]
        dy[1:-1] = levels[2:] - levels[:-2]
        return dx, dy
    raise ValueError(f"Unknown operator {operator!r}. Known: sobel, central.")


def orientation_histogram(image, bins=8, cells=(1, 1), signed=False, operator="sobel", normalize=True):
    """Histogram of gradient directions; each pixel votes with the length of its gradient.

    h_k = sum of |g| over the pixels of a cell whose direction lies in interval k. Flat regions have direction noise
    but no length, so they stay silent.

    Args:
        image: uint8 H x W x 3, RGB.
        bins: intervals of direction. The first begins at direction 0, which is a change to the right: a vertical edge.
        cells: rows and columns of the grid; (1, 1) is one histogram for the whole image.
        signed: False: directions over half a turn, so that dark-to-light and light-to-dark are the same edge.
            True: over a full turn.
        operator: see `gradient`.
        normalize: divide by the total, so that the vector sums to 1. An image without any gradient gives zeros.

    Returns:
        float32 vector of cells[0] * cells[1] * bins values: cells row by row, the bin runs fastest.

    Raises:
        ValueError: as `gradient`; bins or cells below 1; more cells than pixels.
    """
    dx, dy = gradient(image, operator)
    rows, columns = _checked(bins, cells, dx.shape)
    period = 2 * np.pi if signed else np.pi
    # In double precision: 45 degrees must fall on the border of two intervals, not just before it.
    direction = np.mod(np.arctan2(dy, dx, dtype=np.float64), period)
    # mod can return the period itself by rounding: that is direction 0 again.
    interval = (direction * (bins / period)).astype(np.int64) % bins
    cell = _cell_numbers(dx.shape, rows, columns)
    votes = np.bincount((cell * bins + interval).ravel(), np.hypot(dx, dy).ravel(), minlength=rows * columns * bins)
    total = votes.sum()
    return (votes / total if normalize and total > 0 else votes).astype(np.float32)


def _cell_numbers(shape, rows, columns):
    """The number of the cell of every pixel, H x W: the image is cut into rows x columns parts, as equal as can be."""
    row = np.arange(shape[0]) * rows // shape[0]
    column = np.arange(shape[1]) * columns // shape[1]
    return row[:, None] * columns + column[None, :]


def _checked(bins, cells, shape):
    if int(bins) != bins or bins < 1:
        raise ValueError(f"bins must be a positive integer; got {bins!r}.")
    if np.shape(cells) != (2,) or any(int(c) != c or c < 1 for c in cells):
        raise ValueError(f"cells must be (rows, columns), both positive integers; got {cells!r}.")
    if cells[0] > shape[0] or cells[1] > shape[1]:
        raise ValueError(f"An image of {shape[1]} x {shape[0]} pixels cannot be cut into {cells[1]} x {cells[0]}.")
    return int(cells[0]), int(cells[1])
