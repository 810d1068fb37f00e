"""A picture -> what an index keeps of it: one global vector, local features in a compact form, and its size."""

import hashlib
import time
from collections import Counter
from functools import cache
from typing import NamedTuple

import cv2
import numpy as np
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.compact.pca import PCA
from visret_lab.datasets.image_io import crop
from visret_lab.deep.backbones import mobilenet, squeezenet
from visret_lab.deep.end_to_end import backbone_of, shipped
from visret_lab.deep.extract import resized
from visret_lab.deep.hardnet import hardnet
from visret_lab.deep.local import PatchFeatures
from visret_lab.deep.pooling import GeM
from visret_lab.deep.shipped import digest
from visret_lab.features.images import require_rgb
from visret_lab.features.local import SIFT

LEAST = 64  # pixels of the shorter side that go into a network; narrower pictures are continued at their border
PLACES = 16  # steps a pixel in which the place of a local feature is kept: up to 4,095 pixels in 16 bits
STEP = 1 / 512  # of a descriptor of unit length, in 8 bits; larger entries are cut off


class Described(NamedTuple):
    """What is kept of a picture.

    vector: float32 D, unit length. points: uint16 M x 2, place in the picture of `local_side` pixels, in 1/16 pixel.
    descriptors: uint8 M x 128 (0 where there are no local features). size: (width, height) of the file in pixels.
    """

    vector: np.ndarray
    points: np.ndarray
    descriptors: np.ndarray
    size: tuple

    @property
    def nbytes(self):
        """Bytes of the vector and of the local features."""
        return self.vector.nbytes + self.points.nbytes + self.descriptors.nbytes


@cache
def network(name):
    """A network by its name: (Backbone, layer, pooling, digest of both).

    "gem" and "rmac" were trained on painted buildings and come with the package (chapter 17). "squeezenet" and "mobilenet" know
    photographs; their files are fetched by `visret data get`.

    Raises:
        ValueError: no such network, or a damaged file. DataError: a file that cannot be had.
    """
    if name in ("gem", "rmac"):
        whole = shipped(f"end_to_end_{name}", {"gem": "GeM", "rmac": "R-MAC"}[name])
        return backbone_of(whole, f"end_to_end_{name}"), "conv5_2", whole.head, digest(whole)
    if name not in ("squeezenet", "mobilenet"):
        raise ValueError(f"There is no network {name!r}. There are: gem, rmac, squeezenet, mobilenet.")
    backbone, layer = (squeezenet(), "fire9") if name == "squeezenet" else (mobilenet(), "conv_last")
    return backbone, layer, GeM().requires_grad_(False), backbone.fingerprint()


def fuse_sizes(vectors):
    """One vector from those of several sizes: float S x D, or S x N x D -> float32 D, or N x D. Each counts the same."""
    return l2_normalize(l2_normalize(np.asarray(vectors, np.float32)).mean(axis=0))


def fuse_networks(vectors):
    """One vector from those of several networks: list of float D_e, or N x D_e -> float32 sum of D_e, unit length.

    The inner product of two of them is the mean of the cosines of the networks.
    """
    return l2_normalize(np.concatenate([l2_normalize(np.asarray(v, np.float32)) for v in vectors], axis=-1))


def learn_whitening(vectors, power=0.5):
    """PCA-whitening from vectors of other pictures, float N x D (already of several sizes): fitted `PCA`, unit length before and after."""
    return PCA(power=power, l2_before=True, l2_after=True).fit(vectors)


