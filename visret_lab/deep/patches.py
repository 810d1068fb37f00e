"""Patches around keypoints: turned upright, brought to one size, and normalised."""

import cv2
import numpy as np
import torch

from visret_lab.features.images import grey

SIDE = 32  # pixels of a patch
MAGNIFICATION = 6.0  # side of the patch, in sizes of the point: the four cells of SIFT, each 3 sigma wide, are as large


def cut(image, points, side=SIDE, magnification=MAGNIFICATION):
    """Cut a square around each point, along its angle and as large as its scale says, and bring it to one size.

    Sample (i, j) of a patch looks at   (x, y) + step * R(angle) (j - c, i - c),   c = (side - 1) / 2,
    step = magnification * size / side pixels. Where the step is wider than a pixel it looks at a picture that was halved until it is
    about one: otherwise pixels would be skipped, and thin lines would come and go. Beyond its border the picture is continued by its
    last pixel.

    Args:
        image: uint8 H x W x 3, RGB.
        points: float N x 4: x, y in pixels, size (two sigma, as `SIFT.detect` gives it), angle (degrees, clockwise).
        side: pixels of a patch. magnification: side of the square in the picture, in sizes.

    Returns:
        float32 N x side x side, grey, 0 to 255.

    Raises:
        ValueError: points that are not N x 4 or not finite, a size that is not above 0, a side below 2.
    """
    points = _require_points(points)
    if side < 2 or magnification <= 0:
        raise ValueError(f"side must be at least 2 and magnification above 0; got {side} and {magnification}.")
    patches = np.zeros((len(points), side, side), np.float32)
    picture, level = grey(image), 0
    steps = magnification * points[:, 2] / side
    levels = np.maximum(np.rint(np.log2(steps)), 0).astype(int)
    for wanted in np.unique(levels):
        while level < wanted and min(picture.shape) > 1:
            picture, level = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), level + 1
        chosen = levels == wanted
        patches[chosen] = _sampled(picture, points[chosen], steps[chosen], level, side)
    return patches


def _require_points(points):
    points = np.asarray(points, np.float32)
    if points.ndim != 2 or points.shape[1] != 4:
        raise ValueError(f"points must be N x 4 (x, y, size, angle); got shape {points.shape}.")
    if not np.isfinite(points).all() or (points[:, 2] <= 0).any():
        raise ValueError("points must be finite, and their sizes (third column) above 0.")
    return points


def _sampled(picture, points, steps, level, side):
    """float32 N x side x side from a picture that was halved `level` times."""
    offset = np.arange(side, dtype=np.float32) - (side - 1) / 2
    v, u = (o.ravel() for o in np.meshgrid(offset, offset, indexing="ij"))
    angle = np.deg2rad(points[:, 3:])
    cosine, sine = np.cos(angle), np.sin(angle)
    x = points[:, :1] + steps[:, None] * (cosine * u - sine * v)
    y = points[:, 1:2] + steps[:, None] * (sine * u + cosine * v)
    x, y = (((o + 0.5) / 2**level - 0.5).astype(np.float32) for o in (x, y))  # pixel centres, in the halved picture
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).reshape(-1, side, side)


def normalised(patches, eps=1e-7):
    """Take the mean of each patch off it and divide by its deviation: a change of light and of contrast is gone.

        x -> (x - mean(x)) / (deviation(x) + eps)

    Args:
        patches: float B x 1 x S x S, a tensor.

    Returns:
        a tensor of the same shape. A patch without contrast becomes 0.
    """
    mean, deviation = patches.mean(dim=(1, 2, 3), keepdim=True), patches.std(dim=(1, 2, 3), keepdim=True)
    return (patches - mean) / (deviation + eps)


@torch.inference_mode()
def describe(network, patches, batch=128):
    """Descriptors of patches, a batch at a time: float N x S x S -> float32 N x D.

    Args:
        network: module, float32 B x 1 x S x S -> B x D. patches: grey, 0 to 255.
        batch: small batches stay in the cache of a CPU.

    Raises:
        ValueError: patches that are not N x S x S, or not finite.
    """
    patches = np.asarray(patches, np.float32)
    if patches.ndim != 3 or patches.shape[1] != patches.shape[2]:
        raise ValueError(f"patches must be N x S x S, grey; got shape {patches.shape}. `cut` makes them.")
    if not np.isfinite(patches).all():
        raise ValueError("A patch has a value that is not finite.")
    if not len(patches):
        return np.zeros((0, network.dimension), np.float32)
    x = torch.from_numpy(patches)[:, None]
    return np.concatenate([network(x[start : start + batch]).numpy() for start in range(0, len(x), batch)])
