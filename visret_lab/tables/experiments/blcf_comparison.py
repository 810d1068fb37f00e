"""Ours beside two tables of deck 003: compact vectors against bags of local convolutional features, without and with expansion.

The rows of fine-tuned networks wait for chapter 17, that of SalGAN for its maps; bags weighted by a saliency network of ours stand
in the table "saliency-blcf".
"""

from dataclasses import replace

import numpy as np

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.deep.regions import expanded
from visret_lab.tables.experiments import aggregated
from visret_lab.tables.experiments.ch13_conv_pooling import one_pooling
from visret_lab.tables.experiments.ch15_saliency_attention_regions import class_weighted_vectors
from visret_lab.tables.experiments.deep_features import maps, measure, networks

TABLE = "blcf-comparison"
POOLED = {"CroW, 512 dimensions": "CroW", "R-MAC, 512 dimensions": "R-MAC"}
FIRST = 10  # images of a list that are added to the query


def vectors(network, dataset, elsewhere, tier):
    """Whitened vectors of the rows: dict row -> (float32 N x D, float32 Q x D)."""
    sets = [maps(network, *which) for which in ((elsewhere,), (dataset,), (dataset, True))]
    found = {row: one_pooling(label, *sets, name=dataset.name)[1] for row, label in POOLED.items()}
    found["CAM, 512 dimensions"] = class_weighted_vectors(network, *sets, tier)
    return found


def expand(base, asked, first=FIRST):
    """Each query with the first images of its list added, unit length: float32 Q x D."""
    lists = rank(asked @ base.T)[:, :first]
    return np.stack([expanded(query, base[row]) for query, row in zip(asked, lists, strict=True)])


def run(tier, seed=0, table=TABLE, change=lambda base, asked: asked):
    """Rows of the table, with the first network of the tier. change: what becomes of the queries."""
    network, elsewhere, found = networks(tier)[0], load("elsewhere", tier=tier), []
    for dataset in aggregated.sets(tier):
        for row, (base, asked) in vectors(network, dataset, elsewhere, tier).items():
            result, similarities = measure(row, base, change(base, asked), dataset, aggregated.protocol_of(dataset), seed)
            found += aggregated.rows_from(replace(result, name=row), similarities, dataset, seed, table)
    return found
