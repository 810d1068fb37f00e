"""Which word is the nearest, nearly always, without comparing with all of them: a vocabulary of two levels with several probes.

The words are themselves clustered into G groups. A descriptor looks at the centres of the groups first, and then only at the
words of the few groups that are nearest. Nister and Stewenius (CVPR 2006) build such a tree and follow one branch; the branch is
often the wrong one near a border, so here several are tried, as in the coarse step of an inverted index (Jegou, Douze, Schmid,
PAMI 2011).
"""

import faiss
import numpy as np

from visret_lab.arrays import as_rows
from visret_lab.encoding.kmeans import kmeans

BLOCK = 1 << 14  # descriptors at a time: they and their scores fit into the cache of a processor


class TwoLevelAssigner:
    """Approximate nearest word.

    A descriptor costs G + P K/G comparisons on average (P probes) where exact search costs K. All descriptors that probe the
    same group are compared with its words in one matrix product: the only loop is over groups.

    Args:
        centers: float K x D, the words.
        groups: G; None takes the power of two below sqrt(K).
        probes: P, groups that a descriptor looks into; more is slower and more often right. None takes G / 11, at least 6.
        seed: of the clustering of the words.
    """

    def __init__(self, centers, groups=None, probes=None, seed=0):
        self.centers = as_rows(centers, "centers")
        count = len(self.centers)
        self.groups = groups or 1 << int(np.log2(max(np.sqrt(count), 1)))
        if not 1 <= self.groups <= count:
            raise ValueError(f"groups must be between 1 and the {count} words, not {self.groups}.")
        self.probes = min(self.groups, probes or max(6, -(-self.groups // 11)))
        self.coarse = kmeans(self.centers, self.groups, 15, seed)
        group = faiss.knn(self.centers, self.coarse, 1)[1][:, 0]
        members = [np.flatnonzero(group == g) for g in range(self.groups)]
        # |x - c|^2 = |x|^2 + (|c|^2 - 2 x.c): the first part is the same for every word.
        self._blocks = [(ids, np.ascontiguousarray(-2 * self.centers[ids].T), (self.centers[ids] ** 2).sum(1))
                        for ids in members]

    def assign(self, x, k=1):
        """The nearest words among those of the probed groups.

        Args:
            x: float32 N x D.
            k: how many words a descriptor.

        Returns:
            int64 N, or N x k where k > 1, nearest first. Should the probed groups hold fewer than k words, the last one
            found is repeated.
        """
        if len(x) == 0:
            return np.zeros((0, k) if k > 1 else 0, np.int64)
        x = as_rows(x, "x", self.centers.shape[1])
        ids = np.concatenate([self._assign(x[i : i + BLOCK], k) for i in range(0, len(x), BLOCK)])
        return ids if k > 1 else ids[:, 0]

    def _assign(self, x, k):
        probed = faiss.knn(x, self.coarse, self.probes)[1].ravel()
        order = np.argsort(probed, kind="stable")  # all that look into group 0, then into group 1, ...
        edges = np.searchsorted(probed[order], np.arange(self.groups + 1))
        cost = np.full((len(x) * self.probes, k), np.inf, np.float32)
        found = np.zeros((len(x) * self.probes, k), np.int64)
        for (ids, minus_two_c, square), first, last in zip(self._blocks, edges[:-1], edges[1:], strict=True):
            if first == last or len(ids) == 0:
                continue
            places = order[first:last]
            partial = x[places // self.probes] @ minus_two_c
            partial += square
            best = _smallest(partial, min(k, len(ids)))
            cost[places, : best.shape[1]] = np.take_along_axis(partial, best, axis=1)
            found[places, : best.shape[1]] = ids[best]
        cost, found = cost.reshape(len(x), -1), found.reshape(len(x), -1)
        best = _smallest(cost, k)
        chosen, reached = np.take_along_axis(found, best, axis=1), np.isfinite(np.take_along_axis(cost, best, axis=1))
        last_reached = np.maximum.accumulate(np.where(reached, np.arange(k), 0), axis=1)
        return np.take_along_axis(chosen, last_reached, axis=1)


def _smallest(values, k):
    """Columns of the k smallest of each row, smallest first."""
    if k == 1:
        return values.argmin(axis=1)[:, None]
    some = np.argpartition(values, min(k, values.shape[1]) - 1, axis=1)[:, :k]
    return np.take_along_axis(some, np.take_along_axis(values, some, axis=1).argsort(axis=1, kind="stable"), axis=1)


def recall_of_nearest(found, exact):
    """Share of descriptors whose found word is the exact nearest one.

    Args:
        found, exact: int N.
    """
    found, exact = np.asarray(found), np.asarray(exact)
    if found.shape != exact.shape or found.ndim != 1:
        raise ValueError(f"found and exact must have one word a descriptor; got shapes {found.shape} and {exact.shape}.")
    return float((found == exact).mean())
