"""Class activation maps: where does a network see what it says? And a vector that looks at the picture once for each class.

Zhou, Khosla, Lapedriza, Oliva, Torralba, "Learning deep features for discriminative localization", CVPR 2016.
Jimenez, Alvarez, Giro-i-Nieto, "Class-weighted convolutional features for visual instance search", BMVC 2017.

It takes a network that ends with the mean of its last maps and one linear layer. Then sum and mean may change places:

    score_k = b_k + sum over c of w_kc mean over y, x of f_c(y, x) = b_k + mean over y, x of M_k(y, x)
    M_k(y, x) = sum over c of w_kc f_c(y, x)
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from visret_lab.arrays import l2_normalize
from visret_lab.deep.pooling import channel_weights, require_maps
from visret_lab.deep.shipped import WEIGHTS, load_into
from visret_lab.worlds.categories import CATEGORIES


class Head(NamedTuple):
    """The linear layer behind the mean. layer: whose maps it reads. weight: float32 K x C. bias: float32 K. names: of the K classes."""

    layer: str
    weight: np.ndarray
    bias: np.ndarray
    names: tuple[str, ...]


def head_of(backbone, path=WEIGHTS / "cam_head.safetensors"):
    """The head of a backbone: SqueezeNet's and MobileNetV2's own; for MiniVGG, which ends with three layers, one trained for it.

    Args:
        backbone: `backbones.Backbone`. path: of MiniVGG's head (`data_scripts/train_attention.py`).

    Raises:
        FileNotFoundError, ValueError: MiniVGG's head is missing, damaged, or made for other weights of MiniVGG.
        ValueError: a network that has no such head.
    """
    if backbone.name == "minivgg":
        names = tuple(", ".join(part for part in c if part != "none") for c in CATEGORIES)
        layer = load_into(HeadOfMiniVGG(), path, "head of MiniVGG", "train_attention.py")
        require_made_for(layer, backbone, path)
        return Head("conv5_2", layer.weight.numpy(), layer.bias.numpy(), names)
    from torchvision import models  # not above: it takes longer than torch itself, and MiniVGG does without

    names = tuple(models.MobileNet_V2_Weights.DEFAULT.meta["categories"])
    if backbone.name == "squeezenet1_0":
        last = backbone.network.classifier[1]
        return Head("fire9", last.weight.detach()[:, :, 0, 0].numpy(), last.bias.detach().numpy(), names)
    if backbone.name == "mobilenet_v2":
        last = backbone.network.classifier[1]
        return Head("conv_last", last.weight.detach().numpy(), last.bias.detach().numpy(), names)
    raise ValueError(f"{backbone.name} does not end with a mean and one linear layer, so it has no class activation maps. SqueezeNet, "
                     "MobileNetV2 and MiniVGG (with its trained head) have.")


class HeadOfMiniVGG(nn.Linear):
    """160 channels of conv5_2 -> 48 categories, and a mark of the MiniVGG that it was made for."""

    def __init__(self):
        super().__init__(160, len(CATEGORIES))
        self.register_buffer("made_for", torch.zeros(16))


def mark(backbone):
    """The fingerprint of a backbone as 16 numbers 0 to 15, to be kept with what was trained on it: float32 16."""
    return torch.tensor([int(digit, 16) for digit in backbone.fingerprint()], dtype=torch.float32)


def require_made_for(module, backbone, path):
    """ValueError when a trained part carries the mark of other weights than those of the backbone."""
    if not torch.equal(module.made_for, mark(backbone)):
        raise ValueError(f"{path} was trained on other weights of {backbone.name}. Train it again: the script of its name in data_scripts/.")


def scores(x, head):
    """What the network says, before any softmax: float32 B x C x h x w -> B x K."""
    return x.mean(dim=(2, 3)) @ torch.from_numpy(head.weight).T + torch.from_numpy(head.bias)


def activation(x, head, classes):
    """M_k for some classes: float32 B x C x h x w, int n -> B x n x h x w, of either sign.

    Raises:
        ValueError: maps with another number of channels than the head reads.
    """
    if require_maps(x).shape[1] != head.weight.shape[1]:
        raise ValueError(f"The maps have {x.shape[1]} channels, the head reads {head.weight.shape[1]}. Take the maps of {head.layer}.")
    return torch.einsum("kc,bchw->bkhw", torch.from_numpy(head.weight[np.asarray(classes)]), x)


def unit_maps(found):
    """Class activation maps in 0 to 1: what speaks against the class is set to 0, and each map is divided by its largest value.

    Args:
        found: float B x n x h x w, of `activation`. A map without a positive value becomes all zero.
    """
    positive = found.clamp(min=0)
    most = positive.amax(dim=(2, 3), keepdim=True)
    return positive / torch.where(most > 0, most, 1)


def class_vectors(x, head, classes):
    """One vector a class: positions weighed by the class's map, channels by CroW's weights (`pooling.channel_weights`).

        f_kc = I_c sum over y, x of M_k(y, x) f_c(y, x),    M_k in 0 to 1

    Args:
        x: float32 B x C x h x w. classes: int n.

    Returns:
        B x n x C; a row of zeros where nothing speaks for the class.
    """
    weights = unit_maps(activation(x, head, classes))
    return torch.einsum("bkhw,bchw->bkc", weights, x) * channel_weights(x)[:, None]


def reduced(vectors, reducer=None):
    """Each class's vector brought to length 1, reduced, brought to length 1: float32 M x n x C -> M x n x D.

    Args:
        vectors: as float32 arrays. reducer: fitted `compact.pca.PCA` with L2 before and after, or None.
    """
    m, n, c = vectors.shape
    rows = l2_normalize(vectors.reshape(m * n, c))
    if reducer is not None:
        rows = np.where(rows.any(axis=1, keepdims=True), reducer.transform(rows), np.float32(0))  # an empty class stays empty
    return rows.reshape(m, n, -1)


def aggregate(vectors, reducer=None):
    """Sum over the classes of `reduced`, brought to length 1: float32 M x n x C -> M x D."""
    return l2_normalize(reduced(vectors, reducer).sum(axis=1))
