"""Locality-sensitive hashing by random hyperplanes.

Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002.
"""

import numpy as np

from visret_lab.compact.bits import BinaryCoder


class LSH(BinaryCoder):
    """Each bit tells on which side of a random hyperplane a vector lies.

        b_j(x) = 1 where w_j.(x - mean) > 0,   w_j normal;        P(b_j(x) != b_j(y)) = angle(x, y) / pi

    So the Hamming distance, divided by the bits and times pi, estimates the angle, seen from the mean; its error falls as
    1 / sqrt(bits). Nothing but the mean is learnt, and any number of bits can be asked for.

    Args:
        bits: of a code.
        center: subtract the mean of the training rows. Without it the planes go through the origin, and descriptors without
            negative numbers, as SIFT, lie nearly all on the same sides.
        orthogonal: planes at right angles to each other, in groups of D: the estimate varies less (Ji et al., NIPS 2012).
        seed: of the planes.

    Attributes:
        mean_: float32 D. planes_: float32 D x bits.
    """

    def __init__(self, bits=64, center=True, orthogonal=False, seed=0):
        self.bits, self.center, self.orthogonal, self.seed = bits, center, orthogonal, seed

    def _learn(self, x):
        rng, dim = np.random.default_rng(self.seed), x.shape[1]
        self.mean_ = x.mean(axis=0, dtype=np.float64).astype(np.float32) if self.center else np.zeros(dim, np.float32)
        planes = rng.standard_normal((dim, self.bits))
        if self.orthogonal:
            planes = np.concatenate([np.linalg.qr(rng.standard_normal((dim, dim)))[0] for _ in range(0, self.bits, dim)], axis=1)
        self.planes_ = np.ascontiguousarray(planes[:, : self.bits], np.float32)

    def _bits(self, x):
        return (x - self.mean_) @ self.planes_ > 0
