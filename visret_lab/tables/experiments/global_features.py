"""What the runs of the chapters on global features share: search a set, then state it as rows of a table."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.evaluation import Result, evaluate, ground_truth, hit_rate
from visret_lab.features.extract import extract

TABLE = "handmade"


@dataclass(frozen=True)
class Method:
    """A feature and a way to compare it.

    Attributes:
        name: in tables.
        feature: what `extract` calls the vectors; methods with the same name share them.
        function: image -> array.
        similarity: (queries, database) -> Q x N, larger is better.
    """

    name: str
    feature: str
    function: Callable
    similarity: Callable


def search(dataset, method):
    """Search the set with every query.

    Returns:
        similarities float Q x N, bytes an image, milliseconds a query (comparison only; the features are given).
    """
    queries = extract(dataset, method.function, method.feature, queries=True)
    database = extract(dataset, method.function, method.feature)
    method.similarity(queries[:1], database[:8])  # the first call of a library sets up its threads
    start = time.perf_counter()
    similarities = method.similarity(queries, database)
    seconds = time.perf_counter() - start
    return similarities, database.nbytes / len(database), 1000 * seconds / len(queries)


def results(dataset, methods, seed, protocol=None):
    """Result of every method on a set. Returns (dict name -> Result, dict name -> ranking int64 Q x N)."""
    found, rankings = {}, {}
    for method in methods:
        similarities, size, milliseconds = search(dataset, method)
        rankings[method.name] = rank(similarities)
        found[method.name] = evaluate(method.name, rankings[method.name], dataset, protocol, bytes_per_image=size,
                                      ms_per_query=milliseconds, seed=seed)
    return found, rankings


def rows(methods, tier, seed, sets=("places", "products")):
    """Rows of the table: mAP on places under each protocol, and in campus the figures of GroceryStore.

    Returns:
        list of dicts {table, row, metric, value, low, high, queries, images, version, ms_per_query}.
    """
    found = []
    for role in sets:
        if role == "products" and tier != "campus":
            continue  # only the campus tier has photographs of products
        dataset = load(role, tier=tier)
        for method in methods:
            found += _measured(dataset, role, method, seed)
    return found


def _measured(dataset, role, method, seed):
    similarities, size, milliseconds = search(dataset, method)
    ranking = rank(similarities)
    shared = {"table": TABLE, "row": method.name, "queries": len(dataset.queries), "images": len(dataset.ids),
              "version": dataset.version, "bytes_per_image": size, "ms_per_query": round(milliseconds, 3)}
    out = []
    for protocol in dataset.protocols if role == "places" else ("natural",):
        result = evaluate(method.name, ranking, dataset, protocol, seed=seed)
        out.append(_row(shared, f"mAP, {dataset.name}, {protocol}", result))
    if role == "products":
        for protocol, word in (("natural", "1-NN, natural"), ("iconic", "R@1, natural to iconic")):
            hits = hit_rate(ranking, ground_truth(dataset, protocol), 1)
            out.append(_row(shared, f"{word}, {dataset.name}", Result(method.name, hits, seed=seed)))
    return out


def _row(shared, metric, result):
    low, high = result.interval
    return {**shared, "metric": metric, "value": result.mean, "low": low, "high": high}
