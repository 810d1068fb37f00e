"""Regional maximum activations of convolutions (R-MAC).

Tolias, Sicre, Jegou, "Particular object retrieval with integral max-pooling of CNN activations", ICLR 2016.
"""

from math import floor

import torch
from torch import nn
from torch.nn.functional import normalize

from visret_lab.deep.pooling import require_maps

STEPS = range(2, 8)  # windows along the longer side at the first level, of which one number is chosen


def regions(height, width, levels=3, overlap=0.4):
    """The published grid of square windows.

    At level l the windows have the side floor(2 w / (l + 1)), w the shorter side of the map: l of them along it, and l + m - 1
    along the longer side. m, from 2 to 7, makes the overlap of neighbours at level 1 come as near to `overlap` as it can:

        |(w^2 - w b) / w^2 - overlap|  smallest,    b = (longer - w) / (m - 1);    m = 1 on a square map

    Counts: 14 on a square map (1 + 4 + 9), 20 on 32 x 24 (2 + 6 + 12), with 3 levels.

    Args:
        height, width: of the map, in positions.
        levels: how many.
        overlap: wanted between neighbours at level 1.

    Returns:
        list of (top, left, side), in positions; level by level, rows first. Windows that would be empty are left out.

    Raises:
        ValueError: a side or levels below 1.
    """
    return [window for tops, lefts, side in level_grid(height, width, levels, overlap)
            for window in ((top, left, side) for top in tops for left in lefts)]


def level_grid(height, width, levels=3, overlap=0.4):
    """The same by level: list of (tops, lefts, side); every top goes with every left. Arguments and errors as `regions`."""
    if height < 1 or width < 1 or levels < 1:
        raise ValueError(f"A grid needs a map and levels of at least 1; got a map of {height} x {width} and {levels} levels.")
    short, long = min(height, width), max(height, width)
    more = 0 if short == long else min(STEPS, key=lambda m: abs(1 - (long - short) / (m - 1) / short - overlap)) - 1
    grid = []
    for level in range(1, levels + 1):
        side = 2 * short // (level + 1)
        if side:
            grid.append((_starts(height, side, level + more * (height > width)), _starts(width, side, level + more * (width > height)),
                         side))
    return grid


def _starts(length, side, count):
    """First positions of `count` windows, evenly spread and rounded down around their middles, as the published code does."""
    half = side // 2 - 1
    step = (length - side) / (count - 1) if count > 1 else 0.0
    return [floor(half + i * step) - half for i in range(count)]


def region_mac(x, levels=3, overlap=0.4):
    """The maximum of each channel in each window: float B x C x H x W -> B x R x C, windows as in `regions`.

    The maximum of a window is the maximum over its columns of the maxima over its rows. All windows with the same rows share
    the first step, so each position is read once for each row of windows, and not once for each window.
    """
    grid = level_grid(*require_maps(x).shape[2:], levels, overlap)
    found = []
    for tops, lefts, side in grid:
        bands = torch.stack([x[:, :, top : top + side].amax(dim=2) for top in tops], dim=1)  # B x rows x C x W
        windows = torch.stack([bands[..., left : left + side].amax(dim=3) for left in lefts], dim=2)  # B x rows x columns x C
        found.append(windows.flatten(1, 2))
    return torch.cat(found, dim=1)


def rmac(x, whiten=None, levels=3, overlap=0.4):
    """R-MAC of maps: the windows' vectors, each brought to unit length, whitened, brought to unit length again, and summed.

    Args:
        x: float B x C x H x W.
        whiten: function R x C -> R x D for the vectors of windows (PCA-whitening learnt from windows of other images), or None.

    Returns:
        B x D, unit length.
    """
    found = normalize(region_mac(x, levels, overlap), dim=2)
    if whiten is not None:
        shape = found.shape
        found = normalize(whiten(found.flatten(0, 1)).unflatten(0, shape[:2]), dim=2)
    return normalize(found.sum(dim=1), dim=1)


class RMAC(nn.Module):
    """`rmac` as a layer. Args: whiten: a module R x C -> R x D, or None. levels, overlap: as `regions`."""

    def __init__(self, whiten=None, levels=3, overlap=0.4):
        super().__init__()
        self.whiten, self.levels, self.overlap = whiten, levels, overlap

    def forward(self, x):
        """B x C x H x W -> B x D, unit length."""
        return rmac(x, self.whiten, self.levels, self.overlap)
