"""Races of chapter 13: poolings of maps against the parts of torch and torchvision that do the same."""

from functools import cache

import torch
from torch.nn import functional
from torchvision.ops import roi_pool

from visret_lab.bench.race import Race
from visret_lab.deep import pooling
from visret_lab.deep.rmac import region_mac, regions

CHAPTER = "13_conv_pooling"


def races(small=False):
    """The races of this chapter; `small` for tests."""
    shape = (2, 16, 12, 16) if small else (8, 512, 24, 32)
    return [_slices(shape), _roi(shape), _gem(shape), _spoc(shape)]


def _maps(shape):
    """A function that makes maps behind a ReLU, at its first call."""
    @cache
    def maps():
        return torch.randn(*shape, generator=torch.Generator().manual_seed(0)).relu()

    return maps


def _named(shape):
    return " x ".join(map(str, shape))


def _slices(shape):
    maps = _maps(shape)

    def theirs():
        return torch.stack([maps()[:, :, t : t + side, left : left + side].amax((2, 3)) for t, left, side in regions(*shape[2:])], 1)

    return Race(f"Maxima of the {len(regions(*shape[2:]))} windows of R-MAC, {_named(shape)}", CHAPTER, "torch, a loop of slices",
                ours=lambda: region_mac(maps()).numpy(), theirs=lambda: theirs().numpy(), target=8,
                note="the same windows: a maximum is taken over rows first, and shared")


def _roi(shape):
    maps = _maps(shape)

    def theirs():
        windows = regions(*shape[2:])
        boxes = torch.tensor([[i, left, t, left + s - 1, t + s - 1] for i in range(shape[0]) for t, left, s in windows]).float()
        return roi_pool(maps(), boxes, 1).reshape(shape[0], len(windows), shape[1])

    return Race(f"Maxima of the {len(regions(*shape[2:]))} windows of R-MAC, {_named(shape)}", CHAPTER, "torchvision.ops.roi_pool",
                ours=lambda: region_mac(maps()).numpy(), theirs=lambda: theirs().numpy(), note="its boxes include their last position")


def _gem(shape):
    maps, count = _maps(shape), shape[2] * shape[3]
    return Race(f"GeM, p = 3, {_named(shape)}", CHAPTER, "torch.nn.functional.lp_pool2d",
                ours=lambda: pooling.gem(maps(), 3.0).numpy(),
                theirs=lambda: (functional.lp_pool2d(maps(), 3.0, shape[2:]).flatten(1) / count ** (1 / 3)).numpy(), target=0.5,
                tolerance=1e-4, note="there a sum, here a mean; there no floor of 1e-6")


def _spoc(shape):
    maps = _maps(shape)
    return Race(f"SPoC with the centre prior, {_named(shape)}", CHAPTER, "torch, weigh the maps, then sum",
                ours=lambda: pooling.spoc(maps()).numpy(),
                theirs=lambda: (maps() * pooling.center_prior(*shape[2:])).sum((2, 3)).numpy(), target=0.5, tolerance=1e-3,
                note="here a product with a vector; both are bound by reading the maps once")
