"""Races of chapter 01: average precision."""

import numpy as np

from visret_lab.bench.race import Race
from visret_lab.evaluation import average_precision
from visret_lab.protocols import Relevance


def per_query_loop(rankings, relevance):
    """The trapezoid AP as an evaluator for one query after the other: find the positives and the junk in the ranking,
    shift each positive by the junk before it, add up the trapezoids."""
    values = []
    for ranking, (positive, junk) in zip(rankings, relevance, strict=True):
        position = np.arange(len(ranking))[np.isin(ranking, positive)]
        junk_position = np.arange(len(ranking))[np.isin(ranking, junk)]
        shift, i = 0, 0
        shifted = []
        for p in position:
            while i < len(junk_position) and p > junk_position[i]:
                shift, i = shift + 1, i + 1
            shifted.append(p - shift)
        total = 0.0
        for j, r in enumerate(shifted):
            before = 1.0 if r == 0 else j / r
            total += (before + (j + 1) / (r + 1)) / 2
        values.append(total / len(positive))
    return np.array(values)


def example(queries, size, rng):
    """Random rankings with 10 to 200 positives and some junk a query."""
    rankings = np.stack([rng.permutation(size) for _ in range(queries)]).astype(np.int64)
    relevance = []
    for _ in range(queries):
        positives, junk = int(rng.integers(10, min(201, size // 4))), int(rng.integers(0, min(101, size // 4)))
        chosen = rng.choice(size, positives + junk, replace=False)
        relevance.append(Relevance(chosen[:positives], chosen[positives:]))
    return rankings, relevance


def races(small=False):
    """The races of this chapter; `small` for tests."""
    found = []
    for size, target in ((200, 1.0),) if small else ((5_000, 3.0), (100_000, 1.0)):
        rankings, relevance = example(5 if small else 70, size, np.random.default_rng(0))
        found.append(Race(
            f"VGG average precision, {len(relevance)} x {size:,}", "01_evaluation", "per-query loop as the official evaluators",
            ours=lambda r=rankings, g=relevance: average_precision(r, g),
            theirs=lambda r=rankings, g=relevance: per_query_loop(r, g), target=target, tolerance=1e-12))
    return found
