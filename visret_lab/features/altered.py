"""The same data set with other pixels: every picture goes through a function on its way. Ids, queries and answers stay."""

import io
import zlib
from dataclasses import replace

import cv2
import numpy as np
from PIL import Image

from visret_lab.datasets.image_io import crop
from visret_lab.features.fingerprint import fingerprint
from visret_lab.features.resizing import resize_by, scaled_size


class Altered:
    """A data set whose pictures were changed; it speaks `protocols.Dataset`.

    Args:
        dataset: a Dataset.
        change: function (uint8 H x W x 3, image id, longer side of the whole picture) -> uint8 h x w x 3. Caches know it by its code and
            its values: a function of a module, or a functools.partial of one.
        crop_first: the query is cut to its box, and the part is changed; else the picture is changed, and the box is cut out of it. A
            change that moves pixels must crop first, since the boxes stay.
    """

    def __init__(self, dataset, change, crop_first=False):
        self.dataset, self.change, self.crop_first = dataset, change, crop_first
        mark = fingerprint(change) + ("c" if crop_first else "")
        self.name, self.version = f"{dataset.name}, altered", f"{dataset.version}-{mark}"
        self.tier, self.licence, self.ids, self.queries = dataset.tier, dataset.licence, dataset.ids, dataset.queries
        self.protocols, self.default_protocol = dataset.protocols, dataset.default_protocol

    def image(self, image_id):
        """uint8 H x W x 3: the changed picture."""
        image = self.dataset.image(image_id)
        return self.change(image, image_id, max(image.shape[:2]))

    def query_image(self, query):
        """uint8 h x w x 3: the part of the query's box."""
        if not self.crop_first:
            return crop(self.image(query.image_id), query.box)
        whole = max(self.dataset.image(query.image_id).shape[:2])
        return self.change(self.dataset.query_image(query), query.image_id, whole)

    def relevant(self, query, protocol=None):
        """As the data set says."""
        return self.dataset.relevant(query, protocol or self.default_protocol)


class WholeQueries:
    """A data set whose queries have lost their boxes: the whole picture asks."""

    def __init__(self, dataset):
        self.dataset, self.ids, self.tier, self.licence = dataset, dataset.ids, dataset.tier, dataset.licence
        self.name, self.version = f"{dataset.name}, whole queries", dataset.version
        self.protocols, self.default_protocol = dataset.protocols, dataset.default_protocol
        self.queries = [replace(q, box=None) for q in dataset.queries]

    def image(self, image_id):
        """uint8 H x W x 3."""
        return self.dataset.image(image_id)

    def query_image(self, query):
        """uint8 H x W x 3: the whole picture."""
        return self.dataset.image(query.image_id)

    def relevant(self, query, protocol=None):
        """As the data set says of the query with its box: it is found by its id."""
        return self.dataset.relevant(query, protocol or self.default_protocol)


def shrunk(image, image_id, whole, longest=320, how="area, OpenCV"):
    """A change: the longer side of the picture becomes `longest`; a part of it shrinks by the same factor. crop_first."""
    return resize_by(image, scaled_size(image.shape, longest, whole), how)


def alone(image, image_id, whole, longest=320, how="area, OpenCV"):
    """A change: the longer side of what comes in becomes `longest`, even when it is only a part. crop_first."""
    size = scaled_size(image.shape, longest)
    return resize_by(image, size, how if max(size) < max(image.shape[:2]) else "bicubic, OpenCV")


def squashed(image, image_id, whole, size=(320, 240)):
    """A change: every picture, or part, to one size (width, height), whatever its shape was. crop_first."""
    return resize_by(image, size, "area, OpenCV" if size[0] < image.shape[1] else "bilinear, OpenCV")


def recoded(image, image_id, whole, quality=75):
    """A change: saved as JPEG of a quality (1 to 95, Pillow's scale), and read again."""
    content = io.BytesIO()
    Image.fromarray(image).save(content, "JPEG", quality=quality)
    return np.array(Image.open(content).convert("RGB"))


def with_blurred_boxes(image, image_id, whole, count=4, side=1 / 16, seed=0):
    """A change: square boxes at random places of the lower half are blurred, as faces in public copies of old data sets are.

    Args:
        count: boxes a picture. side: of a box, as a share of the longer side. seed: with the id it decides the places.
    """
    rng = np.random.default_rng([seed, zlib.crc32(image_id.encode())])
    made, n = image.copy(), max(3, round(side * whole))
    h, w = image.shape[:2]
    for _ in range(count):
        y, x = int(rng.integers(h // 2, max(h - n, h // 2 + 1))), int(rng.integers(0, max(w - n, 1)))
        part = made[y : y + n, x : x + n]
        part[:] = cv2.GaussianBlur(part, (0, 0), n / 4)
    return made
