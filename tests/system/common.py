"""What the tests of the system share: small pictures, and a describer that needs no network, so that workers begin at once."""

import os
import signal
import time
from collections import Counter
from functools import partial
from typing import NamedTuple

import numpy as np
from PIL import Image

from visret_lab.system.build import update
from visret_lab.system.recipe import Recipe
from visret_lab.system.store import Store

RECIPE = Recipe()


class Toy(NamedTuple):
    """As `describe.Described`."""

    vector: np.ndarray
    points: np.ndarray
    descriptors: np.ndarray
    size: tuple


class ToyDescriber:
    """Colours of a 4 x 4 grid as the vector; two local features. It may wait, or kill its process at a picture of one colour.

    Args:
        seconds: that a picture takes. deadly: grey value of the picture that kills, by SIGKILL. once: a file that is made before the first
            death, so that there is no second one.
    """

    fingerprint = "toy"

    def __init__(self, seconds=0.0, deadly=None, once=None):
        self.wait, self.deadly, self.once, self.seconds = seconds, deadly, once, Counter()

    def __call__(self, image, box=None):
        time.sleep(self.wait)
        if self.deadly is not None and (image == self.deadly).all() and not (self.once and os.path.exists(self.once)):
            if self.once:
                open(self.once, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        small = np.asarray(Image.fromarray(image).resize((4, 4)), np.float32).ravel() + 1
        self.seconds.update(network=0.001)
        points = np.array([[16, 32], [image[0, 0, 0], 7]], np.uint16)
        rows = np.repeat(image[:1, :1, 0], 2, axis=0) * np.ones((1, 128), np.uint8)
        return Toy(small / np.linalg.norm(small), points, rows.astype(np.uint8), (image.shape[1], image.shape[0]))


def toy(**options):
    """What `update` takes as `describer`."""
    return partial(ToyDescriber, **options)


def picture(path, value=0, size=(12, 8)):
    """Write a small picture: a grey ramp that depends on `value`, or, with value < 0, all of the grey -value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((size[1], size[0], 3), -value, np.uint8) if value < 0 else np.random.default_rng(value).integers(
        0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def folder_of(path, count):
    """A folder with `count` pictures, p000.png and so on."""
    for i in range(count):
        picture(path / f"p{i:03d}.png", i)
    return path


def bring(folder, place, describer=None, **options):
    """`update` with the toy."""
    return update(folder, place, RECIPE, describer=describer or toy(), **{"part": 4, **options})


def content(place):
    """All that an index knows, whatever its segments: dict id -> (facts without the time of change, vector, local features)."""
    store, found = Store(place), {}
    for segment in store.segments:
        rows = store.rows(segment)
        for i in store.alive(segment):
            assert rows.ids[i] not in found, "an id stands twice"
            points, descriptors = store.local(segment, i)
            found[rows.ids[i]] = (rows.facts[i]["sha256"].tobytes(), int(rows.facts[i]["width"]), rows.vectors[i].tobytes(),
                                  points.tobytes(), descriptors.tobytes())
    return found
