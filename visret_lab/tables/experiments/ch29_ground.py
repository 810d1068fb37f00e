"""What the runs of chapter 29 share: one system, one set, and a case: the same search with one thing changed."""

from typing import NamedTuple

import numpy as np

from visret_lab.arrays import l2_normalize
from visret_lab.datasets import load
from visret_lab.deep.extract import extract_vectors
from visret_lab.deep.pooling import GeM
from visret_lab.evaluation import Result, bootstrap_interval, paired_permutation_test
from visret_lab.tables.experiments import aggregated, deep_features

SIDE = 320  # pixels of the longer side, of every picture of the searched set
SMALL = 112  # of the pictures that interpolations are compared on: a photograph of 3,000 pixels shrinks to 1,024 by the same factor


class Ground(NamedTuple):
    """One system on one set: GeM of the last convolution, unit length, no whitening, inner products.

    network: `deep_features.Network`. base: float32 N x D of the images. asked: float32 Q x D of the queries. result: its `Result`.
    """

    dataset: object
    elsewhere: object
    network: object
    base: np.ndarray
    asked: np.ndarray
    result: Result

    @property
    def similarities(self):
        """float32 Q x N."""
        return self.asked @ self.base.T


class Case(NamedTuple):
    """One cause: the result of the search with one thing changed, and of the search that it is compared with.

    family: which part of the way it changes. label: what was done. against: `Result` as it should be. result: `Result` as it was done.
    """

    family: str
    label: str
    against: Result
    result: Result

    @property
    def differences(self):
        """float64, one a query that has a value in both."""
        gap = self.result.per_query - self.against.per_query
        return gap[~np.isnan(gap)]

    @property
    def change(self):
        """Mean difference of the average precision, query by query."""
        return float(self.differences.mean())

    @property
    def interval(self):
        """95 % interval of the mean difference: the queries are drawn again in pairs. (low, high)."""
        return bootstrap_interval(self.differences, seed=self.result.seed)

    @property
    def p(self):
        """Of the paired permutation test."""
        return paired_permutation_test(self.result.per_query, self.against.per_query, seed=self.result.seed)[1]

    @property
    def sure(self):
        """Whether the sign of the change can be trusted: the interval leaves out 0."""
        low, high = self.interval
        return low > 0 or high < 0


def vectors(network, dataset, queries=False, longest=SIDE, pool=None):
    """Pooled vectors of unit length: float32 N x C, from the cache where they are there."""
    pool = pool or GeM().requires_grad_(False)
    return l2_normalize(extract_vectors(network.backbone, network.last, pool, dataset, queries, longest))


def measured(name, ground_or_set, base, asked, protocol=None, seed=0):
    """Search by inner products and score: `Result`."""
    dataset = getattr(ground_or_set, "dataset", ground_or_set)
    return deep_features.measure(name, base, asked, dataset, protocol, seed)[0]


def ground(tier=None, seed=0):
    """The system of a tier on its places: `Ground`.

    Raises:
        DataError, FileNotFoundError, OSError: data or weights that are absent, as their loaders say.
    """
    dataset, elsewhere = load("places", tier=tier), load("elsewhere", tier=tier)
    network = deep_features.networks(dataset.tier)[0]
    base, asked = vectors(network, dataset), vectors(network, dataset, True)
    name = f"GeM, {network.label}, longer side {SIDE}"
    return Ground(dataset, elsewhere, network, base, asked, measured(name, dataset, base, asked, seed=seed))


def has_boxes(dataset):
    """Whether the queries of a set are parts of pictures."""
    return any(q.box is not None for q in dataset.queries)


def own_picture(dataset):
    """Database id of each query's own picture, -1 where it is not in the database: int64 Q."""
    where = {image_id: i for i, image_id in enumerate(dataset.ids)}
    return np.array([where.get(q.image_id, -1) for q in dataset.queries])


# What `tables.stated` asks for. A row names what it changed; all else was as here.
SETTINGS = {"longer side": SIDE, "interpolation": "area, OpenCV", "query": "box cut from the picture, scale of the picture kept",
            "decoder": "Pillow", "whitening set": "none; town-elsewhere or products in the family whitening", "dimensions": "all",
            "own picture": "junk", "junk": "removed", "formula": "trapezoid", "ties": "lower id first", "bits": 32}


def rows_of(case, one):
    """Two rows of the table "causes" for a case: the change with its paired interval, and the mAP that was reached."""
    data, protocol = one.dataset, aggregated.protocol_of(one.dataset)
    shared = {"table": "causes", "row": f"{case.family}: {case.label}", "queries": len(data.queries), "images": len(data.ids),
              "version": data.version, "settings": SETTINGS}
    where = f"{data.name}, {protocol}"
    return [{**shared, "metric": f"change of mAP, {where}", "value": case.change, "low": case.interval[0], "high": case.interval[1],
             "p": case.p},
            {**shared, "metric": f"mAP, {where}", "value": case.result.mean, "low": case.result.interval[0],
             "high": case.result.interval[1]}]
