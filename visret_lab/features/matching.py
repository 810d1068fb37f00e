"""Which patch is which: nearest neighbours between two sets of descriptors, and the ratio test."""

import numpy as np

from visret_lab.arrays import as_rows


def match(a, b, ratio=0.8, mutual=False):
    """Match each descriptor of `a` to its nearest in `b`, where it is clearly nearer than the second nearest.

        keep i  if  d(a_i, b_1) < ratio * d(a_i, b_2)          (Lowe, IJCV 2004, section 7.1)

    Args:
        a, b: float N x D and M x D descriptors.
        ratio: of Euclidean distances; 1 keeps all. A `b` with a single descriptor has no second, so all are kept.
        mutual: keep a pair only if each is the other's nearest.

    Returns:
        pairs int64 K x 2: rows of `a` and of `b`.

    Raises:
        ValueError: NaN, another dimension, or a ratio outside (0, 1].
    """
    if not 0 < ratio <= 1:
        raise ValueError(f"ratio must be in (0, 1], not {ratio}. Lowe's value is 0.8.")
    if len(a) == 0 or len(b) == 0:
        return np.zeros((0, 2), np.int64)
    a = as_rows(a, "a")
    b = as_rows(b, "b", a.shape[1])
    squared = squared_distances(a, b)
    nearest = squared.argmin(axis=1)
    first = squared[np.arange(len(a)), nearest]
    keep = np.ones(len(a), bool)
    if len(b) > 1:
        second = np.partition(squared, 1, axis=1)[:, 1]
        keep = first < ratio**2 * second if ratio < 1 else keep  # distances are squared, so the ratio is too
    if mutual:
        keep &= squared.argmin(axis=0)[nearest] == np.arange(len(a))
    rows = np.flatnonzero(keep)
    return np.stack([rows, nearest[rows]], axis=1).astype(np.int64)


def squared_distances(a, b):
    """Squared Euclidean distances float32 N x M by ||a||^2 - 2 a.b + ||b||^2, never negative."""
    squared = (a * a).sum(1)[:, None] - 2 * (a @ b.T) + (b * b).sum(1)[None, :]
    return np.maximum(squared, 0)


class Matcher:
    """Match one query against a whole database of local features at once.

    The descriptors of all images lie in one array, image after image, padded to the same number; so the distances of a query
    to all of them are one matrix product, and nearest and second nearest in each image are found by one reduction.

    Args:
        descriptors: list of float N_i x D, unit length (RootSIFT is).
        ratio: as in `match`.
    """

    def __init__(self, descriptors, ratio=0.8):
        if not descriptors:
            raise ValueError("There are no images: the list of descriptors is empty.")
        self.ratio = ratio
        self.counts = np.array([len(d) for d in descriptors])
        self.width = max(2, int(self.counts.max()))
        dimension = next((d.shape[1] for d in descriptors if len(d)), 1)
        self.rows = np.zeros((len(descriptors), self.width, dimension), np.float32)
        for block, d in zip(self.rows, descriptors, strict=True):
            block[: len(d)] = as_rows(d, "descriptors", dimension) if len(d) else 0
        self.missing = np.arange(self.width)[None, :] >= self.counts[:, None]

    @property
    def nbytes(self):
        """Bytes of the descriptors, without the padding."""
        return int(self.counts.sum()) * self.rows.shape[2] * self.rows.itemsize

    def match(self, query, block=8):
        """Match a query's descriptors (float Q x D, unit length) with every image.

        Images are taken `block` at a time: the similarities of a few stay near the processor.

        Returns:
            list of int64 K x 2 pairs (row of the query, row of the image), one an image.
        """
        if len(query) == 0:
            return [np.zeros((0, 2), np.int64)] * len(self.counts)
        query = as_rows(query, "query", self.rows.shape[2])
        found = []
        for start in range(0, len(self.rows), block):
            found += self._match_block(query, slice(start, start + block))
        return found

    def _match_block(self, query, part):
        rows, missing = self.rows[part], self.missing[part]
        similarity = query @ rows.reshape(-1, rows.shape[2]).T  # the points of an image side by side: the fastest axis to look along
        similarity = similarity.reshape(len(query), len(rows), self.width)
        similarity[:, missing] = -np.inf
        nearest = similarity.argmax(axis=2)
        first = np.take_along_axis(similarity, nearest[..., None], axis=2)[..., 0]
        np.put_along_axis(similarity, nearest[..., None], -np.inf, axis=2)
        second = similarity.max(axis=2)
        # Unit vectors: squared distance = 2 - 2 a.b. Without a second neighbour (-inf) every first one is kept.
        # An image without points has inf on both sides, and inf is not below inf: nothing is kept.
        keep = (2 - 2 * first) < self.ratio**2 * (2 - 2 * second)
        return [np.stack([np.flatnonzero(k), n[k]], axis=1).astype(np.int64) for k, n in zip(keep.T, nearest.T, strict=True)]
