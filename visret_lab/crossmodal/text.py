"""From sentences to numbers: tokens, a vocabulary from the training sentences, and a bag of words weighted by tf-idf.

tf-idf: Spärck Jones, Journal of Documentation 1972; Salton and Buckley, Information Processing & Management 1988.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

# Accents and vowel signs belong to the letter before them, but are no letters for Python: every character of category M.
MARKS = "".join(chr(c) for c in range(0x300, 0x1F000) if unicodedata.category(chr(c))[0] == "M")
EMOJI = "[\U0001f1e6-\U0001f1ff]{2}|[\u2600-\u27bf\U0001f300-\U0001f3fa\U0001f400-\U0001faff]"  # two letters of a flag, or one sign
WORD = re.compile(rf"[^\W_](?:[^\W_]|[{MARKS}])*(?:['\u2019][^\W_]+)*|{EMOJI}")
UNKNOWN = "<unknown>"


def tokens(text):
    """The words of a text, in order: list of str, lower case.

    A word is a run of letters and digits of any script, with an apostrophe inside it; every emoji is a word, without its colour of skin.
    Anything else (blanks, stops, hyphens, underscores) only separates. An accent may be written as one character or as two. Scripts that
    write no blanks, as Chinese, give one word for a whole run: cut them with a tool made for them first. "" gives no words.

    Raises:
        ValueError: not a str; bytes have to be decoded first, and a missing caption (None, NaN) is not an empty one.
    """
    if not isinstance(text, str):
        raise ValueError(f"A text must be a str; got {type(text).__name__} ({str(text)[:40]!r}). Decode bytes first; leave out captions "
                         "that are missing.")
    return [word.replace("\u2019", "'") for word in WORD.findall(unicodedata.normalize("NFC", text.lower()))]


def split_all(texts):
    """Words of each text, an iterable of str: list of lists of str. ValueError: one str in place of many, or what `tokens` says."""
    return [tokens(text) for text in _listed(texts)]


def _listed(texts):
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Iterable):
        raise ValueError(f"Give a list of texts, not {type(texts).__name__}: [text] for a single one.")
    return list(texts)


class Vocabulary:
    """The words that are known. Word ids run from 0, the most frequent first (ties in alphabetical order); the id `len(vocabulary)` stands
    for every unknown word.

    Attributes:
        words: list of str, without the unknown word. counts: int64, how often each stood in the training texts.
    """

    def __init__(self, words, counts=None):
        """Args: words: list of different str. counts: int, as many, or None for zeros. ValueError: a word twice, other lengths."""
        self.words = list(words)
        self.counts = np.zeros(len(self.words), np.int64) if counts is None else np.asarray(counts, np.int64)
        self._ids = {word: i for i, word in enumerate(self.words)}
        if len(self._ids) != len(self.words):
            twice = next(word for word, count in Counter(self.words).items() if count > 1)
            raise ValueError(f"The word {twice!r} stands in the vocabulary more than once.")
        if self.counts.shape != (len(self.words),):
            raise ValueError(f"{len(self.words)} words need as many counts; got shape {self.counts.shape}.")

    @classmethod
    def fit(cls, texts, min_count=1, max_words=None):
        """The words of the training texts.

        Only the training split may be given: a vocabulary that has seen the test sentences knows their rare words, and an unknown word,
        which every user types sooner or later, never happens in the test.

        Args:
            texts: list of str. min_count: rarer words stay unknown. max_words: keep that many, the most frequent; None: all.

        Raises:
            ValueError: no word is left, or a bound below 1.
        """
        return cls.of_split(split_all(texts), min_count, max_words)

    @classmethod
    def of_split(cls, split, min_count=1, max_words=None):
        """As `fit`, from texts that were split (list of lists of str)."""
        if min_count < 1 or (max_words is not None and max_words < 1):
            raise ValueError(f"min_count and max_words must be at least 1; got {min_count} and {max_words}.")
        found = Counter(word for words in split for word in words)
        kept = sorted((word for word, count in found.items() if count >= min_count), key=lambda word: (-found[word], word))[:max_words]
        if not kept:
            raise ValueError(f"No word is left: the texts have {len(found)} different words, none of them {min_count} times. Are the "
                             "texts empty, or min_count too large?")
        return cls(kept, [found[word] for word in kept])

    @property
    def unknown(self):
        """The id of every word that is not known."""
        return len(self.words)

    def encode(self, text):
        """A text as word ids: int64 T, 0 to `unknown`. A text without words has T = 0."""
        return np.array([self._ids.get(word, self.unknown) for word in tokens(text)], np.int64)

    def decode(self, ids):
        """Word ids back to words, the unknown one as "<unknown>": list of str. ValueError: an id that does not exist."""
        ids = np.asarray(ids, np.int64)
        if ids.size and not (0 <= ids.min() and ids.max() <= self.unknown):
            raise ValueError(f"Word ids run from 0 to {self.unknown}; got {ids.min()} to {ids.max()}.")
        return [(self.words[i] if i < self.unknown else UNKNOWN) for i in ids.tolist()]

    def known(self, text):
        """The share of a text's words that are known, 0 to 1; 0.0 for a text without words."""
        ids = self.encode(text)
        return float((ids < self.unknown).mean()) if len(ids) else 0.0

    def counted(self, texts):
        """How often each word stands in each text: sparse CSR int64 N x len(words). Unknown words are not counted."""
        return self.count_split(split_all(texts))

    def count_split(self, split):
        """As `counted`, from texts that were split (list of lists of str)."""
        rows = [[i for i in map(self._ids.get, words) if i is not None] for words in split]
        columns = np.concatenate([np.array(row, np.int64) for row in rows]) if rows else np.zeros(0, np.int64)
        places = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
        found = sparse.coo_matrix((np.ones(len(columns), np.int64), (places, columns)), shape=(len(rows), len(self.words))).tocsr()
        return found  # entries of the same word were added up by the conversion

    def __len__(self):
        return len(self.words)

    def __contains__(self, word):
        return word in self._ids

    def __repr__(self):
        return f"<Vocabulary: {len(self)} words, {', '.join(map(repr, self.words[:5]))}, ...>"


