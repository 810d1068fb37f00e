"""From the maps of a convolution to one vector: MAC, SPoC, CroW, GeM.

Maps are float B x C x H x W, not negative (they stand behind a ReLU). Each pooling is a function, B x C x H x W -> B x C, and
an `nn.Module` of the same name in capitals. None of them brings the vector to unit length: that is a step of its own.
"""

import math

import torch
from torch import nn


def mac(x):
    """Maximum activation of each channel (Tolias, Sicre, Jegou, ICLR 2016, equation 2): B x C x H x W -> B x C."""
    return require_maps(x).amax(dim=(2, 3))


def spoc(x, prior=True):
    """Sum-pooled convolutions (Babenko and Lempitsky, ICCV 2015).

        f_c = sum over y, x of a(y, x) x_c(y, x),    a(y, x) = exp(-(dy^2 + dx^2) / (2 sigma^2))

    Args:
        x: float B x C x H x W.
        prior: weigh positions by `center_prior`; False: a = 1, the plain sum.

    Returns:
        B x C.
    """
    require_maps(x)
    if not prior:
        return x.sum(dim=(2, 3))
    return x.flatten(2) @ center_prior(*x.shape[2:], device=x.device, dtype=x.dtype).flatten()


def center_prior(height, width, **options):
    """The centre prior of SPoC: H x W, 1 at the centre of the map.

    sigma is a third of the distance from the centre to the nearest border: min(H, W) / 6. dy and dx are counted from the middle
    of the map, which lies between two positions when the side is even. BLCF has another prior (`blcf_prior` in its chapter).
    """
    sigma = min(height, width) / 6
    y, x = (torch.arange(n, **options) - (n - 1) / 2 for n in (height, width))
    return torch.exp(-(y[:, None] ** 2 + x**2) / (2 * sigma**2))


def gem(x, p=3.0, eps=1e-6):
    """Generalised mean (Radenovic, Tolias, Chum, TPAMI 2019, equation 3).

        f_c = (1 / (H W) sum over y, x of max(x_c(y, x), eps)^p)^(1/p)

    p = 1 is the mean, p to infinity the maximum. eps keeps the gradient of the root finite where a map is all zero.

    Args:
        x: float B x C x H x W. p: number above 0, or a tensor of one value, or of C values (one a channel).

    Returns:
        B x C.
    """
    x = require_maps(x).clamp(min=eps)
    p = p.reshape(1, -1, 1, 1) if torch.is_tensor(p) else p
    u = 1
    if _out_of_range(x, p):  # as 1,000^30; but GeM of x is u times GeM of x / u
        u = x.detach().amax(dim=(2, 3), keepdim=True)
        x = x / u
    mean = x.pow(p).mean(dim=(2, 3), keepdim=True)
    return (u * mean.pow(1 / p)).flatten(1)


def _out_of_range(x, p):
    """Whether the sum of the powers of a map is more than its dtype holds, or their mean less. Both are near the largest power."""
    largest = x.detach().amax(dim=(2, 3), keepdim=True)
    reach = (p * largest.log()).abs() + math.log(x.shape[2] * x.shape[3])
    return not (reach < -math.log(torch.finfo(x.dtype).tiny)).all()


def crow(x, a=2.0, b=2.0):
    """Cross-dimensional weighting (Kalantidis, Mellina, Osindero, ECCV workshops 2016): positions and channels are weighed.

        f_c = I_c sum over y, x of S(y, x) x_c(y, x)

    Args:
        x: float B x C x H x W. a, b: of `spatial_weights`.

    Returns:
        B x C.
    """
    weighted = require_maps(x).flatten(2) @ spatial_weights(x, a, b).flatten(1)[:, :, None]
    return weighted[..., 0] * channel_weights(x)


