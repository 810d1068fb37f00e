"""Cutting a query out of the maps of its picture, and not out of the picture."""

import numpy as np


def crop_maps(maps, box, size):
    """The positions of maps that a box touches.

    A position of the maps answers for a part of the picture that reaches beyond the box: what surrounds the box has a say, which it has
    not when the picture is cut before it goes into the network.

    Args:
        maps: float C x h x w. box: (x0, y0, x1, y1) in pixels, or None for all. size: (width, height) of the picture in pixels.

    Returns:
        C x h' x w', at least one position.

    Raises:
        ValueError: maps that are not C x h x w, or a box outside the picture.
    """
    maps = np.asarray(maps)
    if maps.ndim != 3:
        raise ValueError(f"Maps of one picture are C x h x w; got shape {maps.shape}.")
    if box is None:
        return maps
    (h, w), (x0, y0, x1, y1), (width, height) = maps.shape[1:], box, size
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise ValueError(f"The box {tuple(box)} does not lie in a picture of {width} x {height} pixels. Is it in other pixels?")
    left, right = int(np.floor(x0 * w / width)), int(np.ceil(x1 * w / width))
    top, bottom = int(np.floor(y0 * h / height)), int(np.ceil(y1 * h / height))
    return maps[:, top:bottom, left:right]
