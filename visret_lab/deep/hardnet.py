"""HardNet: the descriptor of a patch, learnt.

Mishchuk, Mishkin, Radenovic and Matas, "Working hard to know your neighbor's margins: local descriptor learning loss", NeurIPS 2017.
Seven convolutions, the plan of L2-Net (Tian et al., CVPR 2017); two of them go in steps of 2 instead of pooling; the last one sees the
whole map of 8 x 8 positions. Behind each stands a batch normalisation that learns no factor and no shift, then a ReLU; behind the last
there is no ReLU, but an L2: descriptors are points on a sphere, as SIFT's are.
"""

import torch
from torch import nn
from torch.nn.functional import normalize

from visret_lab.deep.patches import SIDE, normalised
from visret_lab.deep.published_weights import load_published
from visret_lab.deep.shipped import WEIGHTS, load_into, read_weights

WIDTHS = (32, 32, 64, 64, 128, 128)  # the published plan: 1,334,560 weights
NARROW = (16, 16, 32, 32, 64, 64)  # half of it, which is what ships here: 595,856
STRIDES = (1, 1, 2, 1, 2, 1)
DROPOUT = 0.3
GAIN = 0.6  # of the orthogonal first weights


class HardNet(nn.Module):
    """float32 B x 1 x 32 x 32, any light -> B x dimension, unit length.

    Args:
        widths: channels of the first six convolutions. dimension: of the descriptor. dropout: before the last convolution.
    """

    def __init__(self, widths=WIDTHS, dimension=128, dropout=DROPOUT):
        super().__init__()
        self.widths, self.dimension = tuple(widths), dimension
        parts, before = [], 1
        for width, stride in zip(widths, STRIDES, strict=True):
            parts += [nn.Conv2d(before, width, 3, stride, padding=1, bias=False), nn.BatchNorm2d(width, affine=False), nn.ReLU()]
            before = width
        parts += [nn.Dropout(dropout), nn.Conv2d(before, dimension, SIDE // 4, bias=False), nn.BatchNorm2d(dimension, affine=False)]
        self.features = nn.Sequential(*parts)
        for part in self.features:
            if isinstance(part, nn.Conv2d):
                nn.init.orthogonal_(part.weight, GAIN)

    def forward(self, x):
        if x.shape[1:] != (1, SIDE, SIDE):
            raise ValueError(f"HardNet takes patches of B x 1 x {SIDE} x {SIDE}; got {tuple(x.shape)}.")
        return normalize(self.features(normalised(x.float())).flatten(1).float(), dim=1)


def hardnet(path=WEIGHTS / "hardnet.safetensors"):
    """The narrow HardNet that ships here, trained on painted houses (`data_scripts/train_hardnet.py`).

    Raises:
        FileNotFoundError: no such file. ValueError: the file is damaged, or holds another network. Both say how to make it again.
    """
    weights = read_weights(path, "HardNet", "train_hardnet.py")
    return load_into(HardNet(NARROW), path, "HardNet", "train_hardnet.py", weights)


def published(path):
    """A HardNet with weights in the authors' form: a file of torch with "state_dict", or the dict itself.

    Raises:
        FileNotFoundError: no such file. ValueError: no HardNet of the published plan in it.
    """
    return load_published(HardNet(), path, "HardNet", "github.com/DagnyT/hardnet")
