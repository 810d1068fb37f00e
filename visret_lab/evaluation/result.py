"""One method on one set: its score on each query, the mean with its interval, its bytes and its milliseconds."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from visret_lab.arrays import rank
from visret_lab.evaluation.average_precision import average_precision
from visret_lab.evaluation.protocols import ground_truth
from visret_lab.evaluation.uncertainty import bootstrap_interval


@dataclass(frozen=True, eq=False)
class Result:
    """What came out.

    Attributes:
        name: the method.
        per_query: float64 Q, nan for queries without positives.
        dataset, protocol: what was asked.
        bytes_per_image: size of an image's representation, or None.
        ms_per_query: time to search the whole database for one query, features of the database given; or None.
        seed: of the bootstrap.
    """

    name: str
    per_query: np.ndarray
    dataset: str = ""
    protocol: str = ""
    bytes_per_image: float | None = None
    ms_per_query: float | None = None
    seed: int = 0

    @cached_property
    def mean(self):
        """Mean over the queries that have positives: mAP."""
        values = self.per_query[~np.isnan(self.per_query)]
        if values.size == 0:
            raise ValueError(f"{self.name}: no query of {self.dataset} has a positive under {self.protocol}.")
        return float(values.mean())

    @cached_property
    def interval(self):
        """95 % bootstrap interval of the mean over queries, (low, high)."""
        return bootstrap_interval(self.per_query, seed=self.seed)

    @property
    def excluded(self):
        """Number of queries without positives."""
        return int(np.isnan(self.per_query).sum())

    def row(self):
        """The row of the cumulative table, a plain dict."""
        return {"method": self.name, "dataset": self.dataset, "protocol": self.protocol, "mAP": self.mean,
                "low": self.interval[0], "high": self.interval[1], "bytes": self.bytes_per_image, "ms": self.ms_per_query}

    def __repr__(self):
        low, high = self.interval
        return f"{self.name} on {self.dataset} ({self.protocol}): mAP {self.mean:.3f} [{low:.3f}, {high:.3f}]"

    def _repr_html_(self):
        return cumulative_table([self])._repr_html_()


def evaluate(name, scores, dataset, protocol=None, *, bytes_per_image=None, ms_per_query=None, seed=0):
    """Mean average precision (trapezoid) of a method on a data set.

    Args:
        name: what the method is called in tables.
        scores: float Q x N similarities (larger is better), or int Q x N rankings.
        dataset: speaks protocols.Dataset; its queries are the rows.
        protocol: None for the set's default.
        bytes_per_image, ms_per_query: the cost, where it was measured.

    Returns:
        Result.

    Raises:
        ValueError: shapes that do not fit the data set, NaN, or input that average_precision refuses.
    """
    scores = np.asarray(scores)
    expected = len(dataset.queries), len(dataset.ids)
    if scores.ndim != 2 or scores.shape[0] != expected[0] or scores.shape[1] > expected[1]:
        raise ValueError(f"{name}: expected one row a query and one column a database image, {expected}; got {scores.shape}.")
    if scores.dtype.kind == "f" and scores.shape[1] != expected[1]:
        raise ValueError(f"{name}: similarities must cover the whole database, {expected}; got {scores.shape}.")
    rankings = rank(scores) if scores.dtype.kind == "f" else scores
    if rankings.size and rankings.max() >= expected[1]:
        raise ValueError(f"{name}: database id {rankings.max()} is unknown; {dataset.name} has {expected[1]} images.")
    protocol = protocol or dataset.default_protocol
    values = average_precision(rankings, ground_truth(dataset, protocol))
    return Result(name, values, dataset.name, protocol, bytes_per_image, ms_per_query, seed)


def cumulative_table(rows):
    """The course's table: method, mAP with its interval, bytes an image, milliseconds a query.

    Args:
        rows: list of Result or of the dicts that Result.row gives; with a key "chapter" they get a column for it.

    Returns:
        pandas Styler; a value that is missing reads "-".
    """
    rows = [r.row() if isinstance(r, Result) else r for r in rows]
    chapter = {"chapter": [r.get("chapter", "") for r in rows]} if any("chapter" in r for r in rows) else {}
    frame = pd.DataFrame(chapter | {
        "method": [r["method"] for r in rows],
        "protocol": [f"{r['dataset']}, {r['protocol']}" for r in rows],
        "mAP": [f"{r['mAP']:.3f}" for r in rows],
        "95 % interval": [f"{r['low']:.3f} to {r['high']:.3f}" for r in rows],
        "bytes an image": ["-" if r["bytes"] is None else f"{r['bytes']:,.0f}" for r in rows],
        "ms a query": ["-" if r["ms"] is None else f"{r['ms']:.2f}" if r["ms"] >= 0.005 else "< 0.01" for r in rows],
    })
    return frame.style.hide(axis="index")