class TfIdf(TransformerMixin, BaseEstimator):
    """A sentence as the words it has, the rare ones first of all.

        v_i = n_i (log((1 + N) / (1 + N_i)) + 1),    then v / |v|

    n_i: how often word i stands in the sentence (or 1 + log n_i); N: training sentences; N_i: those that have the word. A word of all
    sentences has weight 1, not 0 as in the formula of chapter 05; the ones added inside act as one more sentence that has every word.

    Args:
        min_count: words that stand in the training sentences less often are dropped. max_words: keep that many, the most frequent.
        vocabulary: a `Vocabulary` to take in place of the words of `fit`, or None; then min_count and max_words do nothing.
        sublinear: 1 + log n_i for n_i, so that the second time says less than the first.
        l2: bring every row to unit length.
        dense: True returns float32 arrays instead of sparse matrices.

    Attributes:
        vocabulary_: Vocabulary. idf_: float64, one a word.
    """

    def __init__(self, min_count=1, max_words=None, vocabulary=None, sublinear=False, l2=True, dense=False):
        self.min_count, self.max_words, self.vocabulary = min_count, max_words, vocabulary
        self.sublinear, self.l2, self.dense = sublinear, l2, dense

    def fit(self, texts, y=None):
        """Learn words and weights from the training sentences, a list of str. ValueError: none, or what `Vocabulary.fit` says."""
        self._learn(texts)
        return self

    def fit_transform(self, texts, y=None):
        """`fit`, then `transform` of the same sentences; they are split only once."""
        return self._weighted(self._learn(texts))

    def transform(self, texts):
        """Sentences -> float32 N x len(vocabulary_), sparse CSR unless dense. A sentence without a known word is a zero row.
        NotFittedError before `fit`; ValueError as `tokens`."""
        check_is_fitted(self, "idf_")
        return self._weighted(self.vocabulary_.counted(texts))

    def _learn(self, texts):
        split = split_all(texts)
        if not split:
            raise ValueError("There is no sentence to learn the weights from.")
        self.vocabulary_ = self.vocabulary or Vocabulary.of_split(split, self.min_count, self.max_words)
        found = self.vocabulary_.count_split(split)
        have = np.bincount(found.indices, minlength=found.shape[1])
        self.idf_ = np.log((1 + found.shape[0]) / (1 + have)) + 1
        return found

    def _weighted(self, found):
        found = found.astype(np.float64)
        if self.sublinear:
            found.data = 1 + np.log(found.data)
        found.data *= self.idf_[found.indices]
        if self.l2 and found.shape[0]:  # scikit-learn refuses a matrix without rows
            found = normalize(found)
        found = found.astype(np.float32)
        return found.toarray() if self.dense else found

    def get_feature_names_out(self, names=None):
        """The word of each column: array of str."""
        check_is_fitted(self, "idf_")
        return np.array(self.vocabulary_.words, dtype=object)
