"""Races of chapter 18: patches cut all at once against OpenCV one by one, HardNet against SIFT's descriptor, the loss against loops."""

from functools import cache

import cv2
import numpy as np
import torch

from visret_lab.bench.race import Race
from visret_lab.deep.patches import cut
from visret_lab.features.images import grey
from visret_lab.training.losses.hardest_in_batch import hardest_in_batch


def random_points(count, size, rng):
    """Points of which a sample of the patch is about one pixel wide: float32 N x 4."""
    width, height = size
    return np.float32(np.c_[rng.uniform(60, width - 60, count), rng.uniform(60, height - 60, count), rng.uniform(4.2, 6.5, count),
                            rng.uniform(0, 360, count)])


def cut_with_opencv(picture, points, side=32, magnification=6.0):
    """The same patches by `cv2.warpAffine`, one call a point: float32 N x side x side. picture: float32 H x W, grey."""
    found = np.empty((len(points), side, side), np.float32)
    for patch, (x, y, size, angle) in zip(found, points.astype(float), strict=True):
        step, turn = magnification * size / side, np.deg2rad(angle)
        c, s, middle = step * np.cos(turn), step * np.sin(turn), (side - 1) / 2
        back = np.array([[c, -s, x - (c - s) * middle], [s, c, y - (s + c) * middle]])
        cv2.warpAffine(picture, back, (side, side), dst=patch, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                       borderMode=cv2.BORDER_REPLICATE)
    return found


def loss_by_loops(a, p, margin=1.0, same=0.008):
    """The loss of HardNet, entry by entry. a, p: float64 n x D."""
    total, n = 0.0, len(a)
    for i in range(n):
        nearest = np.inf
        for j in range(n):
            for other, mine in ((p[j], a[i]), (a[j], p[i])):
                d = np.sqrt(max(0.0, 2 - 2 * float(mine @ other)) + 1e-6)
                if j != i and d >= same:
                    nearest = min(nearest, d)
        total += max(0.0, margin + np.sqrt(max(0.0, 2 - 2 * float(a[i] @ p[i])) + 1e-6) - nearest)
    return np.array(total / n)


def races(small=False):
    """The races of this chapter; `small` for tests."""
    return [_patches(small), _loss(small)]


def _patches(small):
    count = 40 if small else 2000

    @cache
    def case():
        rng = np.random.default_rng(0)
        image = cv2.GaussianBlur(rng.uniform(0, 255, (480, 640, 3)).astype(np.float32), (0, 0), 2).round().astype(np.uint8)
        return image, random_points(count, (640, 480), rng)

    return Race(f"{count:,} patches of 32 x 32", "18_deep_local", "cv2.warpAffine, one call a point",
                ours=lambda: cut(*case()), theirs=lambda: cut_with_opencv(grey(case()[0]), case()[1]), target=0.5, tolerance=1.0,
                note="grey values from 0 to 255; OpenCV rounds the places of the samples to a 32nd of a pixel on both sides")


def _loss(small):
    n = 24 if small else 256

    @cache
    def case():
        rng = np.random.default_rng(0)
        a = rng.normal(size=(n, 128))
        rows = a, a + 0.6 * rng.normal(size=(n, 128))
        return tuple(x / np.linalg.norm(x, axis=1, keepdims=True) for x in rows)

    def ours():
        return hardest_in_batch(*(torch.from_numpy(x) for x in case())).numpy()

    return Race(f"hardest-in-batch loss of {n} pairs", "18_deep_local", "loops over the entries of the matrix",
                ours=ours, theirs=lambda: loss_by_loops(*case()), target=20.0, tolerance=1e-9)
