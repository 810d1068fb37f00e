"""A network for retrieval: a trunk of convolutions, a pooling, and whatever follows it, all of which can be trained together.

    f(I) = head(trunk(I)) / |head(trunk(I))|

With R-MAC as the head, and its PCA-whitening as a shift and a fully connected layer, this is the network of Gordo, Almazan, Revaud,
Larlus, ECCV 2016; with GeM that of Radenovic, Tolias, Chum, TPAMI 2019; with NetVLAD that of Arandjelovic et al., CVPR 2016.
"""

from copy import deepcopy

import numpy as np
import torch
from sklearn.cluster import KMeans
from torch import nn
from torch.nn.functional import normalize

from visret_lab.arrays import l2_normalize
from visret_lab.deep import minivgg as mini
from visret_lab.deep.backbones import Backbone
from visret_lab.deep.netvlad import NetVLAD, from_distances
from visret_lab.deep.pooling import GeM, MAC
from visret_lab.deep.rmac import RMAC
from visret_lab.deep.shipped import WEIGHTS, read_weights
from visret_lab.deep.trunk import Trunk

HEADS = ("R-MAC", "GeM", "MAC", "NetVLAD")


class EndToEnd(nn.Module):
    """float32 B x 3 x H x W -> B x D, unit length.

    Args:
        trunk: nn.Module, B x 3 x H x W -> maps B x C x h x w. head: nn.Module, maps -> B x D.
    """

    def __init__(self, trunk, head):
        super().__init__()
        self.trunk, self.head = trunk, head

    def forward(self, x):
        """See the class."""
        return normalize(self.head(self.trunk(x)), dim=1)


def with_trunk(backbone, head):
    """An `EndToEnd` that starts with the convolutions of a MiniVGG; all that is in it can be trained.

    Args:
        backbone: `backbones.minivgg()`, which stays as it is. head: nn.Module, maps -> B x D.
    """
    trunk = Trunk()
    trunk.load_state_dict({name: value for name, value in backbone.network.state_dict().items() if name in trunk.state_dict()})
    return EndToEnd(trunk, head).requires_grad_(True)


def netvlad_head(maps, clusters=16, rows=20_000, seed=0):
    """NetVLAD whose clusters start as k-means of the positions of some maps, and its assignments as the paper says.

    Args:
        maps: list of float32 C x h x w, of images to learn from. clusters: K. rows: positions that are taken, at most. seed: of their
            choice and of k-means.

    Returns:
        NetVLAD, C -> K C numbers.

    Raises:
        ValueError: fewer positions where something fires than clusters.
    """
    found = np.concatenate([x.reshape(len(x), -1).T for x in maps])
    found = l2_normalize(found[found.any(axis=1)])
    if len(found) < clusters:
        raise ValueError(f"{clusters} clusters cannot be learnt from {len(found)} positions where something fires. Give more maps.")
    rng = np.random.default_rng(seed)
    found = found[rng.choice(len(found), min(rows, len(found)), replace=False)]
    return from_distances(found, KMeans(clusters, n_init=3, random_state=seed).fit(found).cluster_centers_)


def empty_head(kind, channels, weights):
    """A head of a kind with the sizes that weights have; what is in it is not meant to be used."""
    if kind in ("GeM", "MAC"):
        return GeM() if kind == "GeM" else MAC()
    if kind == "NetVLAD":
        centers = torch.zeros_like(weights["head.centers"])
        return NetVLAD(centers, centers, torch.zeros(len(centers)) if "head.bias" in weights else None)
    if kind == "R-MAC":
        return RMAC(nn.Linear(channels, len(weights["head.whiten.bias"])))
    raise ValueError(f"There is no head {kind!r}. There are: {', '.join(HEADS)}.")


def shipped(name, kind):
    """A network that was trained here and comes with the package, by `data_scripts/train_end_to_end.py`.

    Args:
        name: of its weights, e.g. "end_to_end_rmac". kind: of its head, one of HEADS.

    Returns:
        EndToEnd, in evaluation mode, without gradients.

    Raises:
        FileNotFoundError: no such file. ValueError: the file is damaged or holds another network. Both say how to make it again.
    """
    path, script = WEIGHTS / f"{name}.safetensors", "train_end_to_end.py"
    weights = read_weights(path, name, script)
    try:
        network = EndToEnd(Trunk(), empty_head(kind, Trunk.out_channels, weights))
        network.load_state_dict(weights)
    except (KeyError, RuntimeError) as error:
        raise ValueError(f"{path} holds no network with the head {kind} ({error}). Make it again: python data_scripts/{script}") from error
    return network.eval().requires_grad_(False)


def backbone_of(network, name):
    """The trunk of a network as a `Backbone`, for maps that are cached: a copy; the network stays as it is.

    Args:
        network: EndToEnd over MiniVGG's convolutions. name: for caches and tables.
    """
    layers = {layer: node for layer, node in mini.layers().items() if node.startswith("features") and layer != "pool5"}
    return Backbone(name, deepcopy(network.trunk), layers, mini.MEAN, mini.DEVIATION)
