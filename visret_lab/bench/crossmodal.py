"""Races of the chapters on pictures and words: canonical correlations in closed form, and tf-idf of sentences."""

import warnings
from functools import cache

import numpy as np
from sklearn.cross_decomposition import CCA as Iterated
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer

from visret_lab.bench.race import Race
from visret_lab.crossmodal.cca import CCA
from visret_lab.crossmodal.text import TfIdf, tokens

CHAPTER = "24_image_text"


def two_views(rows, columns, shared, seed=0):
    """Two views of the same hidden numbers: float32 rows x columns[0], rows x columns[1]. The j-th hidden number is the weaker the
    larger j is, so that no two correlations are equal."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(rows, shared)) * np.linspace(1, 0.4, shared)
    return [(hidden @ rng.normal(size=(shared, d)) + rng.normal(size=(rows, d))).astype(np.float32) for d in columns]


def iterated(x, y, count):
    """The same correlations by scikit-learn: float64 count, largest first."""
    model = Iterated(count)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        zx, zy = model.fit_transform(x.astype(np.float64), y.astype(np.float64))
    return np.sort([np.corrcoef(a, b)[0, 1] for a, b in zip(zx.T, zy.T)])[::-1]


def made_up(sentences, words, seed=0):
    """Sentences of 5 to 15 made-up words, of which few are frequent (Zipf's law): list of str."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, words + 1)
    lengths = rng.integers(5, 16, sentences)
    drawn = np.split(rng.choice(words, lengths.sum(), p=share / share.sum()), np.cumsum(lengths)[:-1])
    return [" ".join(f"w{i}" for i in row) for row in drawn]


def races(small=False):
    """The races of these chapters; `small` for tests."""
    rows, columns, count = (200, (8, 6), 3) if small else (1500, (60, 50), 20)
    sentences, words = (100, 50) if small else (20_000, 5_000)

    @cache
    def views():
        return two_views(rows, columns, count)

    @cache
    def texts():
        return made_up(sentences, words)

    @cache
    def theirs():
        known = TfIdf().fit(texts()).vocabulary_.words  # one order of the words for both sides
        return TfidfVectorizer(tokenizer=tokens, token_pattern=None, lowercase=False, vocabulary=known)

    return [Race(f"{count} canonical correlations of {rows} pairs, {columns[0]} and {columns[1]} numbers", CHAPTER,
                 "sklearn.cross_decomposition.CCA", lambda: CCA(count, regularization=0).fit(*views()).correlations_,
                 lambda: iterated(*views(), count), target=0.5 if small else 8.0, tolerance=5e-3,
                 note="scikit-learn takes out one component after the other by iteration, which stops early; its components are sorted"),
            Race(f"tf-idf of {sentences:,} sentences, {words:,} words", CHAPTER, "sklearn.feature_extraction.text.TfidfVectorizer",
                 lambda: TfIdf().fit_transform(texts())[:50].toarray(),
                 lambda: theirs().fit_transform(texts())[:50].toarray(), target=0.25, tolerance=1e-6,
                 note="scikit-learn is given the words, so that both have one order; ours learns them as well")]
