"""Exact search: every query against every row. Slow and right; every faster index is measured against it."""

import numpy as np

from visret_lab.arrays import as_rows, require_searchable


class ExactIndex:
    """A database that is searched exhaustively, with FAISS's face.

    Args:
        metric: "ip" (inner product), "l2" (negative squared Euclidean distance), or a function (Q x D, N x D) -> Q x N
            of similarities, larger is better.
        block: queries that are compared at a time; bounds the memory to block x N scores.
    """

    def __init__(self, metric="ip", block=256):
        if metric not in ("ip", "l2") and not callable(metric):
            raise ValueError(f'metric must be "ip", "l2" or a function, not {metric!r}.')
        self.metric, self.block = metric, block
        self._rows = None

    def __len__(self):
        return 0 if self._rows is None else len(self._rows)

    @property
    def nbytes(self):
        """Bytes that the vectors take."""
        return 0 if self._rows is None else self._rows.nbytes

    def add(self, x):
        """Append rows, float32 N x D. Their ids go on counting."""
        x = as_rows(x, "x", None if self._rows is None else self._rows.shape[1])
        self._rows = x if self._rows is None else np.concatenate([self._rows, x])
        return self

    def search(self, q, k):
        """The k best rows for each query.

        Args:
            q: float32 Q x D.
            k: how many; where the database holds fewer, the missing places have id -1 and score -inf, as in FAISS.

        Returns:
            scores float32 Q x k and ids int64 Q x k, best first, ties by id.

        Raises:
            ValueError: empty index, another dimension, NaN, or k below 1.
        """
        require_searchable(len(self), k)
        q = as_rows(q, "q", self._rows.shape[1])
        scores = np.full((len(q), k), -np.inf, np.float32)
        ids = np.full((len(q), k), -1, np.int64)
        for start in range(0, len(q), self.block):
            part = slice(start, start + self.block)
            similarity = self._similarity(q[part])
            best = top(similarity, min(k, len(self)))
            ids[part, : best.shape[1]] = best
            scores[part, : best.shape[1]] = np.take_along_axis(similarity, best, axis=1)
        return scores, ids

    def _similarity(self, q):
        if callable(self.metric):
            return self.metric(q, self._rows)
        inner = q @ self._rows.T
        if self.metric == "ip":
            return inner
        return 2 * inner - (q * q).sum(1)[:, None] - (self._rows * self._rows).sum(1)[None, :]


def top(similarity, k):
    """Ids of the k largest in each row, best first, ties by id."""
    if k >= similarity.shape[1]:
        return np.argsort(-similarity, axis=1, kind="stable").astype(np.int64)
    # argpartition may keep any of several equal scores at the border, so take all that reach the k-th score.
    border = np.partition(-similarity, k - 1, axis=1)[:, k - 1]
    out = np.empty((len(similarity), k), np.int64)
    for i, (row, limit) in enumerate(zip(similarity, border, strict=True)):
        candidates = np.flatnonzero(-row <= limit)
        out[i] = candidates[np.argsort(-row[candidates], kind="stable")][:k]
    return out
