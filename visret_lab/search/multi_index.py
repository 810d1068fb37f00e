"""Multi-index hashing: exact Hamming search that looks only where a near code can be.

Norouzi, Punjani, Fleet, "Fast search in Hamming space with multi-index hashing", CVPR 2012.
"""

from itertools import combinations

import numpy as np

from visret_lab.arrays import require_searchable
from visret_lab.compact.bits import as_bytes, as_codes
from visret_lab.search.nearest_bits import distances_among
from visret_lab.search.signatures import ranges

PIECE = 16  # bits of a table's key


class MultiIndexHash:
    """One table for every 16 bits of the codes.

    If two codes differ in at most m (r + 1) - 1 of their bits, then in at least one of their m pieces they differ in at most r
    bits: otherwise each piece would have r + 1 or more. So a query looks up all keys within r of its own pieces, for r = 0, 1,
    ..., compares the codes that it finds there in full, and stops when its k-th neighbour is at most m (r + 1) - 1 away. The
    answer is that of exact search. It is fast when the neighbours are near; a query that would have to look at more codes than
    `share` of the database is compared with all of them.

    Args:
        bits: of a code, at least 16.
        share: of the database.
    """

    def __init__(self, bits, share=0.2):
        if bits < PIECE:
            raise ValueError(f"bits must be at least {PIECE}, not {bits}; search shorter codes with BinaryIndex.")
        self.bits, self.share = bits, share
        self._codes, self._tables = np.empty((0, -(-bits // 64)), np.uint64), None

    def __len__(self):
        return len(self._codes)

    @property
    def nbytes(self):
        """Bytes of the codes and the tables. A table has the ids by key, and the place where each key begins."""
        return self._codes.nbytes + sum(ids.nbytes + edges.nbytes for ids, edges in self._built())

    def add(self, codes):
        """Append codes, uint64 N x ceil(bits/64). The tables are made anew at the next search."""
        self._codes = np.concatenate([self._codes, as_codes(codes, self.bits)])
        self._tables = None
        return self

    def search(self, q, k):
        """The k nearest codes for each query, as `BinaryIndex.search`: the same distances, and ties by id."""
        require_searchable(len(self), k)
        q = as_codes(q, self.bits, "q")
        scores, ids = np.full((len(q), k), -np.inf, np.float32), np.full((len(q), k), -1, np.int64)
        self.looked_ = np.empty(len(q), np.int64)  # codes that each query was compared with
        for i, (code, keys) in enumerate(zip(q, self._keys(q), strict=True)):
            found, distances, self.looked_[i] = self._nearest(code, keys, min(k, len(self)))
            ids[i, : len(found)], scores[i, : len(found)] = found, -distances.astype(np.float32)
        return scores, ids

    def _nearest(self, code, keys, k):
        """(ids, distances, how many codes were looked at) of one query, uint64 W, with keys int64 m."""
        candidates = np.zeros(0, np.int64)
        for radius in range(PIECE + 1):
            more = self._within(keys, radius)
            if more is None or len(candidates) + len(more) > self.share * len(self):
                candidates = np.arange(len(self))
                distances = distances_among(self._codes, candidates, code)
                break
            candidates = np.union1d(candidates, more)
            distances = distances_among(self._codes, candidates, code)
            border = len(keys) * (radius + 1) - 1
            if np.count_nonzero(distances <= border) >= k:
                break
        best = np.argsort(distances, kind="stable")[:k]  # candidates ascend, so ties go to the lower id
        return candidates[best], distances[best], len(candidates)

    def _within(self, keys, radius):
        """Ids of the codes with a key at exactly `radius` from the query's; None where a table would take longer than a scan."""
        flips = masks(radius)
        if len(flips) > max(len(self), 1):
            return None
        found = []
        for key, (ids, edges) in zip(keys, self._built(), strict=True):
            look = key ^ flips
            found.append(ids[ranges(edges[look], edges[look + 1] - edges[look])])
        return np.concatenate(found)

    def _keys(self, codes):
        """The pieces of codes as numbers: uint64 N x W -> int64 N x m; the last may have fewer than 16 bits."""
        return as_bytes(codes).view("<u2").astype(np.int64)[:, : -(-self.bits // PIECE)]

    def _built(self):
        """A list of (ids int32 N in the order of their keys, edges int64 2^16 + 1), one table a piece."""
        if self._tables is None:
            self._tables = [table(key) for key in self._keys(self._codes).T]
        return self._tables


def table(keys):
    """Ids by key, int64 N -> (ids int32 N, edges int64 2^16 + 1): key v has ids[edges[v] : edges[v + 1]]."""
    order = np.argsort(keys, kind="stable")
    return order.astype(np.int32), np.searchsorted(keys[order], np.arange((1 << PIECE) + 1))


def masks(radius):
    """All 16-bit numbers with exactly `radius` ones: int64 C(16, radius)."""
    return np.array([sum(1 << place for place in places) for places in combinations(range(PIECE), radius)], np.int64)
