"""DELF-like local features: every position of a network's maps describes its surroundings, and attention says which are worth keeping.

Noh, Araujo, Sim, Weyand and Han, "Large-scale image retrieval with attentive deep local features", ICCV 2017. The maps of a layer in the
later middle are taken at several sizes of the picture. Each position has a descriptor f (L2, PCA to 40 numbers, L2) and a score

    a(f) = softplus(v . relu(W f + b) + c)

learnt by naming pictures from the weighted sum of their descriptors alone, y = C sum_n a(f_n) f_n, with the network below it frozen. No
keypoint was ever shown to it. The positions with the highest scores, over all sizes, are the keypoints.

Here the network below is MiniVGG instead of a ResNet-50. For networks without a trained attention there is the length of f, as in HOW
(Tolias, Jenicek and Chum, ECCV 2020).
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn.functional import normalize, softplus

from visret_lab.deep.class_activation import require_made_for
from visret_lab.deep.extract import resized
from visret_lab.deep.shipped import WEIGHTS, digest, load_into
from visret_lab.features.images import require_rgb

COMPONENTS = 40
HIDDEN = 64  # 512 in the paper, whose maps have 1,024 channels
SCALES = (0.5, 2**-0.5, 1.0, 2**0.5)  # the paper: seven, from 0.25 to 2, of larger pictures


class Layer(NamedTuple):
    """Where descriptors are taken. Position i of the maps looks at pixel stride * i + offset of the picture."""

    name: str
    stride: int
    offset: float
    channels: int


LAYERS = {"minivgg": Layer("conv4_2", 8, 3.5, 128), "squeezenet1_0": Layer("fire7", 8, 9.0, 384),
          "mobilenet_v2": Layer("block12", 16, 0.0, 96)}


class PositionAttention(nn.Module):
    """One score a position, above 0: float32 B x C x H x W -> B x H x W."""

    def __init__(self, channels=128, hidden=HIDDEN):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(channels, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, 1, 1))
        self.register_buffer("made_for", torch.zeros(16))

    def forward(self, x):
        return softplus(self.layers(x)[:, 0])


class Length(nn.Module):
    """The length of the descriptor as its score: nothing is learnt. float32 B x C x H x W -> B x H x W."""

    def forward(self, x):
        return x.norm(dim=1)


def attention_of(backbone, path=WEIGHTS / "delf_attention.safetensors"):
    """The attention for a network: the trained one for MiniVGG (`data_scripts/train_delf.py`), else the length.

    Raises:
        FileNotFoundError, ValueError: missing, damaged, or made for other weights.
    """
    if backbone.name != "minivgg":
        return Length().eval()
    network = load_into(PositionAttention(), path, "attention of DELF", "train_delf.py")
    require_made_for(network, backbone, path)
    return network


def layer_of(backbone):
    """The Layer of a network. ValueError for a network whose layers were not looked into."""
    if backbone.name not in LAYERS:
        raise ValueError(f"It is not known where the positions of {backbone.name} look. Known are: {', '.join(LAYERS)}.")
    return LAYERS[backbone.name]


class DelfFeatures:
    """Detector and descriptor; speaks `protocols.LocalFeatures`.

    Args:
        backbone: `backbones.Backbone`. attention: module, maps -> scores; None takes `attention_of`.
        pca: fitted `PCA`, or None for the descriptors as they are, of unit length.
        max_points: keep this many positions, the highest scores first. least: the smallest score. scales: sizes of the picture.
    """

    def __init__(self, backbone, attention=None, pca=None, max_points=400, least=0.0, scales=SCALES):
        if max_points < 1 or not len(scales) or min(scales) <= 0:
            raise ValueError(f"max_points must be at least 1 and the scales above 0; got {max_points} and {scales}.")
        self.backbone, self.attention, self.pca = backbone, attention_of(backbone) if attention is None else attention, pca
        self.max_points, self.least, self.scales = max_points, least, tuple(scales)
        self.weights = backbone.fingerprint(), digest(self.attention)  # so that caches know them
        self.axes = None if pca is None else np.asarray(pca.components_)

    def detect(self, image):
        """uint8 H x W x 3 -> points float32 N x 4 (x, y, width of a position in pixels, angle 0), descriptors float32 N x D."""
        points, rows, scores = self.dense(image)
        order = np.argsort(-scores, kind="stable")[: self.max_points]
        order = order[scores[order] > self.least]
        rows = rows[order]
        return points[order], rows if self.pca is None or not len(rows) else self.pca.transform(rows)

    @torch.inference_mode()
    def dense(self, image):
        """Every position of every size: points float32 N x 4, descriptors float32 N x C of unit length, scores float32 N."""
        longest, layer = max(require_rgb(image).shape[:2]), layer_of(self.backbone)
        points, rows, scores = [], [], []
        for scale in self.scales:
            small = resized(image, max(1, round(scale * longest)))
            maps = self.backbone.maps(small, layer.name)
            points.append(places(maps.shape[2:], layer, small.shape, image.shape))
            rows.append(normalize(maps, dim=1)[0].flatten(1).T.numpy())
            scores.append(self.attention(maps)[0].flatten().numpy())
        return np.concatenate(points), np.concatenate(rows), np.concatenate(scores)


def places(size, layer, small, whole):
    """Where the positions of a map look: pixels of the whole picture.

    Args:
        size: (h, w) of the map. layer: Layer. small, whole: shapes of the picture that went in, and of the original.

    Returns:
        float32 h w x 4: x, y, width of a position, angle 0.
    """
    y, x = (g.ravel() for g in np.meshgrid(np.arange(size[0]), np.arange(size[1]), indexing="ij"))
    shrunk = np.array([small[1] / whole[1], small[0] / whole[0]])
    at = (np.stack([x, y], axis=1) * layer.stride + layer.offset + 0.5) / shrunk - 0.5  # pixel centres
    return np.c_[at, np.full(len(at), layer.stride / shrunk[0]), np.zeros(len(at))].astype(np.float32)
