"""Bits in words of 64, and what all hashing methods share."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from visret_lab.arrays import as_rows

ROWS = 1 << 14  # vectors that are hashed at a time


def pack(bits):
    """Bits to words: bool N x B -> uint64 N x ceil(B/64). Bit j is bit j % 64 of word j // 64; what is left over is 0."""
    bits = np.atleast_2d(np.asarray(bits, bool))
    count = -(-bits.shape[1] // 64)
    bytes_ = np.zeros((len(bits), 8 * count), np.uint8)
    packed = np.packbits(bits, axis=1, bitorder="little")
    bytes_[:, : packed.shape[1]] = packed
    return bytes_.view("<u8").astype(np.uint64, copy=False)


def unpack(codes, bits):
    """Words to bits: uint64 N x W -> bool N x `bits`."""
    codes = as_codes(codes, bits)
    return np.unpackbits(as_bytes(codes), axis=1, count=bits, bitorder="little").astype(bool)


def as_bytes(codes):
    """The same bits as uint8 N x 8 W, in the order that FAISS's binary indexes read."""
    return np.ascontiguousarray(codes).astype("<u8", copy=False).view(np.uint8)


def as_codes(codes, bits, name="codes"):
    """Check codes: uint64 N x ceil(bits/64), or one row; returned in C order. ValueError otherwise."""
    codes = np.atleast_2d(codes)
    words = -(-bits // 64)
    if codes.dtype != np.uint64 or codes.ndim != 2 or codes.shape[1] != words:
        raise ValueError(f"{name} must be uint64 N x {words} for {bits} bits (see compact.bits.pack); got {codes.dtype} of shape "
                         f"{codes.shape}.")
    if bits % 64 and codes.size and (codes[:, -1] >> np.uint64(bits % 64)).any():
        raise ValueError(f"{name} have bits behind bit {bits - 1}. Were they made with more than {bits} bits?")
    return np.ascontiguousarray(codes)


class BinaryCoder(TransformerMixin, BaseEstimator):
    """A hashing method: an estimator whose `transform` gives bits in words of 64.

    A method says in `_learn(x)` what it learns from float32 N x D, and in `_bits(x)` how float32 N x D becomes bool N x bits.
    """

    rows_needed = 1

    def fit(self, x, y=None):
        """Learn from float N x D, from another set than the one to be searched.

        Raises:
            ValueError: bits below 1, too few rows, NaN, or what the method itself cannot do.
        """
        if self.bits < 1:
            raise ValueError(f"bits must be at least 1, not {self.bits}.")
        x = as_rows(x, "x")
        if len(x) < self.rows_needed:
            raise ValueError(f"{type(self).__name__} cannot learn from {len(x)} rows; it needs at least {self.rows_needed}.")
        self.dim_ = x.shape[1]
        self._learn(x)
        return self

    def bits_of(self, x):
        """float N x D -> bool N x bits. ValueError: another D, or NaN; NotFittedError before `fit`."""
        check_is_fitted(self, "dim_")
        x = as_rows(x, "x", self.dim_)
        out = np.empty((len(x), self.bits), bool)
        for start in range(0, len(x), ROWS):
            out[start : start + ROWS] = self._bits(x[start : start + ROWS])
        return out

    def transform(self, x):
        """float N x D -> uint64 N x ceil(bits/64), as `pack` orders them."""
        return pack(self.bits_of(x))
