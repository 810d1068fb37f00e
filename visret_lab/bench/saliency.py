"""Races of chapter 15: weights on the grid against torch, the spectral residual against torch's transform, class maps against a 1 x 1
convolution, boolean maps against SciPy's labels."""

import numpy as np
import torch
from scipy import ndimage
from torch.nn.functional import avg_pool2d, conv2d, interpolate, max_pool2d, pad

from visret_lab.bench.race import Race
from visret_lab.deep.class_activation import Head, activation
from visret_lab.deep.saliency.bms import surrounded
from visret_lab.deep.saliency.spectral_residual import residual
from visret_lab.deep.weighted import grid_weights

CHAPTER = "15_saliency_attention_regions"


def races(small=False):
    """The races of this chapter; `small` for tests."""
    rng = np.random.default_rng(0)
    return [_grid(rng, 3 if small else 15), _residual(rng, 24 if small else 48), _classes(rng, 8 if small else 512),
            _surrounded(rng, 40 if small else 240)]


def _grid(rng, height):
    saliency, width = rng.random((60, 80)).astype(np.float32), height * 4 // 3

    def theirs():
        large = interpolate(torch.from_numpy(saliency)[None, None], (16 * height, 16 * width), mode="bilinear", align_corners=False)
        grid = max_pool2d(large, 16)[0, 0]
        return (grid / grid.max()).numpy()

    return Race(f"Saliency on a grid of {width} x {height}", CHAPTER, "torch, interpolate and max_pool2d",
                ours=lambda: grid_weights(saliency, height, width), theirs=theirs, target=0.5, tolerance=1e-4)


def _residual(rng, height):
    grey = rng.random((height, height * 4 // 3)).astype(np.float32)

    def theirs():
        f = torch.fft.fft2(torch.from_numpy(grey).double())
        size = torch.log(f.abs() + 1e-12)
        mean = avg_pool2d(pad(size[None], (1, 1, 1, 1), "circular"), 3, stride=1)[0]
        return (torch.fft.ifft2(torch.polar(torch.exp(size - mean), f.angle())).abs() ** 2).numpy()

    return Race(f"Spectral residual, {grey.shape[1]} x {height}", CHAPTER, "torch.fft", ours=lambda: residual(grey), theirs=theirs,
                target=0.33, tolerance=1e-3)


def _classes(rng, channels):
    x = torch.from_numpy(rng.random((1, channels, 15, 20)).astype(np.float32))
    head = Head("last", rng.normal(size=(64, channels)).astype(np.float32), np.zeros(64, np.float32), ())
    kernel = torch.from_numpy(head.weight)[:, :, None, None]
    return Race(f"Class activation maps, 64 classes of {channels} channels", CHAPTER, "torch, 1 x 1 convolution",
                ours=lambda: activation(x, head, np.arange(64)).numpy(), theirs=lambda: conv2d(x, kernel).numpy(), target=0.5,
                tolerance=1e-2, note="float32, summed in another order")


def _surrounded(rng, height):
    plane = (ndimage.gaussian_filter(rng.random((height, height * 4 // 3)), 3) > 0.5).astype(np.uint8)

    def theirs():
        labels, _ = ndimage.label(plane)
        edge = np.unique(np.r_[labels[0], labels[-1], labels[:, 0], labels[:, -1]])
        return ((labels > 0) & ~np.isin(labels, edge)).astype(np.uint8)

    return Race(f"Regions that do not touch the border, {plane.shape[1]} x {height}", CHAPTER, "scipy.ndimage.label",
                ours=lambda: surrounded(plane), theirs=theirs, target=2.0)
