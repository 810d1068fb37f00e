"""Spherical hashing: each bit says whether a vector lies inside a ball.

Heo, Lee, He, Chang, Yoon, "Spherical hashing", CVPR 2012.
"""

import warnings

import numpy as np

from visret_lab.compact.bits import BinaryCoder


class SphericalHashing(BinaryCoder):
    """Balls instead of half-spaces.

        b_k(x) = 1 where |x - p_k| <= t_k

    A single ball bounds a region on all sides, which takes D + 1 planes. Two conditions are asked, over N training rows:

        balance:        o_i  = N/2  rows in ball i             (each bit is 1 for half of the rows)
        independence:   o_ij = N/4  rows in balls i and j      (two bits say different things)

    t_i is the median of the distances to p_i, which gives the first. For the second, centres whose balls share too many rows
    repel each other, and those whose balls share too few attract each other:

        f_ij = 1/2 (o_ij - N/4) / (N/4) (p_i - p_j),     p_i <- p_i + 1/bits sum over j of f_ij

    until the mean of |o_ij - N/4| is at most `mean_error` N/4, and the standard deviation of o_ij at most `spread` N/4.

    Independence says nothing about neighbours. Where the variances of the directions are very unequal, the centres may run away
    along the directions that vary least, and neighbours are lost. Look at the spectrum first.

    Args:
        bits: of a code: balls.
        samples: training rows that take part, drawn at random.
        mean_error, spread: when to stop; 0.10 and 0.15 in the paper.
        max_iter: rounds; a warning is given where they did not suffice.
        seed: of the sample and of the first centres, each the mean of five random rows.

    Attributes:
        centers_: float32 bits x D. radii_: float32 bits.
        n_iter_: rounds that were made.
        balance_: (mean |o_ij - N/4|, standard deviation of o_ij), both divided by N/4, at the end.
        converged_: whether both conditions were met.
    """

    rows_needed = 8

    def __init__(self, bits=64, samples=10000, mean_error=0.10, spread=0.15, max_iter=200, seed=0):
        self.bits, self.samples, self.mean_error, self.spread = bits, samples, mean_error, spread
        self.max_iter, self.seed = max_iter, seed

    def _learn(self, x):
        rng = np.random.default_rng(self.seed)
        if len(x) > self.samples:
            x = x[rng.choice(len(x), self.samples, replace=False)]
        centers = x[rng.integers(len(x), size=(self.bits, 5))].mean(axis=1)
        for self.n_iter_ in range(1, self.max_iter + 1):
            squared = squared_distances(x, centers)
            radii = np.median(squared, axis=0)
            shared = overlaps(squared <= radii)
            self.balance_ = balance(shared, len(x))
            self.converged_ = self.balance_[0] <= self.mean_error and self.balance_[1] <= self.spread
            if self.converged_ or self.n_iter_ == self.max_iter:
                break
            centers = centers + forces(centers, shared, len(x)) / self.bits
        self.centers_, self.radii_ = np.ascontiguousarray(centers, np.float32), np.sqrt(np.maximum(radii, 0)).astype(np.float32)
        self._squared_radii = radii
        if not self.converged_:
            warnings.warn(f"After {self.max_iter} rounds the balls of spherical hashing are not independent: mean error "
                          f"{self.balance_[0]:.3f} (asked: {self.mean_error}), spread {self.balance_[1]:.3f} (asked: "
                          f"{self.spread}), in quarters of the training rows. Give more different rows, or more rounds.",
                          stacklevel=3)

    def _bits(self, x):
        return squared_distances(x, self.centers_) <= self._squared_radii


def squared_distances(x, centers):
    """|x - p|^2 of float32 N x D and K x D: float32 N x K."""
    return (x**2).sum(1)[:, None] - 2 * (x @ centers.T) + (centers**2).sum(1)


def overlaps(inside):
    """o_ij, how many rows lie in both balls: bool N x K -> float32 K x K, exact up to 2^24 rows."""
    ones = inside.astype(np.float32)
    return ones.T @ ones


def balance(shared, count):
    """(mean |o_ij - N/4|, standard deviation of o_ij) over pairs i < j, both divided by N/4; (0, 0) for a single ball."""
    pairs = shared[np.triu_indices(len(shared), 1)].astype(np.float64) / (count / 4)
    return (float(np.abs(pairs - 1).mean()), float(pairs.std())) if len(pairs) else (0.0, 0.0)


def forces(centers, shared, count):
    """sum over j of 1/2 (o_ij - N/4) / (N/4) (p_i - p_j), for each i: float32 K x D."""
    weight = 0.5 * (shared - count / 4) / (count / 4)
    np.fill_diagonal(weight, 0)
    return weight.sum(1)[:, None] * centers - weight @ centers


def spherical_hamming(a, b):
    """The spherical Hamming distance of packed codes, uint64 Q x W and N x W: float32 Q x N.

        d(a, b) = |a xor b| / |a and b|

    Balls that hold both vectors are evidence that they are near: a larger number of them means a smaller region. Codes without
    a ball in common get |a xor b| + 64 W, above all others, where the equation would divide by zero.
    """
    different = np.bitwise_count(a[:, None] ^ b[None]).sum(2, dtype=np.int64)
    return spherical(different, np.bitwise_count(a[:, None] & b[None]).sum(2, dtype=np.int64), 64 * a.shape[1])


def spherical(different, common, most):
    """different / common, and different + most where there is nothing in common: float32, from integer arrays of one shape."""
    out = different.astype(np.float32)
    np.divide(out, common, out=out, where=common > 0, casting="same_kind")
    np.add(out, np.float32(most), out=out, where=common == 0)
    return out
