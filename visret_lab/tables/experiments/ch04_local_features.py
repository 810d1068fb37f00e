"""The run of chapter 04: SIFT or RootSIFT, ratio test, RANSAC, and the number of inliers as score."""

import time
from dataclasses import replace

import numpy as np

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.evaluation import Result, evaluate, ground_truth, hit_rate
from visret_lab.features.extract import extract_local
from visret_lab.features.local import SIFT
from visret_lab.rerank.matching import inlier_scores
from visret_lab.tables.experiments.global_features import TABLE

POINTS = 250


def detect(dataset, sift):
    """Local features of all images and of all queries (cut to their boxes): two lists of (points, descriptors)."""
    return extract_local(dataset, sift), extract_local(dataset, sift, queries=True)


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
    """Rows of the table: mAP on places under each protocol, and in campus the figures of GroceryStore.

    Matching all 2,485 queries of GroceryStore with all its photographs takes most of an hour, so every tenth query is asked;
    the rows say so.
    """
    dataset = load("places", tier=tier)
    first, scores, _, _ = results(dataset, seed)
    rows = [_row(first, dataset, f"mAP, {dataset.name}, {protocol}", evaluate(first.name, rank(scores), dataset, protocol, seed=seed))
            for protocol in dataset.protocols]
    return rows + (_products(load("products", tier=tier), seed) if tier == "campus" else [])


def _products(dataset, seed):
    """GroceryStore, every tenth query."""
    some = replace(dataset, queries=dataset.queries[::10])
    first, scores, _, _ = results(some, seed, "natural")
    ranking = rank(scores)
    rows = [_row(first, some, f"mAP, {some.name}, natural, every 10th query", first)]
    for protocol, word in (("natural", "1-NN, natural"), ("iconic", "R@1, natural to iconic")):
        hits = Result(first.name, hit_rate(ranking, ground_truth(some, protocol), 1), seed=seed)
        rows.append(_row(first, some, f"{word}, {some.name}, every 10th query", hits))
    return rows


def _row(first, dataset, metric, result):
    low, high = result.interval
    return {"table": TABLE, "row": first.name, "metric": metric, "value": result.mean, "low": low, "high": high,
            "queries": len(dataset.queries), "images": len(dataset.ids), "version": dataset.version,
            "bytes_per_image": first.bytes_per_image, "ms_per_query": round(first.ms_per_query, 3)}
