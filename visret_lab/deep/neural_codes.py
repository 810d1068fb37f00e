"""Neural codes: what the last layers of a network say of an image, taken as its vector, of the whole image or of windows.

Babenko, Slesarev, Chigorin, Lempitsky, "Neural codes for image retrieval", ECCV 2014; Razavian, Azizpour, Sullivan, Carlsson,
"CNN features off-the-shelf: an astounding baseline for recognition", CVPR workshops 2014.

The published steps behind a layer are L2, PCA, L2: `compact.pca.PCA(128, l2_before=True, l2_after=True)`.
"""

from copy import deepcopy
from functools import lru_cache

import numpy as np
import torch
from torch import nn

from visret_lab.arrays import as_rows
from visret_lab.deep.backbones import Backbone
from visret_lab.deep.extract import extract_vectors
from visret_lab.deep.taps import cut

# The vectors of fully connected layers before their ReLU.
LINEAR = {
    "alexnet": {"fc6 linear": "classifier.1", "fc7 linear": "classifier.4"},
    "vgg16": {"fc6 linear": "classifier.0", "fc7 linear": "classifier.3"},
}
SCORES = "scores"  # of the classes, before softmax
BLOCK = 1 << 24  # similarities that are held at a time


def code(x):
    """What a layer says of a whole image: a vector as it is, of maps the mean over the positions.

    Args:
        x: float B x C, or B x C x h x w.

    Returns:
        B x C. No unit length.
    """
    return x if x.dim() == 2 else x.mean(dim=(2, 3))


class EveryLayer(Backbone):
    """A network that gives the codes of all its named layers in one pass, one behind the other.

    As a `Backbone` it has one layer, "every", for `extract_vectors`; `split` takes its vectors apart again.

    Args:
        backbone: a Backbone. Its fully connected layers before their ReLU are added where it has such (MiniVGG, AlexNet, VGG16), and
            "scores", of the classes before softmax, for all.

    Attributes:
        names: list of the layers, in their order. sizes: list of int, numbers of each.
    """

    def __init__(self, backbone):
        network = deepcopy(backbone.network)
        for module in network.modules():
            if hasattr(module, "inplace"):
                module.inplace = False  # else a ReLU would overwrite what stood before it
        super().__init__(f"{backbone.name}-every", network, {"every": ""}, backbone.mean.flatten().tolist(),
                         backbone.deviation.flatten().tolist(), backbone.bgr)
        more = LINEAR.get(backbone.name, LINEAR["vgg16"] if "fc6" in backbone.layers else {})  # MiniVGG has VGG's plan
        self.nodes = {**backbone.layers, **more, SCORES: "classifier" if hasattr(network, "classifier") else "fc"}
        self.names = list(self.nodes)
        self._all = cut(network, self.nodes)
        with torch.inference_mode():
            found = self._codes(torch.zeros(1, 3, 128, 128))
        self.sizes = [found[name].shape[1] for name in self.names]

    def _codes(self, x):
        return {name: code(value) for name, value in self._all(x).items()}

    def forward(self, x, layer="every"):
        """float32 B x 3 x H x W -> B x D, all codes side by side. ValueError: another layer, or images that are too small."""
        return self.several(x, (layer,))[layer]

    def several(self, x, layers):
        """As `Backbone.several`, of the one layer "every"."""
        for layer in layers:
            self.require_layer(layer)
        try:
            found = self._codes(x)
        except RuntimeError as error:
            if "too small" in str(error) or "Kernel size" in str(error):
                raise ValueError(f"Images of {x.shape[3]} x {x.shape[2]} are too small for {self.name}: no position would be left for "
                                 "its last layers. Enlarge them (`longest`).") from error
            raise
        return {"every": torch.cat([found[name] for name in self.names], dim=1)}

    def split(self, rows):
        """float N x D -> dict layer -> N x its numbers."""
        parts = np.split(as_rows(rows, "rows", sum(self.sizes)), np.cumsum(self.sizes)[:-1], axis=1)
        return {name: np.ascontiguousarray(part) for name, part in zip(self.names, parts, strict=True)}

    def fingerprint(self):
        """As `Backbone.fingerprint`; it also changes with the layers."""
        return f"{super().fingerprint()} {self.nodes}"


def layer_codes(backbone, dataset, queries=False, longest=None):
    """Codes of all layers of a network, for every image of a set, or for every query cut to its box. Kept in the cache.

    Args:
        backbone: Backbone or EveryLayer. dataset, queries, longest: as `extract.extract_vectors`.

    Returns:
        dict layer -> float32 N x D: maps averaged over their positions; "fc6" and "fc7" behind their ReLU, "fc6 linear" and
        "fc7 linear" before it, where the network has them; "scores" of its classes, before softmax. No unit length.

    Raises:
        ValueError: an image that is too small for the network; it is named.
    """
    every = backbone if isinstance(backbone, EveryLayer) else EveryLayer(backbone)
    return every.split(extract_vectors(every, "every", nn.Identity(), dataset, queries, longest))