def spatial_weights(x, a=2.0, b=2.0):
    """Weights of the positions: where many channels fire.

        S' = sum over c of x_c,    S = (S' / (sum S'^a)^(1/a))^(1/b)

    The published code has a = 2, b = 2; a = 0.5, b = 2 is quoted for the paper. Where nothing fires at all, S is 0.

    Args:
        x: float B x C x H x W.

    Returns:
        B x H x W.
    """
    total = require_maps(x).sum(dim=1)
    norm = total.pow(a).sum(dim=(1, 2), keepdim=True).pow(1 / a)
    return torch.where(norm > 0, total / norm.clamp(min=torch.finfo(x.dtype).tiny), 0).pow(1 / b)


def channel_weights(x):
    """Weights of the channels: rare ones count more, as a rare word does by its idf.

        Q_c: share of positions with x_c > 0,    I_c = log(sum over k of Q_k / Q_c),  0 where the channel is silent

    A small number added to every Q would give the silent channels the largest weight of all.

    Args:
        x: float B x C x H x W.

    Returns:
        B x C.
    """
    share = (require_maps(x) > 0).to(x.dtype).mean(dim=(2, 3))
    ratio = share.sum(dim=1, keepdim=True) / torch.where(share > 0, share, 1)
    return torch.where(share > 0, ratio.clamp(min=1).log(), 0)


class MAC(nn.Module):
    """`mac` as a layer."""

    def forward(self, x):
        """B x C x H x W -> B x C."""
        return mac(x)


class SPoC(nn.Module):
    """`spoc` as a layer."""

    def __init__(self, prior=True):
        super().__init__()
        self.prior = prior

    def forward(self, x):
        """B x C x H x W -> B x C."""
        return spoc(x, self.prior)


class CroW(nn.Module):
    """`crow` as a layer."""

    def __init__(self, a=2.0, b=2.0):
        super().__init__()
        self.a, self.b = a, b

    def forward(self, x):
        """B x C x H x W -> B x C."""
        return crow(x, self.a, self.b)


class GeM(nn.Module):
    """`gem` as a layer whose p can be learnt.

    Args:
        p: where it starts. channels: None for one p, or C for one a channel. eps: as `gem`.
    """

    def __init__(self, p=3.0, channels=None, eps=1e-6):
        super().__init__()
        if not p > 0:
            raise ValueError(f"p must be above 0, not {p}.")
        self.p, self.eps = nn.Parameter(torch.full((channels or 1,), float(p))), eps

    def forward(self, x):
        """B x C x H x W -> B x C."""
        return gem(x, self.p, self.eps)


def over_scales(vectors, p=1.0):
    """One vector from those of several sizes of an image, by the generalised mean.

        f = (1/S sum over s of f_s^p)^(1/p)

    Args:
        vectors: float S x B x C, one slice a size; not negative where p is not 1.
        p: 1 is the mean; the p of GeM where no whitening follows (Radenovic et al., TPAMI 2019, section 5.2).

    Returns:
        B x C.

    Raises:
        ValueError: no size, or negative entries with p other than 1.
    """
    if vectors.dim() != 3 or not len(vectors):
        raise ValueError(f"vectors must be S x B x C with at least one size; got shape {tuple(vectors.shape)}.")
    if p == 1:
        return vectors.mean(dim=0)
    if (vectors < 0).any():
        raise ValueError(f"The generalised mean with p = {p:g} is for entries that are not negative; take p = 1 behind a whitening.")
    return vectors.pow(p).mean(dim=0).pow(1 / p)


def require_maps(x):
    """Check maps, float B x C x H x W with at least one position, and return them. ValueError otherwise."""
    if not torch.is_tensor(x) or x.dim() != 4 or not x.is_floating_point():
        raise ValueError(f"Maps must be a float tensor B x C x H x W; got {type(x).__name__} of shape {tuple(getattr(x, 'shape', ()))}.")
    if not x.shape[2] or not x.shape[3]:
        raise ValueError(f"The maps have no position ({x.shape[2]} x {x.shape[3]}): the image is smaller than what the network needs "
                         "for one. Enlarge the image, or take an earlier layer.")
    return x
