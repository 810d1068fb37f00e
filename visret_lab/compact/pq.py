"""Product quantisation: a vector is cut into M pieces, and each piece is replaced by the nearest of 256 words.

Jegou, Douze, Schmid, "Product quantization for nearest neighbor search", TPAMI 2011.
"""

import warnings

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from visret_lab.arrays import as_rows, require_finite, require_searchable
from visret_lab.compact.nearest import Nearest
from visret_lab.encoding.blocks import in_threads
from visret_lab.encoding.kmeans import kmeans

ROWS = 1 << 13  # database rows at a time
QUERIES = 32  # queries at a time: the sums of one block stay near the processor
ENOUGH = 39  # training points a word, FAISS's advice


class ProductQuantizer(TransformerMixin, BaseEstimator):
    """A product quantiser.

        q(x) = (q_1(x_1), ..., q_M(x_M)),   q_m(u) = the word c of vocabulary m with the smallest |u - c|^2        (equation 8)

    x_1 ... x_M: the pieces of x, D/M numbers each. M vocabularies of K = 2^bits words stand for K^M different vectors, and a
    code takes M bytes. The vocabularies are learnt by k-means (FAISS's), one for each piece.

    Args:
        M: pieces; must divide D.
        bits: of a piece's code, 1 to 8. A code takes one byte in memory, also with fewer bits.
        n_iter: rounds of k-means.
        per_word: training points a word that take part, drawn at random (FAISS: 256).
        seed: of the sample and of the first words.

    Attributes:
        codewords_: float32 M x K x D/M.
    """

    def __init__(self, M=8, bits=8, n_iter=25, per_word=256, seed=0):
        self.M, self.bits, self.n_iter, self.per_word, self.seed = M, bits, n_iter, per_word, seed

    @classmethod
    def from_codewords(cls, codewords):
        """A quantiser with given words, float M x K x D/M, where K is a power of two and at most 256."""
        words = np.ascontiguousarray(codewords, np.float32)
        if words.ndim != 3 or words.shape[1] not in [1 << b for b in range(1, 9)]:
            raise ValueError(f"codewords must be M x K x D/M with K = 2, 4, ... 256; got shape {words.shape}.")
        require_finite(words, "codewords")
        made = cls(M=words.shape[0], bits=words.shape[1].bit_length() - 1)
        made.codewords_ = words
        return made

    @property
    def dim(self):
        """D, the length of the vectors."""
        return self.codewords_.shape[0] * self.codewords_.shape[2]

    def fit(self, x, y=None):
        """Learn the words. Learn them from another set than the one to be searched, or from a sample of the database.

        Args:
            x: float N x D.

        Returns:
            self.

        Raises:
            ValueError: M does not divide D, bits outside 1..8, NaN, or fewer rows than words.

        Warns:
            UserWarning: fewer than 39 rows a word.
        """
        self.codewords_ = self._learn(self._training_rows(x))
        return self

    def encode(self, x):
        """Codes of vectors: float N x D -> uint8 N x M.

        The nearest word is found as the largest x.c - |c|^2 / 2, in float32: of two words that are equally near within rounding
        either may be taken.

        Raises:
            sklearn.exceptions.NotFittedError: before `fit`. ValueError: another D, or NaN.
        """
        x = self._rows(x, "x")
        words = self.codewords_
        depth = words.shape[2]
        # With a column of ones beside x, one matrix product gives |c|^2 / 2 - x.c.
        away = np.concatenate([-words, 0.5 * (words**2).sum(2, keepdims=True)], axis=2).transpose(0, 2, 1).copy()
        codes = np.empty((len(x), len(words)), np.uint8)

        def some(start):
            part = x[start : start + 1024]
            piece = np.ones((len(part), depth + 1), np.float32)
            for m in range(len(words)):
                piece[:, :depth] = part[:, m * depth : (m + 1) * depth]
                codes[start : start + 1024, m] = (piece @ away[m]).argmin(axis=1)

        in_threads(some, range(0, len(x), 1024))
        return codes

    def decode(self, codes):
        """The vectors that codes stand for: uint8 N x M -> float32 N x D."""
        codes = self._codes(codes)
        return self.codewords_[np.arange(len(self.codewords_)), codes].reshape(len(codes), self.dim)

    transform = encode
    inverse_transform = decode

    def error(self, x):
        """Mean of |x - q(x)|^2 over the rows of x, float N x D: what is lost."""
        x = as_rows(x, "x")
        return float(((x - self.decode(self.encode(x))) ** 2).sum(1).mean(dtype=np.float64))

    def tables(self, q, metric="l2"):
        """What each word contributes to the distance from each query.

        Args:
            q: float Q x D. metric: "l2", or "ip" (then the negative inner product: smaller is nearer).

        Returns:
            float32 Q x M x K: |q_m - c|^2, or -q_m.c.
        """
        _require_metric(metric)
        rows = self._rows(q, "q")
        pieces = rows.reshape(len(rows), len(self.codewords_), 1, self.codewords_.shape[2])
        if metric == "ip":
            return -np.einsum("qmod,mkd->qmk", pieces, self.codewords_, optimize=True)
        return ((pieces - self.codewords_) ** 2).sum(axis=3)

    def code_tables(self, codes, metric="l2"):
        """As `tables`, for queries that are codes themselves: uint8 Q x M -> float32 Q x M x K.

        The distances between words, M x K x K, do not depend on the query, so a query only looks up its M rows.
        """
        _require_metric(metric)
        words = self.codewords_
        if metric == "ip":
            between = -np.einsum("mkd,mld->mkl", words, words)
        else:
            between = np.stack([((w[:, None] - w) ** 2).sum(2) for w in words])
        return between[np.arange(len(words)), self._codes(codes)]

    def asymmetric(self, q, codes, metric="l2"):
        """Distances of queries to codes; the query is not quantised (equation 13 of the paper).

            d(q, y)^2 = sum over m of |q_m - c_{m, code_m(y)}|^2

        Args:
            q: float Q x D. codes: uint8 N x M. metric: "l2" or "ip", see `tables`.

        Returns:
            float32 Q x N, squared distances (or negative inner products).
        """
        return _all(self.tables(q, metric), self._codes(codes))

    def symmetric(self, q_codes, codes, metric="l2"):
        """Distances between codes, both sides quantised (equation 12): uint8 Q x M, uint8 N x M -> float32 Q x N."""
        return _all(self.code_tables(q_codes, metric), self._codes(codes))

    def _training_rows(self, x):
        """The rows that take part in the training: checked, and not more than are useful."""
        x, count = as_rows(x, "x"), 1 << self.bits if 1 <= self.bits <= 8 else 0
        if not count:
            raise ValueError(f"bits must be between 1 and 8, not {self.bits}: a code is a byte a piece.")
        require_divisible(x.shape[1], self.M)
        require_enough(len(x), count, "words a piece")
        if len(x) <= count * self.per_word:
            return x
        return x[np.sort(np.random.default_rng(self.seed).choice(len(x), count * self.per_word, replace=False))]

    def _learn(self, x):
        """The words of each piece of float32 N x D, by k-means: float32 M x K x D/M."""
        pieces = x.reshape(len(x), self.M, -1).transpose(1, 0, 2)
        return np.stack([kmeans(piece, 1 << self.bits, self.n_iter, self.seed) for piece in pieces])

    def _rows(self, x, name):
        check_is_fitted(self, "codewords_")
        return as_rows(x, name, self.dim)

    def _codes(self, codes):
        check_is_fitted(self, "codewords_")
        codes, (pieces, words, _) = np.atleast_2d(codes), self.codewords_.shape
        if codes.dtype != np.uint8 or codes.ndim != 2 or codes.shape[1] != pieces:
            raise ValueError(f"codes must be uint8 with one row a vector and {pieces} columns; got {codes.dtype} of shape "
                             f"{codes.shape}. Vectors become codes by `encode`.")
        if codes.size and codes.max() >= words:
            raise ValueError(f"A code has the value {codes.max()}, but there are only {words} words a piece.")
        return codes


