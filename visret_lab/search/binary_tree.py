"""A kd-tree over bits: each node asks for one bit, and a leaf holds the codes that gave the same answers.

Garcia and Vogiatzis, "Dress like a star: retrieving fashion products from videos", ICCV workshops 2017. A node splits by the bit that
divides its codes most evenly; nodes of at most `leaf` codes are leaves. A query goes down to its leaf, and on its way the sides that it
did not take wait in a queue, first in, first out; `backtracks` of them are gone into afterwards. So the search is approximate: it looks at
(1 + backtracks) leaves at most.
"""

from collections import deque

import numpy as np

from visret_lab.arrays import require_searchable
from visret_lab.compact.bits import as_codes, unpack
from visret_lab.search.nearest_bits import distances_among

LEAF, BACKTRACKS = 100, 50  # of the paper


class BinaryTree:
    """A database of packed codes, with FAISS's face.

    Args:
        bits: of a code. leaf: codes of a leaf, at most, unless they are all equal. backtracks: further sides that a query goes into.
    """

    def __init__(self, bits=256, leaf=LEAF, backtracks=BACKTRACKS):
        if bits < 1 or leaf < 1 or backtracks < 0:
            raise ValueError(f"bits and leaf must be at least 1 and backtracks at least 0; got {bits}, {leaf}, {backtracks}.")
        self.bits, self.leaf, self.backtracks = bits, leaf, backtracks
        self.codes = np.empty((0, -(-bits // 64)), np.uint64)
        self._build()

    def __len__(self):
        return len(self.codes)

    @property
    def nbytes(self):
        """Bytes of codes, nodes and the order of the codes in the leaves."""
        return self.codes.nbytes + self._nodes.nbytes + self._order.nbytes

    def add(self, codes):
        """Append codes, uint64 N x ceil(bits/64) (see `compact.bits.pack`), and build the tree anew. Their ids go on counting."""
        self.codes = np.concatenate([self.codes, as_codes(codes, self.bits)])
        self._build()
        return self

    def search(self, q, k=1):
        """The k nearest codes among those of the leaves that are looked at.

        Args:
            q: uint64 Q x ceil(bits/64). k: how many; missing places have id -1 and score -inf.

        Returns:
            scores float32 Q x k, negative Hamming distances, and ids int64 Q x k, best first, ties by id.

        Raises:
            ValueError: empty tree, codes of another type or length, or k below 1.
        """
        require_searchable(len(self), k)
        q = as_codes(q, self.bits, "q")
        scores, ids = np.full((len(q), k), -np.inf, np.float32), np.full((len(q), k), -1, np.int64)
        for i, answers in enumerate(unpack(q, self.bits)):
            seen = self.candidates(answers)
            d = distances_among(self.codes, seen, q[i])
            first = np.lexsort((seen, d))[:k]
            scores[i, : len(first)], ids[i, : len(first)] = -d[first], seen[first]
        return scores, ids

    def candidates(self, answers):
        """Ids of the codes in the leaves that a query looks at. Args: answers: bool bits. Returns: int64."""
        answers = np.asarray(answers).tolist()  # single numbers are read faster from lists
        found, waiting = [self._down(0, answers, queue := deque())], self.backtracks
        while queue and waiting:
            found.append(self._down(queue.popleft(), answers, queue))
            waiting -= 1
        return np.concatenate(found)

    def _down(self, node, answers, queue):
        """From a node to its leaf; the sides that are not taken wait. Ids of the leaf's codes."""
        while True:
            bit, left, right = self._walk[node]
            if bit < 0:
                return self._order[left:right]
            taken, other = (left, right) if answers[bit] else (right, left)
            queue.append(other)
            node = taken

    def _build(self):
        """Nodes int64 n x 3: (bit, node where it is 1, node where it is 0), or for a leaf (-1, first and last place in the order)."""
        bits, nodes, order, placed = unpack(self.codes, self.bits), [None], [], 0
        waiting = deque([(0, np.arange(len(self.codes)))])
        while waiting:
            node, ids = waiting.popleft()
            ones = bits[ids].sum(axis=0)
            bit = int(np.abs(2 * ones - len(ids)).argmin())
            if len(ids) <= self.leaf or ones[bit] in (0, len(ids)):  # small, or all codes are equal
                nodes[node] = (-1, placed, placed + len(ids))
                order.append(ids)
                placed += len(ids)
                continue
            nodes[node] = (bit, len(nodes), len(nodes) + 1)
            chosen = bits[ids, bit]
            waiting += [(len(nodes), ids[chosen]), (len(nodes) + 1, ids[~chosen])]
            nodes += [None, None]
        self._nodes, self._order, self._walk = np.array(nodes, np.int64), np.concatenate(order), nodes
