"""Pooling with a weight a position: a saliency map comes down to the grid of a network's maps, and says what counts.

Mohedano, McGuinness, Giro-i-Nieto, O'Connor, "Saliency weighted convolutional features for instance search", CBMI 2018. Only the
images of the database are weighed. The query has a box, or is all that is asked for.
"""

import cv2
import numpy as np

CELL = 16  # the map is brought to 16 times the grid, and the largest of each 16 x 16 is kept


def grid_weights(saliency, height, width):
    """A saliency map on the grid of a network, as the published code has it.

        stretch to 16 h x 16 w (bilinear);  the largest of each 16 x 16;  over the largest of all

    The maximum keeps a small salient thing that an average would thin out.

    Args:
        saliency: float H x W of the whole picture, not negative. height, width: of the grid.

    Returns:
        float32 height x width, 0 to 1, the largest 1. All ones for a map that is zero everywhere: no opinion is no weighting,
        and not an empty picture.

    Raises:
        ValueError: negative or not finite values, another shape, an empty grid.
    """
    saliency = np.asarray(saliency, np.float32)
    if saliency.ndim != 2 or not saliency.size or min(height, width) < 1:
        raise ValueError(f"A saliency map is H x W, and the grid has a position; got shape {saliency.shape} and {height} x {width}.")
    if not np.isfinite(saliency).all() or saliency.min() < 0:
        raise ValueError("A saliency map has a value that is negative or not finite. Bring it to 0..1 first.")
    large = cv2.resize(saliency, (CELL * width, CELL * height), interpolation=cv2.INTER_LINEAR)
    # First down, then across: whole rows side by side are compared faster than pieces of them.
    grid = large.reshape(height, CELL, -1).max(axis=1).reshape(height, width, CELL).max(axis=2)
    most = grid.max()
    return grid / most if most > 0 else np.ones_like(grid)


def weighted_sum(maps, weights=None):
    """Sum of the descriptors, each times its weight: f_c = sum over y, x of w(y, x) x_c(y, x).

    Args:
        maps: float C x h x w of one image. weights: float h x w, or None for ones.

    Returns:
        float32 C.

    Raises:
        ValueError: weights of another grid.
    """
    if weights is None:
        return maps.sum(axis=(1, 2), dtype=np.float32)
    if np.shape(weights) != maps.shape[1:]:
        raise ValueError(f"The weights are {np.shape(weights)}, the maps {maps.shape[1:]}. Bring the saliency map to the grid first: "
                         "grid_weights(saliency, *maps.shape[1:]).")
    return np.einsum("chw,hw->c", maps, weights, optimize=True).astype(np.float32)