class PQIndex:
    """A database of codes, with FAISS's face. A vector takes M bytes.

    Args:
        quantizer: a fitted ProductQuantizer or OPQ.
        metric: "l2" (scores are negative squared distances) or "ip".
        symmetric: True quantises the queries, too.
    """

    def __init__(self, quantizer, metric="l2", symmetric=False):
        _require_metric(metric)
        check_is_fitted(quantizer, "codewords_")
        self.quantizer, self.metric, self.symmetric = quantizer, metric, symmetric
        self._codes = np.empty((0, len(quantizer.codewords_)), np.uint8)

    def __len__(self):
        return len(self._codes)

    @property
    def nbytes(self):
        """Bytes of the codes. The words, which do not grow with the database, are not counted."""
        return self._codes.nbytes

    def add(self, x):
        """Encode and append vectors, float N x D. Their ids go on counting."""
        return self.add_codes(self.quantizer.encode(x))

    def add_codes(self, codes):
        """Append codes that were made before, uint8 N x M."""
        self._codes = np.concatenate([self._codes, self.quantizer._codes(codes)])
        return self

    def search(self, q, k):
        """The k nearest codes for each query.

        Args:
            q: float Q x D.
            k: how many; where the database holds fewer, the missing places have id -1 and score -inf, as in FAISS.

        Returns:
            scores float32 Q x k (larger is better) and ids int64 Q x k, best first, ties by id.

        Raises:
            ValueError: empty index, another D, NaN, or k below 1.
        """
        require_searchable(len(self), k)
        q = as_rows(q, "q", self.quantizer.dim)
        scores, ids = np.empty((len(q), k), np.float32), np.empty((len(q), k), np.int64)

        def some(start):
            part = slice(start, start + QUERIES)
            nearest = Nearest(len(q[part]), k)
            for first, distances in scan(self._tables(q[part]), self._codes):
                nearest.see(first, distances)
            found, ids[part] = nearest.result()
            np.negative(found, out=scores[part])

        in_threads(some, range(0, len(q), QUERIES))
        return scores, ids

    def _tables(self, q):
        if self.symmetric:
            return self.quantizer.code_tables(self.quantizer.encode(q), self.metric)
        return self.quantizer.tables(q, self.metric)


