"""An inverted index over cells with codes in its lists: our own answer to the project of chapter 11, in four combinations."""

import numpy as np

from visret_lab.arrays import as_rows, require_searchable
from visret_lab.compact.bits import pack
from visret_lab.compact.pq import ProductQuantizer
from visret_lab.compact.spherical import SphericalHashing, spherical_hamming
from visret_lab.encoding.kmeans import kmeans

PIECES, WORD_BITS = 8, 6  # of a PQ code; 64 words a piece can be learnt from some 2,500 rows
BITS = 64  # of a spherical code: 8 bytes, too


def cells_of_kmeans(train, count, seed=0):
    """Centres of `count` cells by k-means: float32 N x D -> float32 count x D."""
    return kmeans(as_rows(train, "train"), count, n_iter=20, seed=seed)


def cells_of_pq(train, count, seed=0):
    """Centres of `count` cells by product quantisation: float32 N x D -> float32 count x D.

    Two halves with root(count) words each; every pair of words is a cell. Here `count` is small and all centres are written out;
    a large index keeps the words only (Babenko and Lempitsky, "The inverted multi-index", CVPR 2012).

    Raises:
        ValueError: `count` is not a power of 4.
    """
    bits = int(count).bit_length() // 2
    if count != 4**bits or not bits:
        raise ValueError(f"{count} cells cannot be made of two equal sets of words; take a power of 4.")
    halves = ProductQuantizer(2, bits, seed=seed).fit(train)
    first, second = np.divmod(np.arange(count), 2**bits)
    return halves.decode(np.stack([first, second], axis=1).astype(np.uint8))


class PQCodes:
    """Codes of residuals: 8 bytes, one a piece."""

    residual = True

    def __init__(self, seed=0):
        self.quantizer = ProductQuantizer(PIECES, WORD_BITS, seed=seed)

    def fit(self, x):
        self.quantizer.fit(x)
        return self

    def encode(self, x):
        """float32 N x D -> uint8 N x 8."""
        return self.quantizer.encode(x)

    def distances(self, q, codes):
        """Squared distances of one vector float32 D to codes: float32 N. The vector itself is not coded."""
        return self.quantizer.asymmetric(q, codes)[0]


class SphericalCodes:
    """Codes of the vectors themselves: 64 bits, one a ball."""

    residual = False

    def __init__(self, seed=0):
        self.hashing = SphericalHashing(BITS, seed=seed)

    def fit(self, x):
        self.hashing.fit(x)
        return self

    def encode(self, x):
        """float32 N x D -> uint64 N x 1."""
        return pack(self.hashing.bits_of(x))

    def distances(self, q, codes):
        """Spherical Hamming distances of one vector float32 D to codes: float32 N."""
        return spherical_hamming(self.encode(q), codes)[0]


CELLS = {"k-means": cells_of_kmeans, "PQ": cells_of_pq}
CODES = {"PQ": PQCodes, "spherical": SphericalCodes}


class SearchEngine:
    """An inverted index with codes in its lists.

    A cell is the region of one centre. `search` looks into the `nprobe` cells whose centres are nearest to the query, and ranks
    what it finds there by the codes. PQ codes the residual x - centre, so the query takes off the centre of each cell, too.
    A spherical code is made of the vector itself: Hamming distances from different cells would have nothing to do with each
    other if each cell had a frame of its own.

    Args:
        cells: "k-means" or "PQ". codes: "PQ" or "spherical". n_cells, nprobe: how many, and how many of them are looked into.

    Attributes:
        looked_: int64 Q, how many vectors each query of the last search was compared with.
    """

    def __init__(self, cells="k-means", codes="PQ", n_cells=64, nprobe=8, seed=0):
        self.cells, self.codes, self.n_cells, self.nprobe, self.seed = cells, codes, n_cells, nprobe, seed

    def fit(self, train):
        """Learn the cells and the codes from float N x D, which is not the database."""
        train = as_rows(train, "train")
        self.centres_ = CELLS[self.cells](train, self.n_cells, self.seed)
        self.coder_ = CODES[self.codes](self.seed).fit(self._framed(train, self._order(train)[:, 0]))
        self._lists = [(np.zeros(0, np.int64), self.coder_.encode(train[:0])) for _ in range(self.n_cells)]
        self._count = 0
        return self

    def add(self, x):
        """Append vectors, float N x D, each to the list of its cell. Their ids go on counting."""
        x = as_rows(x, "x", self.centres_.shape[1])
        cell = self._order(x)[:, 0]
        codes, ids = self.coder_.encode(self._framed(x, cell)), np.arange(self._count, self._count + len(x))
        for c in np.unique(cell):
            old_ids, old_codes = self._lists[c]
            self._lists[c] = np.append(old_ids, ids[cell == c]), np.concatenate([old_codes, codes[cell == c]])
        self._count += len(x)
        return self

    def search(self, q, k):
        """The k best of each query: scores float32 Q x k (larger is better), ids int64 Q x k; -inf and -1 where there are fewer."""
        require_searchable(self._count, k)
        q = as_rows(q, "q", self.centres_.shape[1])
        scores, ids = np.full((len(q), k), -np.inf, np.float32), np.full((len(q), k), -1, np.int64)
        self.looked_ = np.zeros(len(q), np.int64)
        for i, cells in enumerate(self._order(q)[:, : self.nprobe]):
            found, distances = self._candidates(q[i], cells)
            best = np.lexsort((found, distances))[:k]
            ids[i, : len(best)], scores[i, : len(best)] = found[best], -distances[best]
            self.looked_[i] = len(found)
        return scores, ids

    def _candidates(self, q, cells):
        parts = [(ids, self.coder_.distances(self._framed(q[None], [c])[0], codes))
                 for c, (ids, codes) in ((c, self._lists[c]) for c in cells) if len(ids)]
        if not parts:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        return tuple(np.concatenate(column) for column in zip(*parts, strict=True))

    def _order(self, x):
        """All cells from the nearest to the farthest, for float32 N x D: int64 N x cells."""
        centres = self.centres_
        return np.argsort((centres**2).sum(1) - 2 * x @ centres.T, axis=1, kind="stable")

    def _framed(self, x, cell):
        """x seen from the centre of its cell, where the codes ask for it."""
        return x - self.centres_[cell] if CODES[self.codes].residual else x

    @property
    def nbytes(self):
        """Bytes of the lists: a code and an id for each vector. Centres and words, which do not grow, are not counted."""
        return sum(ids.nbytes + codes.nbytes for ids, codes in self._lists)
