"""Table "late-fusion" of deck 003: bags of a network's words, bags of SIFT words with a verified head, and their scores together."""

from typing import NamedTuple

import numpy as np

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.encoding.bow import BagOfWords
from visret_lab.evaluation import evaluate
from visret_lab.rerank.fusion import fuse
from visret_lab.rerank.spatial import verify_top
from visret_lab.search.inverted import InvertedFile
from visret_lab.tables.experiments import aggregated, bags, label_free
from visret_lab.tables.experiments.blcf_stages import with_centre
from visret_lab.tables.experiments.deep_features import networks

TABLE = "late-fusion"
TOP = 50  # images of a list that are verified
LARGEST = 1100  # images of a set that is searched as a whole


class Sift(NamedTuple):
    """What the system of SIFT says. bags: float Q x N, cosines of bags of words. inliers: int64 Q x N, of the head of each list, 0 for
    the rest. nbytes: of an image's bag and its points."""

    bags: np.ndarray
    inliers: np.ndarray
    nbytes: float = 0.0

    @property
    def scores(self):
        """float64 Q x N: inliers, and among equals the cosine of the bags, which is at most 1."""
        return self.inliers + self.bags


def sift(dataset, vocabulary, asked=None, top=TOP, seed=0):
    """Search with bags of SIFT words, and verify the head of each list.

    Args:
        vocabulary: fitted, of words learnt elsewhere. asked: ids of images that ask, whole; None for the set's own queries.

    Returns:
        Sift.
    """
    database = list(zip(*aggregated.local(dataset), strict=True))
    queries = [database[i] for i in asked] if asked is not None else list(zip(*aggregated.local(dataset, queries=True), strict=True))
    encoder = BagOfWords(vocabulary).fit([d for _, d in database])
    base, words = (encoder.transform([d for _, d in part]) for part in (database, queries))
    cosines = np.asarray((words @ base.T).todense(), np.float64)
    ranking, votes = verify_top(rank(cosines), queries, database, top, seed=seed)
    inliers = np.zeros(cosines.shape, np.int64)
    np.put_along_axis(inliers, ranking[:, : votes.shape[1]], votes, axis=1)
    points = sum(p.nbytes + d.nbytes for p, d in database)
    return Sift(cosines, inliers, (InvertedFile().add(base).nbytes + points) / len(database))


def scores(network, dataset, elsewhere, vocabulary, seed=0):
    """Scores of both systems on a set, each float Q x N: (BLCF with the centre prior, Sift)."""
    found = with_centre(bags.describe(bags.learn(network, elsewhere, seed=seed), network, dataset))
    boxes = any(q.box is not None for q in dataset.queries)
    return bags.searched(found.local if boxes else found.whole, found.base)[0], sift(dataset, vocabulary, seed=seed)


def rankings(blcf, words):
    """The three rows: dict name -> scores float Q x N. Both systems count alike, after each query's scores were brought to 0..1."""
    return {"BLCF": blcf, "SIFT-BoW": words, "merged": fuse([blcf, words])}


def sets(tier):
    """What is searched: places, as Oxford; for INSTRE the named buildings, in campus a part of the products: each list is verified."""
    found = [d if len(d.ids) <= LARGEST else label_free.thinned(d) for d in aggregated.sets(tier)]
    return [*found, *([label_free.one_a_building(load("named"))] if tier == "mini" else [])]


def run(tier, seed=0):
    """Rows of the table."""
    network, elsewhere, made = networks(tier)[0], load("elsewhere", tier=tier), []
    vocabulary = label_free.sift_words(tier, seed)
    for dataset in sets(tier):
        blcf, words = scores(network, dataset, elsewhere, vocabulary, seed)
        for name, found in rankings(blcf, words.scores).items():
            first = evaluate(name, found, dataset, aggregated.protocol_of(dataset), seed=seed)
            made += aggregated.rows_from(first, found, dataset, seed, TABLE)
    return [row for row in made if not row["metric"].endswith("category")]