def scan(tables, codes):
    """Sums of table entries, block by block.

    A code is a row with M ones among M K places: the row of a sparse matrix. That matrix times the tables, written as M K x Q,
    adds up the right entries for all queries at once: each code is read once, and the entries of the queries stand side by side.

    Args:
        tables: float32 Q x M x K. codes: uint8 N x M.

    Yields:
        (first row of the block, float32 Q x n).
    """
    queries, pieces, words = tables.shape
    flat = tables.reshape(queries, pieces * words)
    columns = np.ascontiguousarray(flat.T)
    rows = min(ROWS, len(codes))
    offset = np.tile(np.arange(pieces, dtype=np.int32) * words, rows)  # one long array is added faster than many short rows
    place, ones = np.empty(rows * pieces, np.int32), np.ones(rows * pieces, np.float32)
    starts = np.arange(rows + 1, dtype=np.int32) * pieces
    for first in range(0, len(codes), ROWS):
        part = codes[first : first + ROWS].ravel()
        n = len(part) // pieces
        place[: len(part)] = part
        place[: len(part)] += offset[: len(part)]
        block = sparse.csr_array((ones[: len(part)], place[: len(part)], starts[: n + 1]), shape=(n, pieces * words))
        # Rows of one to three numbers are too short to be worth a loop of their own.
        yield first, (block @ columns).T if queries > 3 or not queries else np.stack([block @ table for table in flat])


def _all(tables, codes):
    """The sums for all codes: float32 Q x N."""
    out = np.empty((len(tables), len(codes)), np.float32)
    for first, distances in scan(tables, codes):
        out[:, first : first + distances.shape[1]] = distances
    return out


def require_divisible(dim, pieces):
    """ValueError when vectors of `dim` numbers cannot be cut into `pieces` equal pieces."""
    if pieces < 1 or dim % pieces:
        fit = [m for m in range(1, dim + 1) if dim % m == 0]
        raise ValueError(f"M = {pieces} does not divide the {dim} dimensions. Take one of {', '.join(map(str, fit))}, or bring "
                         "the vectors to another length by PCA first.")


def require_enough(points, centers, what="centres"):
    """ValueError for fewer points than centres; a warning for fewer than 39 a centre."""
    if points < centers:
        raise ValueError(f"{centers} {what} cannot be learnt from {points} training rows. Give at least {centers}, better "
                         f"{ENOUGH * centers}, or ask for fewer (bits, nlist).")
    if points < ENOUGH * centers:
        warnings.warn(f"{points} training rows for {centers} {what}: fewer than {ENOUGH} for each. The training rows will be "
                      "kept well, and others badly.", stacklevel=4)


def _require_metric(metric):
    if metric not in ("l2", "ip"):
        raise ValueError(f'metric must be "l2" or "ip", not {metric!r}.')
