"""NetVLAD: the sums of residuals of VLAD as a layer, with soft assignments that can be learnt.

Arandjelovic, Gronat, Torii, Pajdla, Sivic, "NetVLAD: CNN architecture for weakly supervised place recognition", CVPR 2016.
A position's descriptor x_i, of unit length, is shared between K clusters:

    a_k(x) = exp(w_k.x + b_k) / sum over l of exp(w_l.x + b_l)
    v_k    = sum over positions i of a_k(x_i) (x_i - c_k)

Each v_k is brought to unit length, then all K of them together. w, b and c are learnt apart.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import normalize

from visret_lab.arrays import as_rows
from visret_lab.deep.pooling import require_maps

RATIO = 100.0  # on average, of the largest soft assignment and the second at the start


def netvlad(x, weight, bias, centers):
    """NetVLAD of maps.

    Args:
        x: float B x C x H x W. weight: float K x C. bias: float K, or None for zeros. centers: float K x C.

    Returns:
        B x (K C), cluster 0 first, unit length.
    """
    rows = normalize(require_maps(x).flatten(2), dim=1)  # B x C x positions
    scores = weight @ rows
    share = torch.softmax(scores if bias is None else scores + bias[:, None], dim=1)  # B x K x positions
    sums = share @ rows.transpose(1, 2) - share.sum(dim=2, keepdim=True) * centers
    return normalize(normalize(sums, dim=2).flatten(1), dim=1)


class NetVLAD(nn.Module):
    """`netvlad` as a layer.

    Args:
        centers: float K x C, words of unit-length descriptors. weight: float K x C. bias: float K, or None: then it has none.
    """

    def __init__(self, centers, weight, bias=None):
        super().__init__()
        self.centers, self.weight = (nn.Parameter(torch.as_tensor(x).clone().float()) for x in (centers, weight))
        self.bias = None if bias is None else nn.Parameter(torch.as_tensor(bias).clone().float())

    def forward(self, x):
        """B x C x H x W -> B x (K C), unit length."""
        return netvlad(x, self.weight, self.bias, self.centers)


def from_distances(descriptors, centers, ratio=RATIO):
    """The start of the paper's equation: soft assignments by squared distances.

        w_k = 2 alpha c_k,   b_k = -alpha |c_k|^2,   so that a_k is in proportion to exp(-alpha |x - c_k|^2)

    alpha is such that the nearest cluster gets, on average of the logarithm, `ratio` times as much as the second.

    Args:
        descriptors: float N x C, of unit length: what alpha is measured on. centers: float K x C, K at least 2.

    Returns:
        NetVLAD.

    Raises:
        ValueError: fewer than two centres, other sizes, or descriptors that are all as far from two of them.
    """
    centers = _require_centers(centers)
    squares = ((as_rows(descriptors, "descriptors", centers.shape[1])[:, None] - centers) ** 2).sum(axis=2)
    nearest = np.partition(squares, 1, axis=1)[:, :2]
    alpha = _alpha(nearest[:, 1] - nearest[:, 0], ratio)
    return NetVLAD(centers, 2 * alpha * centers, -alpha * (centers**2).sum(axis=1))


def from_directions(descriptors, centers, ratio=RATIO):
    """The start of the published code: soft assignments by inner products with the directions of the centres, without a bias.

        w_k = alpha c_k / |c_k|

    Args, returns, errors: as `from_distances`.
    """
    centers = _require_centers(centers)
    length = np.linalg.norm(centers, axis=1, keepdims=True)
    if not length.all():
        raise ValueError("A centre is 0 and has no direction. Was it learnt from empty positions?")
    products = as_rows(descriptors, "descriptors", centers.shape[1]) @ (centers / length).T
    largest = -np.partition(-products, 1, axis=1)[:, :2]
    return NetVLAD(centers, _alpha(largest[:, 0] - largest[:, 1], ratio) * centers / length)


def _require_centers(centers):
    centers = as_rows(centers, "centers")
    if len(centers) < 2:
        raise ValueError(f"Soft assignments need at least two centres; got {len(centers)}.")
    return centers


def _alpha(gaps, ratio):
    """The factor that makes exp(alpha x the mean gap) the wanted ratio."""
    mean = float(gaps.mean())
    if not mean > 0:
        raise ValueError("Every descriptor is as near to its second centre as to its first: alpha has no value. Learn centres that differ.")
    return np.log(ratio) / mean
