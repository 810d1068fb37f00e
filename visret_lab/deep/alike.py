"""ALIKE: one network that finds keypoints and describes them.

Zhao, Wu, Miao, Chen, Chen and Li, "ALIKE: accurate and lightweight keypoint detection and descriptor extraction", IEEE Transactions on
Multimedia 2022. Four blocks of convolutions at the sizes 1, 1/2, 1/8 and 1/32; their outputs are brought to the size of the picture and
put side by side; the last layer gives, in every pixel, a descriptor and a score. A keypoint is a score that no neighbour within 2 pixels
exceeds; its place within the pixel grid is the mean of the places around it, weighted by exp(score / t), and so has a gradient.
"""

import numpy as np
import torch
from torch import nn
from torch.nn.functional import grid_sample, interpolate, max_pool2d, normalize, pad, relu, unfold

from visret_lab.deep.published_weights import find_published, load_published, read_published
from visret_lab.deep.shipped import digest
from visret_lab.features.images import require_rgb

HOME = "github.com/Shiaoming/ALIKE"
RADIUS, TEMPERATURE = 2, 0.1


class Block(nn.Module):
    """Two 3 x 3 convolutions with batch normalisation; with `residual` the input goes around them."""

    def __init__(self, before, after, residual=True):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(before, after, 3, padding=1, bias=False), nn.BatchNorm2d(after)
        self.conv2, self.bn2 = nn.Conv2d(after, after, 3, padding=1, bias=False), nn.BatchNorm2d(after)
        self.downsample = nn.Conv2d(before, after, 1) if residual else None

    def forward(self, x):
        y = self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))
        return relu(y if self.downsample is None else y + self.downsample(x))


class ALIKE(nn.Module):
    """float32 B x 3 x H x W, 0 to 1, sides multiples of 32 -> (descriptors B x D x H x W of unit length, scores B x H x W in 0..1).

    Args:
        widths: channels of the four blocks. dimension: of the descriptor. single: one layer in the head, or two.
    """

    def __init__(self, widths, dimension, single=True):
        super().__init__()
        self.dimension, before = dimension, 3
        for number, width in enumerate(widths, 1):
            setattr(self, f"block{number}", Block(before, width, residual=number > 1))
            setattr(self, f"conv{number}", nn.Conv2d(width, dimension // 4, 1, bias=False))
            before = width
        self.convhead1 = None if single else nn.Conv2d(dimension, dimension, 1, bias=False)
        self.convhead2 = nn.Conv2d(dimension, dimension + 1, 1, bias=False)

    def forward(self, x):
        size, found = x.shape[2:], []
        for number, shrink in enumerate((1, 2, 4, 4), 1):
            x = getattr(self, f"block{number}")(max_pool2d(x, shrink) if shrink > 1 else x)
            y = relu(getattr(self, f"conv{number}")(x))
            found.append(y if number == 1 else interpolate(y, size, mode="bilinear", align_corners=True))
        y = torch.cat(found, dim=1)
        y = self.convhead2(y if self.convhead1 is None else relu(self.convhead1(y)))
        return normalize(y[:, :-1], dim=1), torch.sigmoid(y[:, -1])


def plan(weights):
    """The arguments of ALIKE from the shapes of its weights. ValueError where there are none of it."""
    try:
        widths = tuple(weights[f"block{n}.conv1.weight"].shape[0] for n in range(1, 5))
        return widths, weights["convhead2.weight"].shape[1], "convhead1.weight" not in weights
    except KeyError as error:
        raise ValueError(f"These are not the weights of ALIKE: {error} is missing.") from error


def alike(size="t", path=None):
    """ALIKE with its published weights.

    Args:
        size: "t", "s", "n" or "l", from tiny to large. path: of the file; None: from VISRET_MIRROR or the cache, else fetched.

    Raises:
        FileNotFoundError, DataError: no file. ValueError: another file or size.
    """
    path = find_published("alike", f"alike-{size}.pth") if path is None else path
    weights = read_published(path, "ALIKE", HOME)
    return load_published(ALIKE(*plan(weights)), path, "ALIKE", HOME, weights)


class ALIKEFeatures:
    """Detector and descriptor; speaks `protocols.LocalFeatures`.

    Args:
        network: ALIKE.
        max_points: keep this many points, the highest scores first. least: the smallest score.
    """

    def __init__(self, network, max_points=400, least=0.2):
        if max_points < 1:
            raise ValueError(f"max_points must be at least 1, not {max_points}.")
        self.network, self.max_points, self.least = network.eval(), max_points, least
        self.weights = digest(network)  # so that caches know it

    @torch.inference_mode()
    def detect(self, image):
        """uint8 H x W x 3 -> points float32 N x 4 (x, y, size 1, angle 0: it has neither), descriptors float32 N x D."""
        x = torch.from_numpy(np.ascontiguousarray(require_rgb(image))).permute(2, 0, 1)[None].float() / 255
        height, width = x.shape[2:]
        maps, scores = self.network(pad(x, (0, -width % 32, 0, -height % 32)))
        maps, scores = maps[:, :, :height, :width], scores[0, :height, :width]
        points, strength = keypoints(scores, self.max_points, self.least)
        if not len(points):
            return np.zeros((0, 4), np.float32), np.zeros((0, self.network.dimension), np.float32)
        places = 2 * points / torch.tensor([width - 1, height - 1]) - 1
        rows = normalize(grid_sample(maps, places[None, None], align_corners=True)[0, :, 0].T, dim=1)
        sizes = torch.tensor([[1.0, 0.0]]).expand(len(points), 2)
        return torch.cat([points, sizes], dim=1).numpy(), rows.numpy()


def keypoints(scores, max_points=400, least=0.2, radius=RADIUS, temperature=TEMPERATURE):
    """Places where the score is largest within `radius` pixels, moved to a part of a pixel.

        (x, y) = sum over the window of (x, y)_i softmax(s_i / t)

    Args:
        scores: float32 H x W tensor.

    Returns:
        (points float32 N x 2, scores float32 N), the highest first; at equal scores by place.
    """
    side = 2 * radius + 1
    top = (scores == max_pool2d(scores[None, None], side, 1, radius)[0, 0]) & (scores >= least)
    edge = radius + 1
    top[:edge], top[-edge:], top[:, :edge], top[:, -edge:] = False, False, False, False
    y, x = torch.nonzero(top, as_tuple=True)
    order = torch.argsort(scores[y, x], descending=True, stable=True)[:max_points]
    y, x = y[order], x[order]
    windows = unfold(scores[None, None], side, padding=radius)[0, :, y * scores.shape[1] + x]
    weights = torch.softmax(windows / temperature, dim=0)
    step = torch.arange(-radius, radius + 1, dtype=torch.float32)
    dy, dx = (d.reshape(-1, 1) for d in torch.meshgrid(step, step, indexing="ij"))
    return torch.stack([x + (weights * dx).sum(0), y + (weights * dy).sum(0)], dim=1), scores[y, x]
