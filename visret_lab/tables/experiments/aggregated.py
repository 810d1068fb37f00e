"""What the runs of chapters 05 to 15 share: one vector an image from its local descriptors, an exact search, rows of a table."""

import time

import numpy as np

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.evaluation import Result, evaluate, ground_truth, hit_rate
from visret_lab.features.extract import extract_local
from visret_lab.features.local import SIFT

TABLE = "aggregated"
POINTS = 250


def local(dataset, queries=False):
    """RootSIFT of every image, or of every query cut to its box: (list of points N x 4, list of descriptors N x 128)."""
    found = extract_local(dataset, SIFT(max_points=POINTS), queries=queries)
    return [p for p, _ in found], [d for _, d in found]


def compare_all(queries, database):
    """Inner products of all queries with all images, and what they cost.

    Args:
        queries: float32 Q x D. database: float32 N x D.

    Returns:
        (similarities Q x N, milliseconds a query for the comparison).
    """
    similarities, seconds = fastest(lambda: queries @ database.T)
    return similarities, 1000 * seconds / len(queries)


def fastest(function, repeat=3):
    """(value of `function`, seconds of its fastest call): the first call of a library sets up its threads."""
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        value = function()
        seconds.append(time.perf_counter() - start)
    return value, min(seconds)


def measure(name, encoder, dataset, protocol=None, seed=0):
    """Encode the images and queries of a set with a fitted encoder, search, and score.

    The time of a query begins with its descriptors, as in chapters 04 and 05: to encode them, and to compare the vector.

    Returns:
        (Result, similarities float32 Q x N).
    """
    database, asked = encoder.transform(local(dataset)[1]), local(dataset, queries=True)[1]
    queries, encoding = fastest(lambda: encoder.transform(asked))
    similarities, comparing = compare_all(queries, database)
    return evaluate(name, similarities, dataset, protocol, bytes_per_image=database.nbytes / len(database),
                    ms_per_query=comparing + 1000 * encoding / len(queries), seed=seed), similarities


def measure_all(encoders, dataset, protocol=None, seed=0):
    """`measure` for a dict name -> fitted encoder: (dict name -> Result, dict name -> similarities)."""
    both = {name: measure(name, encoder, dataset, protocol, seed) for name, encoder in encoders.items()}
    return {n: b[0] for n, b in both.items()}, {n: b[1] for n, b in both.items()}


def rows(encoders, tier, seed=0):
    """Rows of the table, on every set of the tier.

    Args:
        encoders: dict name -> fitted encoder.
    """
    return [row for dataset in sets(tier) for name, encoder in encoders.items() for row in rows_of(name, encoder, dataset, seed)]


def sets(tier):
    """What is searched: places, and in campus GroceryStore, unless it is where everything was learnt."""
    places = [load("places", tier=tier)]
    if tier != "campus" or load("elsewhere", tier=tier).name == "grocery-store":
        return places
    return [*places, load("products", tier=tier)]


def rows_of(name, encoder, dataset, seed=0):
    """Rows of one encoder on one set."""
    return rows_from(*measure(name, encoder, dataset, protocol_of(dataset), seed), dataset, seed)


def protocol_of(dataset):
    """The protocol of the first figures of a set."""
    return "natural" if "iconic" in dataset.protocols else dataset.default_protocol


def rows_from(first, similarities, dataset, seed=0, table=TABLE):
    """Rows of a search that has been made: its Result under one protocol, and its similarities or its ranking (integers)."""
    grocery, name = "iconic" in dataset.protocols, first.name
    ranking = similarities if np.issubdtype(similarities.dtype, np.integer) else rank(similarities)
    found = [(f"mAP, {dataset.name}, {p}", evaluate(name, ranking, dataset, p, seed=seed))
             for p in (("natural",) if grocery else dataset.protocols)]
    if grocery:
        for p, word in (("natural", "1-NN, natural"), ("iconic", "R@1, natural to iconic")):
            hits = np.asarray(hit_rate(ranking, ground_truth(dataset, p), 1))
            found.append((f"{word}, {dataset.name}", Result(name, hits, seed=seed)))
    ms = first.ms_per_query
    shared = {"table": table, "row": name, "queries": len(dataset.queries), "images": len(dataset.ids), "version": dataset.version,
              "bytes_per_image": first.bytes_per_image, "ms_per_query": None if ms is None else round(ms, 3)}
    return [{**shared, "metric": metric, "value": r.mean, "low": r.interval[0], "high": r.interval[1]} for metric, r in found]