def windows(height, width, levels=3):
    """Windows of an image at several sizes: 1 + 4 + 9 + ... of them.

    Level l has l x l windows of the image's aspect, 2 / (l + 1) of its height and width, evenly spread: each covers half of its
    neighbour, and all of them the whole image.

    Args:
        height, width: of the image, in pixels. levels: how many, at least 1.

    Returns:
        int64 P x 4: x0, y0, x1, y1, the last two excluded; level by level, rows first.

    Raises:
        ValueError: a side or levels below 1.
    """
    if min(height, width, levels) < 1:
        raise ValueError(f"Windows need an image and levels of at least 1; got {height} x {width} and {levels} levels.")
    found = []
    for level in range(1, levels + 1):
        h, w = (max(1, round(2 * side / (level + 1))) for side in (height, width))
        tops, lefts = (np.linspace(0, side - part, level).round() for side, part in ((height, h), (width, w)))
        found += [(x, y, x + w, y + h) for y in tops for x in lefts]
    return np.array(found, np.int64)


class Windows:
    """The windows of the images of a set, as a set of images of its own, for `extract_vectors`.

    Args:
        dataset: a `protocols.Dataset`. levels: as `windows`. queries: windows of the queries, cut to their boxes, instead of the images.
    """

    def __init__(self, dataset, levels=3, queries=False):
        self.levels, self.queries = levels, []
        self.name, self.tier, self.version = f"{dataset.name}, windows", dataset.tier, dataset.version
        names = {(q.id, q.image_id, q.box): q for q in dataset.queries} if queries else {i: i for i in dataset.ids}
        self.each = sum(level**2 for level in range(1, levels + 1))
        self.ids = [(name, i) for name in names for i in range(self.each)]
        whole = (lambda name: dataset.query_image(names[name])) if queries else dataset.image
        self._whole = lru_cache(maxsize=8)(whole)  # a photograph is decoded once for all its windows

    def image(self, one):
        """uint8 h x w x 3 of a window (name of the image, number of the window)."""
        image = self._whole(one[0])
        x0, y0, x1, y1 = windows(*image.shape[:2], self.levels)[one[1]]
        return image[y0:y1, x0:x1]


def window_codes(backbone, layer, dataset, levels=3, queries=False, side=128, pool=code):
    """Codes of the windows of every image of a set, or of every query cut to its box, each brought to one size. Kept in the cache.

    Args:
        backbone, layer: of the codes. levels: as `windows`. side: pixels of the longer side of a window that goes into the network.
        pool: for a layer with maps.

    Returns:
        float32 N x P x D. No unit length.
    """
    cut = Windows(dataset, levels, queries)
    rows = extract_vectors(backbone, layer, pool, cut, longest=side, batch=32)
    return rows.reshape(-1, cut.each, rows.shape[1])


def smallest_distances(asked, base):
    """From each window of a query, the distance to the nearest window of each image.

        d(q_j, I) = min over p of |q_j - x_p|,    x_p the windows of image I

    |q - x|^2 = |q|^2 + |x|^2 - 2 q.x makes all distances from one matrix product.

    Args:
        asked: float Q x J x D, windows of the queries. base: float N x P x D, windows of the images.

    Returns:
        float32 Q x J x N.

    Raises:
        ValueError: other shapes, or NaN.
    """
    asked, base = require_windows(asked, "asked"), require_windows(base, "base", np.shape(asked)[-1])
    (count, parts, dim), (images, each, _) = asked.shape, base.shape
    rows, flat = asked.reshape(-1, dim), base.reshape(-1, dim)
    squares, step = (flat**2).sum(axis=1), max(1, BLOCK // len(flat))
    found = np.empty((len(rows), images), np.float32)
    for start in range(0, len(rows), step):
        part = rows[start : start + step]
        gaps = part @ (-2 * flat.T)
        gaps += squares
        found[start : start + step] = gaps.reshape(len(part), images, each).min(axis=2) + (part**2).sum(axis=1, keepdims=True)
    return np.sqrt(found.clip(min=0)).reshape(count, parts, images)


def spatial_distances(asked, base):
    """Spatial search (Razavian et al., 2014): the mean over the windows of a query of the distance to an image's nearest window.

        d(Q, I) = 1/J sum over j of min over p of |q_j - x_p|

    Args and errors: as `smallest_distances`.

    Returns:
        float32 Q x N; smaller is better.
    """
    asked = require_windows(asked, "asked")
    return np.concatenate([smallest_distances(part[None], base).mean(axis=1) for part in asked])


def require_windows(x, name, dim=None):
    """Check vectors of windows, N x P x D, and return them as float32. ValueError otherwise."""
    if np.ndim(x) != 3 or not all(np.shape(x)):
        raise ValueError(f"{name} must hold the vectors of windows, images x windows x D; got shape {np.shape(x)}. For one window an image "
                         "take x[:, None].")
    shape = np.shape(x)
    return as_rows(np.reshape(x, (-1, shape[2])), name, dim).reshape(shape)
