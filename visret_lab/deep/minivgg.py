"""MiniVGG: VGG's plan and names at a size that a notebook can carry.

Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015: blocks of 3 x 3
convolutions, each followed by a ReLU, and a 2 x 2 maximum pooling behind each block; then three fully connected layers.
"""

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

WIDTHS = ((16,), (32,), (64, 64), (128, 128), (160, 160))  # channels of conv1_1 ... conv5_2
HIDDEN = 256  # numbers of fc6 and fc7
DROPOUT = 0.2  # VGG's half is for layers of 4,096 numbers
FIELD = 4  # fc6 sees a map of 4 x 4 positions: an image of 128 x 128 pixels
MEAN, DEVIATION = (118.0, 118.0, 118.0), (64.0, 64.0, 64.0)  # round numbers: the training must only use the same


class MiniVGG(nn.Module):
    """The network, without batch normalisation.

    Images of any size go through the convolutions; what fc6 sees is their last map, averaged to 4 x 4 positions.

    Args:
        classes: of fc8.
        normalise: put a batch normalisation behind each convolution, to train with; `folded` takes it away again.
    """

    def __init__(self, classes, normalise=False):
        super().__init__()
        parts, before = [], 3
        for block in WIDTHS:
            for width in block:
                parts.append(nn.Conv2d(before, width, 3, padding=1, bias=not normalise))
                parts += [nn.BatchNorm2d(width)] * normalise + [nn.ReLU(inplace=True)]
                before = width
            parts.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*parts)
        self.pool = nn.AdaptiveAvgPool2d(FIELD)
        self.classifier = nn.Sequential(nn.Linear(before * FIELD**2, HIDDEN), nn.ReLU(inplace=True), nn.Dropout(DROPOUT),
                                        nn.Linear(HIDDEN, HIDDEN), nn.ReLU(inplace=True), nn.Dropout(DROPOUT),
                                        nn.Linear(HIDDEN, classes))
        self.apply(_start)

    def forward(self, x):
        """float32 B x 3 x H x W, both sides at least 32 -> float32 B x classes."""
        return self.classifier(self.pool(self.features(x)).flatten(1))


def _start(layer):
    """First weights: normal, of variance 2 / (numbers that go in), so that the signal keeps its size behind each ReLU (He et al., ICCV
    2015); no shift."""
    if isinstance(layer, (nn.Conv2d, nn.Linear)):
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def vgg_layers(widths):
    """VGG's names and the paths of their modules: widths is a list of how many convolutions each block has, e.g. (2, 2, 3, 3, 3)."""
    names, node = {}, 0
    for block, count in enumerate(widths, 1):
        for i in range(1, count + 1):
            names[f"conv{block}_{i}"] = f"features.{node + 1}"  # convolution, then ReLU
            node += 2
        names[f"pool{block}"] = f"features.{node}"
        node += 1
    return names


def layers():
    """MiniVGG's names and paths: conv1_1 ... conv5_2 behind their ReLU, pool1 ... pool5, fc6 and fc7 behind their ReLU."""
    return vgg_layers([len(block) for block in WIDTHS]) | {"fc6": "classifier.1", "fc7": "classifier.4"}


def folded(network):
    """The same function without batch normalisation: each is a factor and a shift, and goes into its convolution.

    Args:
        network: MiniVGG with normalise=True, trained.

    Returns:
        MiniVGG with normalise=False, in evaluation mode, with equal outputs up to rounding.
    """
    network = network.eval()
    plain = MiniVGG(network.classifier[-1].out_features).eval()
    old, new = iter(network.features), iter(plain.features)
    with torch.no_grad():
        for target in new:
            if isinstance(target, nn.Conv2d):
                fused = fuse_conv_bn_eval(_next(old, nn.Conv2d), _next(old, nn.BatchNorm2d))
                target.weight.copy_(fused.weight)
                target.bias.copy_(fused.bias)
    plain.classifier.load_state_dict(network.classifier.state_dict())
    return plain


def _next(parts, kind):
    """The next part of a kind."""
    return next(part for part in parts if isinstance(part, kind))
