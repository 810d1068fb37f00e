"""The inverted file: for every word the images that have it. A query reads the lists of its own words, and nothing else.

The index at the end of a book, for bags of visual words (Sivic and Zisserman, ICCV 2003, section 4).
"""

import numpy as np
from scipy import sparse

from visret_lab.arrays import require_finite, require_searchable
from visret_lab.search.exact import top

CELLS = 1 << 24  # sums held at a time: queries x images


class Postings:
    """The lists of some images, one after the other: compressed sparse form, by word.

    Attributes:
        lists: scipy.sparse CSR K x M: row i is the list of word i, `indices` are images (int32, ascending), `data` their
            weights (float32), and `indptr` says where each list begins.
        first: id of the first of the M images.
    """

    def __init__(self, bags, first):
        self.lists, self.first = bags.T.tocsr().astype(np.float32), first
        self.lists.sort_indices()

    @property
    def nbytes(self):
        """Bytes of the three arrays."""
        return self.lists.data.nbytes + self.lists.indices.nbytes + self.lists.indptr.nbytes

    def scores(self, words, weights, kernel):
        """Scores of the M images for one query: float64 M. Only the lists of its `words` are read."""
        read = self.lists[words]
        if kernel == "ip":
            return read.T @ weights  # in float64, as the weights are; both loops are SciPy's, in C
        read.data = np.minimum(np.repeat(weights, np.diff(read.indptr)), read.data)
        return read.T @ np.ones(len(words))


class InvertedFile:
    """A database of sparse vectors, with FAISS's face.

        s(q, d) = sum over words i of q:  q_i d_i            (kernel "ip": the cosine, for vectors of length 1)
                                          min(q_i, d_i)      (kernel "intersection": 1 - |q - d|_1 / 2, for L1 norm 1)

    The work for a query is proportional to the postings of its words, plus one cheap pass over the N sums in which they are
    collected. Images are kept in a few segments, each at least twice as large as the next, so that adding one image does not
    rewrite the whole file.

    Args:
        kernel: "ip" or "intersection".
    """

    def __init__(self, kernel="ip"):
        if kernel not in ("ip", "intersection"):
            raise ValueError(f'kernel must be "ip" or "intersection", not {kernel!r}.')
        self.kernel = kernel
        self._rows, self._segments = [], []

    def __len__(self):
        return sum(bags.shape[0] for bags in self._rows)

    @property
    def nbytes(self):
        """Bytes of the postings: 8 for each, and the places where the lists begin."""
        return sum(s.nbytes for s in self._segments)

    def add(self, x):
        """Append images; their ids go on counting.

        Args:
            x: scipy.sparse or array, float M x K.

        Returns:
            self.

        Raises:
            ValueError: another K, or NaN; for the intersection also a negative weight.
        """
        bags = self._bags(x, "x")
        first = len(self)
        self._rows.append(bags)
        while len(self._rows) > 1 and self._rows[-1].nnz * 2 > self._rows[-2].nnz:
            last = self._rows.pop()
            self._rows[-1] = sparse.vstack([self._rows[-1], last], format="csr")
            first = len(self) - self._rows[-1].shape[0]
        del self._segments[len(self._rows) - 1 :]
        self._segments.append(Postings(self._rows[-1], first))
        return self

    def search(self, q, k):
        """The k best images for each query.

        Args:
            q: scipy.sparse or array, float Q x K.
            k: how many; where the database holds fewer, the missing places have id -1 and score -inf, as in FAISS. Images
                that share no word with the query follow with score 0.

        Returns:
            scores float32 Q x k and ids int64 Q x k, best first, ties by id.

        Raises:
            ValueError: empty index, another K, NaN, or k below 1.
        """
        require_searchable(len(self), k, "inverted file")
        q = self._query(q)
        out = np.full((q.shape[0], k), -np.inf, np.float32)
        ids = np.full((q.shape[0], k), -1, np.int64)
        block = max(1, CELLS // len(self))
        for start in range(0, q.shape[0], block):
            part = slice(start, start + block)
            scores = self._scores(q[part])
            best = top(scores, min(k, len(self)))
            ids[part, : best.shape[1]] = best
            out[part, : best.shape[1]] = np.take_along_axis(scores, best, axis=1)
        return out, ids

    def scores(self, q):
        """Scores of all images, float32 Q x N, for rankings that go to the end."""
        return self._scores(self._query(q))

    def touched(self, q):
        """Postings that each query reads, int64 Q: what it costs."""
        q = self._query(q)
        lengths = sum(np.diff(s.lists.indptr) for s in self._segments)
        return np.asarray(sparse.csr_matrix((lengths[q.indices], q.indices, q.indptr), q.shape).sum(axis=1)).ravel().astype(np.int64)

    def _scores(self, q):
        total = np.zeros((q.shape[0], len(self)), np.float32)
        for row, start, end in zip(total, q.indptr[:-1], q.indptr[1:], strict=True):
            words, weights = q.indices[start:end], q.data[start:end].astype(np.float64)
            for segment in self._segments:
                row[segment.first : segment.first + segment.lists.shape[1]] = segment.scores(words, weights, self.kernel)
        return total

    def _query(self, q):
        require_searchable(len(self), name="inverted file")
        return self._bags(q, "q")

    def _bags(self, x, name):
        """CSR float32 without stored zeros and with one entry a place; checked."""
        bags = sparse.csr_matrix(x, dtype=np.float32, copy=True)
        if self._rows and bags.shape[1] != self._rows[0].shape[1]:
            raise ValueError(f"{name} has {bags.shape[1]} words, but the inverted file has {self._rows[0].shape[1]}. Were both "
                             "made with the same vocabulary?")
        require_finite(bags.data, name)
        if self.kernel == "intersection" and bags.nnz and bags.data.min() < 0:
            raise ValueError(f"{name} has a negative weight; the intersection is for histograms, 0 or more.")
        bags.sum_duplicates()
        bags.eliminate_zeros()
        return bags
