"""Bags of words beside the table of the HardNet project: RootSIFT and HardNet, verification, expansion by what was verified."""

import numpy as np
from scipy import sparse

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.deep.hardnet import hardnet
from visret_lab.deep.local import PatchFeatures
from visret_lab.encoding.bow import BagOfWords
from visret_lab.evaluation import evaluate
from visret_lab.features.extract import extract_local
from visret_lab.features.local import SIFT
from visret_lab.rerank.spatial import verify_top
from visret_lab.tables.experiments import aggregated
from visret_lab.tables.experiments.ch05_bag_of_words import words

TABLE = "bow-verification"
WORDS = 5000  # a million in the published table, with many more points an image
POINTS, HEAD, EXPANSION, LEAST = 250, 50, 5, 8


def stages(dataset, elsewhere, detector, label, seed=0, protocol=None):
    """Search, verify, expand: dict name -> (Result, ranking int64 Q x N)."""
    database, queries = extract_local(dataset, detector), extract_local(dataset, detector, queries=True)
    vocabulary = words([d for _, d in extract_local(elsewhere, detector)], WORDS, seed)
    encoder = BagOfWords(vocabulary, exact=False).fit([d for _, d in database])
    base, asked = (encoder.transform([d for _, d in part]) for part in (database, queries))
    first = rank((asked @ base.T).toarray())
    second, inliers = verify_top(first, queries, database, HEAD, seed=seed)
    third = rank((expanded(asked, base, second, inliers) @ base.T).toarray())
    third, _ = verify_top(third, queries, database, HEAD, seed=seed)
    found = {f"{label}, BoW": first, f"{label}, BoW, spatial verification": second,
             f"{label}, BoW, spatial verification, query expansion": third}
    return {name: (evaluate(name, ranking, dataset, protocol, seed=seed), ranking) for name, ranking in found.items()}


def expanded(asked, base, ranking, inliers, count=EXPANSION, least=LEAST):
    """Each query's bag plus those of the first images that were verified (Chum et al., ICCV 2007, average query expansion).

    Args:
        asked, base: CSR Q x K and N x K. ranking: int64 Q x N. inliers: int64 Q x T, in its order. count: images that are added at
            most. least: inliers that an image must have.

    Returns:
        CSR Q x K; its rows are not of unit length, which changes no order.
    """
    rows = []
    for q, (ids, votes) in enumerate(zip(ranking, inliers, strict=True)):
        good = ids[: len(votes)][votes >= least][:count]
        rows.append(asked[q] + sparse.csr_matrix(base[good].sum(axis=0)) if len(good) else asked[q])
    return sparse.vstack(rows).tocsr()


def run(tier, seed=0):
    """Rows of the table."""
    dataset, elsewhere = load("places", tier=tier), load("elsewhere", tier=tier)
    made = []
    for label, detector in (("RootSIFT", SIFT(POINTS)), ("HardNet, narrow", PatchFeatures(hardnet(), POINTS))):
        for result, ranking in stages(dataset, elsewhere, detector, label, seed, aggregated.protocol_of(dataset)).values():
            made += aggregated.rows_from(result, np.asarray(ranking), dataset, seed, TABLE)
    return made
