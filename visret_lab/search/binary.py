"""Exact search by the Hamming distance: count the bits that differ, for every code of the database."""

import numpy as np

from visret_lab.arrays import require_searchable
from visret_lab.compact.bits import as_codes
from visret_lab.compact.nearest import Nearest
from visret_lab.compact.spherical import spherical
from visret_lab.encoding.blocks import in_threads

ROWS, QUERIES = 1 << 13, 8  # codes and queries at a time: half a megabyte of words stays near the processor


class BinaryIndex:
    """A database of packed codes, with FAISS's face.

        d(a, b) = number of 1s in (a xor b)

    The words of the codes are kept apart: all first words, then all second words (a structure of arrays). Then each step, xor,
    count, add, runs over one long array of numbers, which the processor does several at a time.

    Args:
        bits: of a code.
        metric: "hamming", or "spherical" for |a xor b| / |a and b|, the distance made for spherical hashing.
    """

    def __init__(self, bits, metric="hamming"):
        if bits < 1:
            raise ValueError(f"bits must be at least 1, not {bits}.")
        if metric not in ("hamming", "spherical"):
            raise ValueError(f'metric must be "hamming" or "spherical", not {metric!r}.')
        self.bits, self.metric = bits, metric
        self._words = np.empty((-(-bits // 64), 0), np.uint64)

    def __len__(self):
        return self._words.shape[1]

    @property
    def nbytes(self):
        """Bytes of the codes."""
        return self._words.nbytes

    def add(self, codes):
        """Append codes, uint64 N x ceil(bits/64) (see `compact.bits.pack`). Their ids go on counting."""
        self._words = np.concatenate([self._words, as_codes(codes, self.bits).T], axis=1)
        return self

    def search(self, q, k):
        """The k nearest codes for each query.

        Args:
            q: uint64 Q x ceil(bits/64).
            k: how many; where the database holds fewer, the missing places have id -1 and score -inf, as in FAISS.

        Returns:
            scores float32 Q x k, negative distances, and ids int64 Q x k, best first, ties by id.

        Raises:
            ValueError: empty index, codes of another type or length, or k below 1.
        """
        require_searchable(len(self), k)
        q = as_codes(q, self.bits, "q")
        scores, ids = np.empty((len(q), k), np.float32), np.empty((len(q), k), np.int64)

        def some(start):
            part = slice(start, start + QUERIES)
            distances, ids[part] = self._nearest(q[part], k)
            scores[part] = np.where(ids[part] < 0, -np.inf, -distances.astype(np.float32))

        in_threads(some, range(0, len(q), QUERIES))
        return scores, ids

    def _nearest(self, q, k):
        """Distances and ids of the k nearest, for a few queries."""
        spheres = self.metric == "spherical"
        nearest = Nearest(len(q), k, np.float32 if spheres else np.uint16 if self.bits < 1 << 16 else np.uint32)
        for first in range(0, len(self), ROWS):
            words = self._words[:, first : first + ROWS]
            distances = counts(words, q, np.bitwise_xor, np.uint32 if spheres else nearest.dtype)
            if spheres:
                distances = spherical(distances, counts(words, q, np.bitwise_and, np.uint32), 64 * len(words))
            nearest.see(first, distances)
        return nearest.result()


def counts(words, q, operation, dtype):
    """Number of 1s in operation(code, query), for every pair.

    Args:
        words: uint64 W x n, the codes. q: uint64 Q x W. operation: np.bitwise_xor or np.bitwise_and. dtype: of the result.

    Returns:
        `dtype` Q x n.
    """
    shape = len(q), words.shape[1]
    mixed, ones, total = np.empty(shape, np.uint64), np.empty(shape, np.uint8), np.zeros(shape, dtype)
    for row, word in zip(words, q.T, strict=True):
        operation(row, word[:, None], out=mixed)
        np.bitwise_count(mixed, out=ones)
        np.add(total, ones, out=total)
    return total
