"""The runs of chapter 05: bags of words at several sizes, with Hamming embedding, and with a verified head of the list."""

import time
from typing import NamedTuple

import numpy as np

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.encoding.bow import BagOfWords
from visret_lab.encoding.hamming import HammingEmbedding
from visret_lab.encoding.vocabulary import Vocabulary
from visret_lab.evaluation import evaluate
from visret_lab.features.extract import extract_local
from visret_lab.features.local import SIFT
from visret_lab.rerank.spatial import verify_top
from visret_lab.search.inverted import InvertedFile
from visret_lab.search.signatures import SignatureFile
from visret_lab.tables.experiments import aggregated

SIZES = (100, 1000, 10_000)
MANY = 5000  # from here on, words are found by two levels
THRESHOLD = 24  # bits of 64, as in the paper
HEAD = 50  # images that are verified
ROWS = 200_000  # training descriptors at most


class Features(NamedTuple):
    """Local features of the database, of the queries, and the descriptors of other images to learn from.

    Attributes:
        database, queries: lists of (points N x 4, descriptors N x 128).
        training: list of descriptors N x 128.
    """

    database: list
    queries: list
    training: list

    @property
    def images(self):
        """Descriptors of the database, one array an image."""
        return [d for _, d in self.database]

    @property
    def asked(self):
        """Descriptors of the queries."""
        return [d for _, d in self.queries]


def features(dataset, elsewhere):
    """Features of a set, and of the images elsewhere from which words are learnt."""
    sift = SIFT(max_points=aggregated.POINTS)
    training = [d for _, d in extract_local(elsewhere, sift)]
    return Features(extract_local(dataset, sift), extract_local(dataset, sift, queries=True), training)


def words(descriptors, size, seed=0):
    """A vocabulary of `size` words, or of as many as four descriptors a word allow; approximate where it is large."""
    size = min(size, max(1, sum(map(len, descriptors)) // 4))
    return Vocabulary(size, n_iter=10, per_word=max(4, ROWS // size), seed=seed, exact=size < MANY).fit(descriptors)


def bag(found, vocabulary, kernel="ip", **settings):
    """Bags of the database in an inverted file, and the encoder for the queries.

    Args:
        found: Features.
        vocabulary: fitted.
        kernel: of the inverted file.
        settings: of BagOfWords.

    Returns:
        (InvertedFile, BagOfWords).
    """
    encoder = BagOfWords(vocabulary, exact=len(vocabulary.centers_) < MANY, **settings)
    return InvertedFile(kernel).add(encoder.fit_transform(found.images)), encoder


def search(file, encoder, queries):
    """Scores float32 Q x N of all images, and milliseconds a query, from its descriptors on: words, bag, postings."""
    file.scores(encoder.transform(queries[:1]))  # the first call sets up threads, and the assigner
    start = time.perf_counter()
    scores = file.scores(encoder.transform(queries))
    return scores, 1000 * (time.perf_counter() - start) / len(queries)


def results(dataset, elsewhere, seed=0, protocol=None, vocabularies=None):
    """All rows of the chapter.

    Args:
        dataset: to search in; its default protocol is taken where `protocol` is None.
        elsewhere: images to learn from.
        vocabularies: dict size -> Vocabulary of those that are there already; the others are learnt.

    Returns:
        (dict name -> Result, dict name -> scores float Q x N or ranking int64 Q x N, dict size -> Vocabulary, Features).
    """
    found = features(dataset, elsewhere)
    held = vocabularies or {}
    vocabularies = {size: held.get(size) or words(found.training, size, seed) for size in SIZES}
    result, output = {}, {}

    def keep(name, scores, size, milliseconds):
        output[name] = scores
        result[name] = evaluate(name, scores, dataset, protocol, bytes_per_image=size, ms_per_query=milliseconds, seed=seed)

    for vocabulary in vocabularies.values():
        vocabulary.require_unseen(found.images, name=dataset.name)
        file, encoder = bag(found, vocabulary)
        scores, milliseconds = search(file, encoder, found.asked)
        largest = f"BoW, {len(vocabulary.centers_):,} words"
        keep(largest, scores, file.nbytes / len(file), milliseconds)
    start = time.perf_counter()
    verified, _ = verify_top(rank(scores), found.queries, found.database, HEAD, seed=seed)
    extra = 1000 * (time.perf_counter() - start) / len(found.queries)
    raw = np.mean([p.nbytes + d.nbytes for p, d in found.database])
    keep(f"{largest}, first {HEAD} verified", verified, file.nbytes / len(file) + raw, milliseconds + extra)
    scores, size, milliseconds = embedded(found, vocabularies[1000])
    keep(f"BoW, {len(vocabularies[1000].centers_):,} words + 64 bits", scores, size, milliseconds)
    return result, output, vocabularies, found


def embedded(found, vocabulary, threshold=THRESHOLD):
    """Search with Hamming embedding: scores float32 Q x N, bytes an image, milliseconds a query."""
    file = SignatureFile(HammingEmbedding(vocabulary).fit(found.training), threshold).add(found.images)
    start = time.perf_counter()
    scores = file.scores(found.asked)
    return scores, file.nbytes / len(file), 1000 * (time.perf_counter() - start) / len(found.asked)


def run(tier, seed=0):
    """Rows of the table, on every set of the tier."""
    elsewhere = load("elsewhere", tier=tier)
    found, learnt = [], None
    for dataset in aggregated.sets(tier):
        result, output, learnt, _ = results(dataset, elsewhere, seed, aggregated.protocol_of(dataset), learnt)
        found += [row for name in result for row in aggregated.rows_from(result[name], output[name], dataset, seed)]
    return found
