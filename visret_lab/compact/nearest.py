"""The k nearest of a database that passes by in blocks: what is kept is what can still be among the first k."""

import numpy as np


class Nearest:
    """Collects the k smallest distances of each query.

    Each query has a limit, the k-th distance that was found so far. Of a new block only the rows below the limit are looked at
    again, and after the first blocks these are few. The blocks have to come in the order of their ids: then a row that only
    equals the limit has a higher id than the k before it, and ties go to the lower id.

    Args:
        queries: Q. k: how many to keep. dtype: of the distances; integers compare faster.
    """

    def __init__(self, queries, k, dtype=np.float32):
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}.")
        self.queries, self.k, self.dtype = queries, k, np.dtype(dtype)
        highest = np.iinfo(dtype).max if self.dtype.kind in "iu" else np.inf
        self._limit = np.full(queries, highest, dtype)
        self._query, self._ids, self._distances = [], [], []
        self._waiting = 0

    def see(self, first, distances):
        """Take a block: Q x n distances, of the rows first ... first + n - 1; in C or Fortran order, both without a copy.

        A distance equal to the largest value of the dtype (infinity for floats) is never kept.
        """
        n = distances.shape[1]
        below = distances < self._limit[:, None]
        if n > self.k and np.count_nonzero(below) > 4 * self.k * self.queries:  # the first block, mostly
            wide = distances.astype(np.int32) if distances.itemsize < 4 else distances  # NumPy is 10 times slower with 16 bits
            last = np.partition(wide, self.k - 1, axis=1)[:, self.k - 1].astype(self.dtype, copy=False)
            below &= distances <= last[:, None]
            np.minimum(self._limit, last, out=self._limit)  # k rows of this block are as near: no later row is kept for less
        if below.flags.c_contiguous:
            query, row = np.divmod(np.flatnonzero(below), n)
        else:  # flat places in the order of the memory; within a query the rows still ascend
            row, query = np.divmod(np.flatnonzero(below.T), self.queries)
        if not len(row):
            return
        self._query.append(query)
        self._ids.append(row + first)
        self._distances.append(distances[query, row])
        self._waiting += len(row)
        if self._waiting > 2 * self.k * self.queries:
            self._tighten()

    def result(self):
        """(distances Q x k, ids int64 Q x k), nearest first, ties by id; missing places have id -1 and the largest value."""
        self._tighten()
        out = np.full((self.queries, self.k), self._highest(), self.dtype)
        ids = np.full((self.queries, self.k), -1, np.int64)
        if self._query:
            place = self._place(self._query[0])
            out[self._query[0], place], ids[self._query[0], place] = self._distances[0], self._ids[0]
        return out, ids

    def _highest(self):
        return np.iinfo(self.dtype).max if self.dtype.kind in "iu" else np.inf

    @staticmethod
    def _place(query):
        """0, 1, 2, ... within each run of equal values of the ascending `query`."""
        return np.arange(len(query)) - np.searchsorted(query, query)

    def _tighten(self):
        """Keep the first k of each query, and lower the limits."""
        if not self._query:
            return
        query, ids, distances = (np.concatenate(part) for part in (self._query, self._ids, self._distances))
        order = np.lexsort((ids, distances, query))
        order = order[self._place(query[order]) < self.k]
        query, ids, distances = query[order], ids[order], distances[order]
        last = self._place(query) == self.k - 1
        self._limit[query[last]] = distances[last]
        self._query, self._ids, self._distances = [query], [ids], [distances]
        self._waiting = 0