class Describer:
    """Describes pictures by a recipe.

    Args:
        recipe: Recipe. whitening: dict name of a network -> fitted PCA, for a recipe that whitens. None comes with the package: on the
            pictures that the recipes were chosen on it did harm.

    Raises:
        ValueError: whitening is missing, or a file of weights is damaged. DataError: weights that cannot be had.

    Attributes:
        weights: str that changes when a weight does. seconds: Counter, what the stages "network" and "local" took so far.
    """

    def __init__(self, recipe, whitening=None):
        self.recipe, self.seconds = recipe, Counter()
        self.networks = {name: network(name) for name in recipe.networks}
        self.whitening = dict(whitening or {}) if recipe.whiten else {}
        if recipe.whiten and set(self.whitening) != set(recipe.networks):
            raise ValueError(f"This recipe whitens, and needs one fitted PCA for each of {', '.join(recipe.networks)} "
                             "(describe.learn_whitening, from other pictures). Give them, or take whiten=False.")
        self.detector = detector_of(recipe)
        made = [(name, one[3]) for name, one in self.networks.items()]
        made += [(name, hash_of(p.mean_, p.components_, p.variance_)) for name, p in self.whitening.items()]
        self.weights = repr(made + [getattr(self.detector, "weights", "")])

    @property
    def fingerprint(self):
        """Of the recipe with these weights."""
        return self.recipe.fingerprint(self.weights)

    def __call__(self, image, box=None):
        """Describe a picture, or the part of it in a box.

        Args:
            image: uint8 H x W x 3, RGB. box: (x0, y0, x1, y1) in pixels or None. The part is shrunk as the whole picture would be, so
                that what is asked for keeps its size beside the database.

        Returns:
            Described.

        Raises:
            ValueError: not a picture. ImageError: a box that does not fit.
        """
        height, width = require_rgb(image).shape[:2]
        part, longest = crop(image, box), max(height, width)
        start = time.perf_counter()
        vector = self.global_vector(part, longest)
        between = time.perf_counter()
        points, descriptors = self.local(part, longest)
        self.seconds.update(network=between - start, local=time.perf_counter() - between)
        return Described(vector, points, descriptors, (width, height))

    @torch.inference_mode()
    def global_vector(self, part, longest):
        """float32 D of a part of a picture whose longer side has `longest` pixels: sizes, then whitening, then the networks."""
        found = []
        for name, (backbone, layer, pool, _) in self.networks.items():
            sizes = [pool(backbone.maps(_fitting(part, side, longest), layer))[0].numpy() for side in self.recipe.sides]
            vector = fuse_sizes(sizes)
            found.append(self.whitening[name].transform(vector[None])[0] if name in self.whitening else vector)
        return fuse_networks(found)

    def local(self, part, longest):
        """Local features, packed: (uint16 M x 2, uint8 M x 128)."""
        if self.detector is None:
            return np.zeros((0, 2), np.uint16), np.zeros((0, 128), np.uint8)
        side = max(1, round(self.recipe.local_side * max(part.shape[:2]) / longest))
        points, rows = self.detector.detect(_padded(resized(part, side)))
        return pack(points, rows, signed=self.recipe.local == "hardnet")


def detector_of(recipe):
    """The local features of a recipe: a detector, or None."""
    if recipe.local == "none":
        return None
    return SIFT(recipe.points) if recipe.local == "rootsift" else PatchFeatures(hardnet(), recipe.points)


def pack(points, rows, signed=False):
    """Local features in 132 bytes each instead of 528: (points float M x 4, descriptors float M x 128) -> (uint16 M x 2, uint8 M x 128).

    An entry of RootSIFT, from 0 to 1 and nearly always below 1/2, becomes a number of steps of 1/512. Entries with a sign are shifted.
    """
    places = np.clip(np.rint(np.asarray(points)[:, :2] * PLACES), 0, 65535).astype(np.uint16)
    steps = np.rint(np.asarray(rows) / STEP)
    return places, np.clip(steps / 2 + 128 if signed else steps, 0, 255).astype(np.uint8)


def unpack(points, descriptors, signed=False):
    """Packed features back to (float32 M x 2 in pixels, float32 M x 128 of unit length)."""
    rows = descriptors.astype(np.float32)
    return points.astype(np.float32) / PLACES, l2_normalize(2 * (rows - 128) if signed else rows)


def hash_of(*arrays):
    """16 hexadecimal digits of some arrays."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()[:16]


def _fitting(part, side, longest):
    return _padded(resized(part, max(1, round(side * max(part.shape[:2]) / longest))))


def _padded(image):
    """The picture continued at its right and lower border until its sides have LEAST pixels: a network needs some positions."""
    more = [max(0, LEAST - n) for n in image.shape[:2]]
    return cv2.copyMakeBorder(image, 0, more[0], 0, more[1], cv2.BORDER_REPLICATE) if any(more) else image
