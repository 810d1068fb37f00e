"""The run of chapter 04: SIFT or RootSIFT, ratio test, RANSAC, and the number of inliers as score."""

import time

import numpy as np

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.evaluation import evaluate
from visret_lab.features.local import SIFT
from visret_lab.rerank.matching import inlier_scores
from visret_lab.tables.experiments.global_features import TABLE

POINTS = 250


def detect(dataset, sift):
    """Local features of all images and of all queries (cut to their boxes): two lists of (points, descriptors)."""
    from tqdm import tqdm

    database = [sift.detect(dataset.image(i)) for i in tqdm(dataset.ids, desc="local features")]
    return database, [sift.detect(dataset.query_image(q)) for q in dataset.queries]


def results(dataset, seed=0, protocol=None, root=True):
    """Result and similarities of matching on a set.

    Returns:
        (Result, scores float64 Q x N, database list, queries list).
    """
    database, queries = detect(dataset, SIFT(max_points=POINTS, root=root))
    if not root:  # the matcher wants unit vectors
        database, queries = ([(p, d / np.maximum(np.linalg.norm(d, axis=1, keepdims=True), 1e-9)) for p, d in part]
                             for part in (database, queries))
    start = time.perf_counter()
    scores = inlier_scores(queries, database, seed=seed)
    milliseconds = 1000 * (time.perf_counter() - start) / len(queries)
    size = np.mean([p.nbytes + d.nbytes for p, d in database])
    name = f"{'RootSIFT' if root else 'SIFT'} matching, {POINTS} points"
    return (evaluate(name, scores, dataset, protocol, bytes_per_image=size, ms_per_query=milliseconds, seed=seed),
            scores, database, queries)


def run(tier, seed=0):
    """Rows of the table: mAP on places under each protocol.

    Matching thousands of queries with thousands of photographs takes hours, so GroceryStore is left out here.
    """
    dataset = load("places", tier=tier)
    first, scores, _, _ = results(dataset, seed)
    rows = []
    for protocol in dataset.protocols:
        result = evaluate(first.name, rank(scores), dataset, protocol, seed=seed)
        low, high = result.interval
        rows.append({"table": TABLE, "row": first.name, "metric": f"mAP, {dataset.name}, {protocol}", "value": result.mean,
                     "low": low, "high": high, "queries": len(dataset.queries), "images": len(dataset.ids),
                     "version": dataset.version, "bytes_per_image": first.bytes_per_image,
                     "ms_per_query": round(first.ms_per_query, 3)})
    return rows
