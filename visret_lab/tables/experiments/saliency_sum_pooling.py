"""Table "saliency-sum-pooling" of deck 003: sums of local descriptors, each position weighed by a saliency map of its picture."""

import numpy as np

from visret_lab.arrays import l2_normalize
from visret_lab.deep.weighted import weighted_sum
from visret_lab.tables.experiments import aggregated, bags, deep_features
from visret_lab.tables.experiments.deep_features import maps, measure
from visret_lab.tables.experiments.saliency_weights import boxes_on_grid, grids, rows_of_all

TABLE = "saliency-sum-pooling"
COMPONENTS = 128


def pooled(found, weights=None):
    """Weighted sums of unit length: list of float32 C x h x w, None or list of h x w -> float32 N x C."""
    weights = [None] * len(found) if weights is None else weights
    return l2_normalize(np.stack([weighted_sum(m, w) for m, w in zip(found, weights, strict=True)]))


def questions(dataset, whole):
    """Vectors of the queries, never weighted: dict "GS", and "LS" where the set has boxes -> float32 Q x C.

    Args:
        whole: list of float32 C x h x w, maps of the pictures in which they stand.
    """
    boxes = boxes_on_grid(dataset, [m.shape[1:] for m in whole])
    asked = {"GS": pooled(whole)}
    if boxes is not None:
        asked["LS"] = pooled([m[:, y0:y1, x0:x1] for m, (x0, y0, x1, y1) in zip(whole, boxes, strict=True)])
    return asked


def results(network, dataset, elsewhere, seed=0, protocol=None, held=None):
    """Results by (weighting, "GS" or "LS"), and similarities by the same.

    The whitening is learnt on plain sums of the other set, and is the same for every weighting.

    Args:
        held: what `bags.picture_maps` gives, where it is at hand.
    """
    protocol = protocol or aggregated.protocol_of(dataset)
    whole, found = held or bags.picture_maps(network, dataset)
    asked = questions(dataset, whole)
    train = pooled(maps(network, elsewhere, layer=network.local))
    pca = deep_features.whitening(train, pooled(found), min(COMPONENTS, len(train) - 1, train.shape[1]), name=dataset.name)
    asked = {kind: pca.transform(vectors) for kind, vectors in asked.items()}
    made = {}
    for name, weights in grids(dataset, found).items():
        base = pca.transform(pooled(found, weights))
        for kind, vectors in asked.items():
            made[name, kind] = measure(name, base, vectors, dataset, protocol, seed)
    return {key: r for key, (r, _) in made.items()}, {key: s for key, (_, s) in made.items()}


def run(tier, seed=0):
    """Rows of the table."""
    return rows_of_all(results, TABLE, tier, seed)
