"""Optimised product quantisation: turn the space first, so that the pieces can be quantised well.

Ge, He, Ke, Sun, "Optimized product quantization for approximate nearest neighbor search", CVPR 2013.
"""

import numpy as np

from visret_lab.arrays import as_rows
from visret_lab.compact.pca import spectrum
from visret_lab.compact.pq import ProductQuantizer
from visret_lab.encoding.kmeans import group_means


class OPQ(ProductQuantizer):
    """A rotation R and a product quantiser, learnt together.

        minimise over R and the words:  sum over x of |x R - q(x R)|^2,   R^T R = I

    Two steps take turns (section 3.1). With R fixed: one round of k-means in every piece of x R. With the codes fixed: R is the
    answer to the orthogonal Procrustes problem, R = U V^T where x^T q(x R) = U S V^T. Neither step can raise the error.

    A rotation keeps distances, so everything else is as in `ProductQuantizer`, which sees x R instead of x.

    Args:
        M, bits, n_iter, per_word, seed: as in `ProductQuantizer`.
        rotations: how often the two steps take turns.
        init: the first rotation: "allocate" (principal directions, dealt out so that the pieces have equal products of variances:
            the paper's parametric solution, section 3.2) or "identity".

    Attributes:
        rotation_: float32 D x D, orthogonal; `x @ rotation_` is what is quantised.
        codewords_: float32 M x K x D/M, in the rotated space.
        errors_: list of float, mean squared error on the training rows after each turn.
    """

    def __init__(self, M=8, bits=8, n_iter=25, per_word=256, seed=0, rotations=30, init="allocate"):
        super().__init__(M, bits, n_iter, per_word, seed)
        self.rotations, self.init = rotations, init

    @classmethod
    def from_codewords(cls, codewords, rotation):
        """A quantiser with given words, float M x K x D/M, and a given rotation, float D x D: `x @ rotation` is quantised."""
        made, rotation = super().from_codewords(codewords), np.ascontiguousarray(rotation, np.float32)
        if rotation.shape != (made.dim, made.dim) or np.abs(rotation.T @ rotation - np.eye(made.dim)).max() > 1e-3:
            raise ValueError(f"rotation must be an orthogonal {made.dim} x {made.dim} matrix.")
        made.rotation_ = rotation
        return made

    def fit(self, x, y=None):
        """Learn rotation and words: see `ProductQuantizer.fit`."""
        if self.init not in ("allocate", "identity"):
            raise ValueError(f'init must be "allocate" or "identity", not {self.init!r}.')
        x = self._training_rows(x)
        rotation = allocate(x, self.M) if self.init == "allocate" else np.eye(x.shape[1], dtype=np.float32)
        inner = ProductQuantizer.from_codewords(self._learn(x @ rotation))
        self.errors_ = []
        for _ in range(self.rotations):
            turned = x @ rotation
            codes = inner.encode(turned)
            inner.codewords_ = means(turned, codes, inner.codewords_)
            kept = inner.decode(codes)
            self.errors_.append(float(((turned - kept) ** 2).sum(1).mean(dtype=np.float64)))
            rotation = procrustes(x, kept)
        turned = x @ rotation
        self.rotation_, self.codewords_ = rotation, means(turned, inner.encode(turned), inner.codewords_)
        return self

    def decode(self, codes):
        """The vectors that codes stand for, turned back: uint8 N x M -> float32 N x D."""
        return super().decode(codes) @ self.rotation_.T

    inverse_transform = decode

    def _rows(self, x, name):
        return super()._rows(x, name) @ self.rotation_


def procrustes(x, y):
    """The orthogonal D x D matrix R with the smallest sum of |x R - y|^2: float32 (Schonemann 1966). x, y: float N x D."""
    u, _, vt = np.linalg.svd(x.astype(np.float64).T @ y.astype(np.float64))
    return np.ascontiguousarray(u @ vt, np.float32)


def means(x, codes, old):
    """New words: the mean of the pieces that have each code; a word that nothing has stays.

    Args:
        x: float32 N x D. codes: uint8 N x M. old: float32 M x K x D/M.

    Returns:
        float32 M x K x D/M.
    """
    new, (pieces, words, depth) = old.copy(), old.shape
    for m in range(pieces):
        mean, size = group_means(x[:, m * depth : (m + 1) * depth], codes[:, m], words)
        new[m, size > 0] = mean[size > 0]
    return new


def allocate(x, pieces):
    """Principal directions of float32 N x D, dealt out to `pieces` pieces: float32 D x D, orthogonal columns.

    The direction with the next largest variance goes to the piece whose product of variances is smallest so far, as long as it
    has room (eigenvalue allocation, section 3.2).
    """
    x = as_rows(x)
    values, vectors = spectrum(x, x.mean(axis=0, dtype=np.float64))
    room, load, chosen = len(values) // pieces, np.zeros(pieces), [[] for _ in range(pieces)]
    size = np.log(np.maximum(values, values[0] * 1e-10) + 1e-300)
    for i, amount in enumerate(size - size.min()):  # none below 0, so that a piece never gets lighter
        free = [m for m in range(pieces) if len(chosen[m]) < room]
        piece = min(free, key=lambda m: load[m])
        chosen[piece].append(i)
        load[piece] += amount
    return np.ascontiguousarray(vectors[:, np.concatenate(chosen)], np.float32)
