"""Iterative quantisation: turn the principal components so that they lie near the corners of a cube.

Gong and Lazebnik, "Iterative quantization: a Procrustean approach to learning binary codes", CVPR 2011.
"""

import numpy as np
from threadpoolctl import threadpool_limits

from visret_lab.compact.bits import BinaryCoder
from visret_lab.compact.pca import principal, principal_of


class ITQ(BinaryCoder):
    """PCA to as many numbers as bits, then the rotation that loses least by taking signs.

        V = (x - mean) U,   minimise over B in {-1, 1} and R^T R = I:  Q(B, R) = |B - V R|^2                     (equation 2)

    Two steps take turns, from a random rotation on. R fixed: B = sign(V R). B fixed: R = S' S^T, where B^T V = S W S'^T
    (Procrustes). Neither can raise Q.

    Args:
        bits: of a code, at most D, and fewer than the training rows.
        n_iter: turns; the paper takes 50.
        seed: of the first rotation.
        pca: a fitted `PCA` of the same training rows, without l2_before and with at least `bits` components; None: `fit` finds one.
            Coders of several lengths can share it: nearly all of their time goes into the directions.

    Attributes:
        mean_: float32 D. directions_: float32 D x bits, principal directions times the rotation R.
        rotation_: float32 bits x bits.
        errors_: list of float, Q divided by the training rows, before the first turn and after each.
    """

    rows_needed = 2

    def __init__(self, bits=64, n_iter=50, seed=0, pca=None):
        self.bits, self.n_iter, self.seed, self.pca = bits, n_iter, seed, pca

    def _learn(self, x):
        with threadpool_limits(1):  # a sign that flips in the last digit is carried on by every turn: sums must be in one order
            self._turn(x)

    def _turn(self, x):
        found = principal(x, self.bits, "bits") if self.pca is None else principal_of(self.pca, x, self.bits)
        self.mean_, directions = found[:2]
        v = ((x - self.mean_) @ directions).astype(np.float64)
        rotation = np.linalg.qr(np.random.default_rng(self.seed).standard_normal((self.bits, self.bits)))[0]
        self.errors_ = []
        for _ in range(self.n_iter):
            turned = v @ rotation
            corners = np.where(turned > 0, 1.0, -1.0)
            self.errors_.append(float(((corners - turned) ** 2).sum(1).mean()))
            left, _, right_t = np.linalg.svd(corners.T @ v)
            rotation = right_t.T @ left.T
        turned = v @ rotation
        self.errors_.append(float(((np.where(turned > 0, 1.0, -1.0) - turned) ** 2).sum(1).mean()))
        self.rotation_ = rotation.astype(np.float32)
        self.directions_ = np.ascontiguousarray(directions @ rotation, np.float32)

    def _bits(self, x):
        return (x - self.mean_) @ self.directions_ > 0
