"""An inverted file whose postings carry signatures: same drawer, and few different bits (Jegou, Douze, Schmid, ECCV 2008)."""

import numpy as np
from scipy import sparse

from visret_lab.arrays import require_searchable
from visret_lab.encoding.bow import idf
from visret_lab.encoding.hamming import hamming
from visret_lab.search.exact import top


class SignatureFile:
    """A database of local descriptors, each kept as its image and 64 bits.

        s(q, d) = 1 / |d|  *  sum over pairs x of q, y of d with the same word i and Hamming distance <= threshold:  idf_i^2

    |d| is the Euclidean length of the tf-idf counts of image d. With a threshold of 64 every pair counts, and the ranking is that
    of the bag of words with tf-idf and the cosine.

    Args:
        embedding: a fitted HammingEmbedding.
        threshold: the largest Hamming distance of a match; the paper takes 24 of 64.
    """

    def __init__(self, embedding, threshold=24):
        if not 0 <= threshold <= 64:
            raise ValueError(f"threshold is a number of bits, 0 to 64, not {threshold}.")
        self.embedding, self.threshold = embedding, threshold
        self.count = 0
        self._words, self._ids, self._bits = np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.uint64)

    def __len__(self):
        return self.count

    @property
    def nbytes(self):
        """Bytes of the postings, 12 for each descriptor, and of the places where the lists begin."""
        return self._ids.nbytes + self._bits.nbytes + 8 * len(self.embedding.medians_)

    def add(self, descriptors):
        """Append images: a list of float N_i x D. Returns self."""
        pairs = self.embedding.transform(descriptors)
        owner = np.repeat(np.arange(self.count, self.count + len(pairs)), [len(w) for w, _ in pairs])
        words = np.concatenate([self._words, *(w for w, _ in pairs)]).astype(np.int32)
        order = np.argsort(words, kind="stable")
        self._words = words[order]
        self._ids = np.concatenate([self._ids, owner]).astype(np.int32)[order]
        self._bits = np.concatenate([self._bits, *(b for _, b in pairs)])[order]
        self.count += len(pairs)
        self._weigh()
        return self

    def scores(self, queries):
        """Scores of all images: list of Q sets of descriptors -> float32 Q x N."""
        require_searchable(self.count, name="signature file")
        total = np.zeros((len(queries), self.count), np.float32)
        for row, (words, bits) in zip(total, self.embedding.transform(queries), strict=True):
            start = self._edges[words]
            counts = self._edges[words + 1] - start
            places = ranges(start, counts)
            near = hamming(np.repeat(bits, counts), self._bits[places]) <= self.threshold
            votes = self._idf[np.repeat(words, counts)[near]] ** 2
            row[:] = np.bincount(self._ids[places[near]], votes, self.count) / self._length
        return total

    def search(self, queries, k):
        """The k best images: list of Q sets of descriptors -> scores float32 Q x k, ids int64 Q x k, as `InvertedFile`."""
        require_searchable(self.count, k, "signature file")
        found = self.scores(queries)
        best = top(found, min(k, self.count))
        missing = ((0, 0), (0, k - best.shape[1]))
        return (np.pad(np.take_along_axis(found, best, axis=1), missing, constant_values=-np.inf),
                np.pad(best, missing, constant_values=-1))

    def _weigh(self):
        """Where each list begins, the idf of each word, and the length of each image."""
        words = len(self.embedding.medians_)
        self._edges = np.searchsorted(self._words, np.arange(words + 1))
        counts = sparse.coo_matrix((np.ones(len(self._ids)), (self._ids, self._words)), shape=(self.count, words)).tocsr()
        self._idf = idf(counts.getnnz(axis=0), self.count)
        length = np.sqrt(np.asarray(counts.multiply(self._idf).power(2).sum(axis=1)).ravel())
        self._length = np.where(length > 0, length, 1)


def ranges(starts, counts):
    """starts[0], starts[0] + 1, ... (counts[0] of them), starts[1], ...: int64, without a loop."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + counts, counts)
