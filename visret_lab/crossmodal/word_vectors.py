"""Word vectors: words that keep the same company get vectors that point the same way. Learnt here, or read from a file.

Levy and Goldberg, "Neural Word Embedding as Implicit Matrix Factorization", NIPS 2014: word2vec factorises a matrix of shifted pointwise
mutual information; its positive part, factorised by singular values, gives vectors in closed form. The smoothed contexts and the root of
the singular values: Levy, Goldberg, Dagan, TACL 2015.
"""

from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from visret_lab.arrays import as_rows, l2_normalize
from visret_lab.crossmodal.text import Vocabulary, split_all, tokens
from visret_lab.datasets.errors import DataError
from visret_lab.files import replacing


class WordVectors:
    """A vector for each known word. Unknown words have none: they are left out.

    Attributes:
        words: list of str. vectors: float32 V x D.
    """

    def __init__(self, words, vectors):
        """Args: words: list of V different str. vectors: float V x D. ValueError: other lengths, a word twice, NaN."""
        self.vectors = as_rows(vectors, "vectors")
        self.words = Vocabulary(words).words
        if len(self.words) != len(self.vectors):
            raise ValueError(f"{len(self.words)} words need as many vectors; got {len(self.vectors)}.")
        self._ids = {word: i for i, word in enumerate(self.words)}

    @property
    def dim(self):
        """D."""
        return self.vectors.shape[1]

    def __len__(self):
        return len(self.words)

    def __contains__(self, word):
        return word in self._ids

    def __getitem__(self, word):
        """float32 D. KeyError for an unknown word."""
        if word not in self._ids:
            raise KeyError(f"{word!r} has no vector; {len(self)} words have one. Test with `word in vectors`.")
        return self.vectors[self._ids[word]]

    def of(self, text):
        """Vectors of the known words of a text, in order: float32 N x D; 0 x D where none is known."""
        return self.vectors[[i for i in map(self._ids.get, tokens(text)) if i is not None]]

    def known(self, texts):
        """The share of all words of some texts (list of str) that have a vector, 0 to 1; nan where there are no words."""
        found = [word in self._ids for words in split_all(texts) for word in words]
        return float(np.mean(found)) if found else float("nan")

    def mean(self, texts, weights=None, l2=True):
        """The mean of the vectors of each text's known words: the simplest vector of a sentence.

        Args:
            texts: list of str. weights: dict word -> weight, such as an idf; a word that is missing there weighs 0. None: all alike.
            l2: bring rows to unit length.

        Returns:
            float32 N x D. A text without known words is a zero row.
        """
        rows = [[(i, 1.0 if weights is None else weights.get(word, 0.0)) for word in words if (i := self._ids.get(word)) is not None]
                for words in split_all(texts)]
        starts = np.cumsum([0, *map(len, rows)])
        flat = [pair for row in rows for pair in row]
        chosen = sparse.csr_array((np.array([w for _, w in flat], np.float32), np.array([i for i, _ in flat], np.int64), starts),
                                  shape=(len(rows), len(self)))
        total = np.asarray(chosen.sum(axis=1)).reshape(-1, 1)
        found = np.divide(chosen @ self.vectors, total, out=np.zeros((len(rows), self.dim), np.float32), where=total != 0)
        return l2_normalize(found) if l2 else found

    def nearest(self, word_or_vector, k=5):
        """The k words with the largest cosine to a word (itself left out) or to a vector: list of (word, cosine)."""
        own = isinstance(word_or_vector, str)
        target = self[word_or_vector] if own else as_rows(word_or_vector, "vector", self.dim)[0]
        cosine = l2_normalize(self.vectors) @ l2_normalize(target)
        order = [i for i in np.argsort(-cosine, kind="stable")[: k + own].tolist() if not own or self.words[i] != word_or_vector]
        return [(self.words[i], float(cosine[i])) for i in order[:k]]

    def save(self, path):
        """Write words and vectors to a .npz file, complete or not at all."""
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, words=np.array(self.words), vectors=self.vectors)

    def __repr__(self):
        return f"<WordVectors: {len(self)} words, {self.dim} numbers each>"


def learn_word_vectors(texts, dim=100, window=5, min_count=2, max_words=None, shift=1.0, smoothing=0.75, power=0.5, seed=0):
    """Word vectors of a corpus, in closed form.

        PMI(w, c) = log [ P(w, c) / (P(w) P_s(c)) ],    P_s(c) = n_c^smoothing / sum_c' n_c'^smoothing

        M_wc = max(PMI(w, c) - log(shift), 0),    M ~ U S V^T (the `dim` largest singular values),    vectors = U S^power

    P(w, c) is the share of the pairs of words at most `window` apart in one sentence; P(w) the share of those that have w. PMI is how much
    more often two words meet than if they knew nothing of each other.

    Args:
        texts: list of str, of the training split only. dim: D. min_count, max_words: of the `Vocabulary`.
        shift: the k of word2vec's negative examples; 1: none. smoothing: 1 leaves the contexts as they are; less takes weight off rare
        ones. power: of the singular values; 0.5 shares them between words and contexts. seed: of the start of the iteration.

    Returns:
        WordVectors.

    Raises:
        ValueError: fewer words than dim, no two words near each other, or an argument out of its range.
    """
    if dim < 1 or window < 1 or not shift > 0 or not 0 < smoothing <= 1 or not power >= 0:
        raise ValueError(f"dim and window must be at least 1, shift above 0, smoothing above 0 and at most 1, power at least 0; got {dim}, "
                         f"{window}, {shift}, {smoothing}, {power}.")
    vocabulary = Vocabulary.fit(texts, min_count, max_words)
    if len(vocabulary) <= dim:
        raise ValueError(f"{dim} numbers a word need more than {dim} words; the texts have {len(vocabulary)} that stand there at least "
                         f"{min_count} times.")
    matrix = ppmi(met(texts, vocabulary, window), shift, smoothing)
    if not matrix.nnz:
        raise ValueError("No two known words stand near each other more often than by chance. Give longer texts, or a larger window.")
    u, s, _ = svds(matrix, dim, v0=np.random.default_rng(seed).random(matrix.shape[0]))
    order = np.argsort(-s, kind="stable")
    u, s = u[:, order], s[order]
    signs = np.sign(u[np.abs(u).argmax(axis=0), np.arange(dim)])
    return WordVectors(vocabulary.words, u * signs * s**power)


