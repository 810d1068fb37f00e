"""A small network that learns where the object is, after the plan of SalNet (Pan et al., CVPR 2016): convolutions, and one map out.

It was trained on painted scenes whose building is known to the pixel (`data_scripts/train_saliency.py`); SalNet was trained on where
people look. So it answers another question, and goes by another name.
"""

import cv2
import numpy as np
import torch
from torch import nn
from torch.nn.functional import interpolate

from visret_lab.deep.saliency.l2_norm import scaled
from visret_lab.deep.shipped import WEIGHTS, load_into
from visret_lab.features.images import require_rgb

LONGEST = 160  # pixels of the longer side that goes in
STRIDE = 8
MEAN, DEVIATION = 118.0, 64.0
WIDTHS = (16, 32, 64, 64)


class SaliencyNet(nn.Module):
    """float32 B x 3 x H x W -> B x H/8 x W/8, logits; 3 x 3 convolutions, three of them followed by a pooling.

    The last two look far around (dilation 2 and 4), for a building is large.
    """

    def __init__(self):
        super().__init__()
        parts, before = [], 3
        for i, width in enumerate(WIDTHS):
            parts += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()] + [nn.MaxPool2d(2)] * (i < 3)
            before = width
        for spread in (2, 4):
            parts += [nn.Conv2d(before, before, 3, padding=spread, dilation=spread), nn.ReLU()]
        self.layers = nn.Sequential(*parts, nn.Conv2d(before, 1, 1))

    def forward(self, x):
        """float32 B x 3 x H x W, sides at least 8 -> B x floor(H/8) x floor(W/8)."""
        return self.layers(x)[:, 0]


def prepare(images):
    """uint8 B x H x W x 3 -> float32 B x 3 x H x W."""
    return (torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() - MEAN) / DEVIATION


def saliency_net(path=WEIGHTS / "saliency.safetensors"):
    """The network with its weights.

    Raises:
        FileNotFoundError: no such file. ValueError: damaged, or another network. Both say how to make it again.
    """
    return load_into(SaliencyNet(), path, "saliency network", "train_saliency.py")


@torch.inference_mode()
def learned(image, network):
    """Saliency map: the probability that a position belongs to the building, over its largest value.

    Args:
        image: uint8 H x W x 3, of any size; it is brought to a longer side of 160 pixels, with its aspect kept.
        network: of `saliency_net`.

    Returns:
        float32 H x W, 0 to 1: the largest value is 1.

    Raises:
        ValueError: no RGB image, or one so long that fewer than 8 rows or columns would be left.
    """
    height, width = require_rgb(image).shape[:2]
    scale = LONGEST / max(height, width)
    size = round(width * scale), round(height * scale)
    if min(size) < STRIDE:
        raise ValueError(f"An image of {width} x {height} becomes {size[0]} x {size[1]}: too small for this network. Cut a panorama "
                         "into pieces.")
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    found = torch.sigmoid(network(prepare(small[None])))[:, None]
    return scaled(interpolate(found, (height, width), mode="bilinear", align_corners=False)[0, 0].numpy())
