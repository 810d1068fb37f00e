"""Pictures and describers that worker processes can import."""

import os
import time
from functools import partial
from pathlib import Path

import cv2
import numpy as np


def pictures(folder, count, seed=0):
    """Write small pictures; returns their ids."""
    rng = np.random.default_rng(seed)
    ids = []
    for n in range(count):
        ids.append(f"{n // 10}/{n:03d}.png")
        path = Path(folder) / ids[-1]
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), rng.integers(0, 256, (12, 16, 3), np.uint8))
    return ids


class Means:
    """Describes a picture by the means of its rows and colours; waits a little, as a network would."""

    def __init__(self, wait):
        self.wait, self.fingerprint = wait, "means"

    def __call__(self, image):
        time.sleep(self.wait)
        return image.mean(axis=1).ravel() / 3


class Broken(Means):
    """Raises on every picture."""

    def __call__(self, image):
        raise KeyError("a bug")


class Deadly(Means):
    """Takes its process along; not the one that it was made in first."""

    def __init__(self, wait, parent):
        super().__init__(wait)
        self.parent = parent

    def __call__(self, image):
        if os.getpid() != self.parent:
            os.kill(os.getpid(), 9)
        return super().__call__(image)


def means(wait=0.0):
    """What `extract` takes as `make`."""
    return partial(Means, wait)


class Deaf:
    """An index that does not answer, or answers late."""

    def __init__(self, late=None):
        self.late = late

    def __len__(self):
        return 0

    def search(self, q, k):
        if self.late is None:
            raise ConnectionError("gone")
        time.sleep(self.late)
        return np.zeros((len(q), k), np.float32), np.zeros((len(q), k), np.int64)