def met(texts, vocabulary, window):
    """How often two words meet: sparse float64 V x V, symmetric. Unknown words keep their place, but meet nobody."""
    ids = [vocabulary.encode(text) for text in texts]
    flat, sentence = np.concatenate(ids), np.repeat(np.arange(len(ids)), [len(i) for i in ids])
    total = sparse.csr_array((len(vocabulary), len(vocabulary)), dtype=np.float64)
    for step in range(1, window + 1):
        a, b = flat[:-step], flat[step:]
        near = (sentence[:-step] == sentence[step:]) & (a < vocabulary.unknown) & (b < vocabulary.unknown)
        total = total + sparse.coo_array((np.ones(int(near.sum())), (a[near], b[near])), shape=total.shape).tocsr()
    return (total + total.T).tocsr()


def ppmi(counts, shift=1.0, smoothing=0.75):
    """M of `learn_word_vectors` from how often words meet (sparse V x V): sparse CSR float64 V x V."""
    pairs = counts.tocoo()
    words, contexts = (np.asarray(counts.sum(axis=axis)).ravel() for axis in (1, 0))
    smooth = contexts**smoothing
    row, column = pairs.coords
    pmi = np.log(pairs.data * smooth.sum() / (words[row] * smooth[column]))
    value = np.maximum(pmi - np.log(shift), 0)
    return sparse.coo_array((value[value > 0], (row[value > 0], column[value > 0])), shape=counts.shape).tocsr()


def load_word_vectors(path, limit=None):
    """Published word vectors from a file.

    Args:
        path: word2vec's or GloVe's text form (a word and its numbers a line, blanks between; a first line with two whole numbers is a
            heading), or a .npz with the arrays `words` and `vectors`. limit: the first words only; they are the most frequent ones.

    Returns:
        WordVectors. Where a word stands twice, the first counts.

    Raises:
        DataError: no such file, not UTF-8, a line with another number of numbers (with its number), no word at all, or a .npz without
            the two arrays.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path} is not a file. Word vectors are a text file with a word and its numbers a line, or a .npz.")
    words, vectors = _from_npz(path) if path.suffix == ".npz" else _from_text(path, limit)
    first = {}
    for i, word in enumerate(words[:limit]):
        first.setdefault(word, i)
    if not first:
        raise DataError(f"{path} has no words.")
    try:
        return WordVectors(list(first), np.asarray(vectors, np.float32)[list(first.values())])
    except ValueError as error:
        raise DataError(f"{path}: {error}") from error


def _from_npz(path):
    try:
        with np.load(path, allow_pickle=False) as file:
            words, vectors = [str(word) for word in file["words"]], file["vectors"]
    except Exception as error:  # a damaged archive raises nearly anything
        raise DataError(f"{path} is damaged, or lacks one of the arrays words and vectors ({type(error).__name__}: {error}).") from error
    if vectors.ndim != 2 or len(words) != len(vectors):
        raise DataError(f"{path} has {len(words)} words, but vectors of shape {vectors.shape}.")
    return words, vectors


def _from_text(path, limit):
    words, rows = [], []
    with open(path, encoding="utf-8", newline="\n") as file:
        try:
            for number, line in enumerate(file, 1):
                parts = line.rstrip().split(" ")
                if not line.strip() or (number == 1 and len(parts) == 2 and all(p.isdigit() for p in parts)):
                    continue
                words.append(parts[0])
                rows.append(_numbers(parts[1:], len(rows[0]) if rows else None, path, number))
                if limit is not None and len(words) >= limit:
                    break
        except UnicodeDecodeError as error:
            raise DataError(f"{path} is not text in UTF-8 ({error}). word2vec's binary form is not read: convert it to text.") from error
    return words, rows


def _numbers(parts, dim, path, number):
    try:
        row = np.array(parts, np.float32)
    except ValueError as error:
        raise DataError(f"{path}, line {number}: expected a word and numbers; got {' '.join(parts)[:60]!r}.") from error
    if not row.size or (dim is not None and len(row) != dim) or not np.isfinite(row).all():
        raise DataError(f"{path}, line {number}: expected a word and {dim or 'some'} finite numbers; got {len(row)}.")
    return row
