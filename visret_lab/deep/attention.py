"""Context-aware regional attention: which windows of R-MAC count is learnt.

Kim and Yoon, "Regional attention based deep feature for image retrieval", BMVC 2018. Of each window the mean of the maps is taken,
f_r, and of the whole picture, f. A small network looks at both, for what is worth looking at depends on what is around:

    a_r = softplus(w . tanh(W [f_r, f] + b) + c)
    F = L2(mean over r of a_r L2(whiten(L2(max of the maps in r))))

It is trained by classification, with the network below it frozen.
"""

import torch
from torch import nn
from torch.nn.functional import normalize, softplus

from visret_lab.deep.class_activation import require_made_for
from visret_lab.deep.pooling import require_maps
from visret_lab.deep.rmac import level_grid, region_mac
from visret_lab.deep.shipped import WEIGHTS, load_into

LEVELS = 5
HIDDEN = 64


class ContextAttention(nn.Module):
    """One weight a window, above 0.

    Args:
        channels: C of the maps. hidden: 64 in the paper.
    """

    def __init__(self, channels=160, hidden=HIDDEN):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2 * channels, hidden), nn.Tanh(), nn.Linear(hidden, 1))
        self.register_buffer("made_for", torch.zeros(16))

    def forward(self, regions, whole):
        """regions: float32 B x R x C, the means of windows. whole: B x C, of the picture -> B x R."""
        context = whole[:, None].expand_as(regions)
        return softplus(self.layers(torch.cat([regions, context], dim=2))[..., 0])


def context_attention(backbone, path=WEIGHTS / "attention.safetensors"):
    """The attention that was trained for MiniVGG (`data_scripts/train_attention.py`).

    Raises:
        FileNotFoundError, ValueError: missing, damaged, or made for other weights. ValueError: another network than MiniVGG.
    """
    if backbone.name != "minivgg":
        raise ValueError(f"There is a trained attention for MiniVGG only, not for {backbone.name}.")
    network = load_into(ContextAttention(), path, "attention of MiniVGG", "train_attention.py")
    require_made_for(network, backbone, path)
    return network


def region_mean(x, levels=LEVELS, overlap=0.4):
    """The mean of each channel in each window: float B x C x H x W -> B x R x C, windows as in `rmac.regions`."""
    found = []
    for tops, lefts, side in level_grid(*require_maps(x).shape[2:], levels, overlap):
        bands = torch.stack([x[:, :, top : top + side].mean(dim=2) for top in tops], dim=1)
        found.append(torch.stack([bands[..., left : left + side].mean(dim=3) for left in lefts], dim=2).flatten(1, 2))
    return torch.cat(found, dim=1)


def weights(x, network, levels=LEVELS):
    """Weight of each window: float32 B x C x H x W -> B x R, above 0."""
    means = region_mean(x, levels)
    return network(means, x.mean(dim=(2, 3)))


def attention_rmac(x, network, whiten=None, levels=LEVELS):
    """R-MAC with weights.

    Args:
        x: float32 B x C x H x W. network: ContextAttention. whiten: as in `rmac.rmac`. levels: of the grid.

    Returns:
        B x D, unit length.
    """
    found = normalize(region_mac(x, levels), dim=2)
    if whiten is not None:
        shape = found.shape
        found = normalize(whiten(found.flatten(0, 1)).unflatten(0, shape[:2]), dim=2)
    return normalize((weights(x, network, levels)[..., None] * found).mean(dim=1), dim=1)
