"""The run of chapter 19: one ranking from SIFT and a network's vectors, by several rules; weights that were chosen elsewhere."""

from typing import NamedTuple

import numpy as np
import torch

from visret_lab.arrays import l2_normalize, rank
from visret_lab.datasets import load
from visret_lab.deep.extract import pool_maps
from visret_lab.deep.pooling import GeM
from visret_lab.evaluation import average_precision, evaluate
from visret_lab.rerank.fusion import best_weight, fuse
from visret_lab.tables.experiments import aggregated, label_free, late_fusion
from visret_lab.tables.experiments.ch20_expansion_diffusion import questions
from visret_lab.tables.experiments.deep_features import networks
from visret_lab.training.above import layers_above

TABLE = "fusion"


class Systems(NamedTuple):
    """Two systems on one set. sift: `late_fusion.Sift`. cosine: float64 Q x N of the network. nbytes: of an image's vector."""

    sift: late_fusion.Sift
    cosine: np.ndarray
    nbytes: float


def gem_vectors(network, maps):
    """GeM of the last maps, from those below the layers that chapter 19 trains: float32 N x D, unit length."""
    above, pool = layers_above(network.backbone, label_free.FROZEN[network.label], network.last).eval(), GeM()
    with torch.inference_mode():
        return l2_normalize(pool_maps(lambda x: pool(above(x)), maps))


def systems(network, one, vocabulary, asked=None, seed=0):
    """Both systems on a set.

    Args:
        one: `label_free.Asked`. asked: ids of the images that ask, where the set's own queries do not.
    """
    base = gem_vectors(network, one.maps)
    cosine = gem_vectors(network, one.questions) @ base.T
    return Systems(late_fusion.sift(one.dataset, vocabulary, asked, seed=seed), cosine.astype(np.float64), base.nbytes / len(base))


def chosen(network, vocabulary, rule="minmax", every=2, seed=0):
    """The weight of SIFT that is best on the painted town elsewhere, where every second labelled picture asks.

    Returns:
        (weight, weights float S, AP of each question float S x Q).
    """
    painted = load("town-elsewhere")
    ids, truth = questions(painted)
    ids, truth = ids[::every], truth[::every]
    one = label_free.asked(network, painted)
    one = one._replace(questions=[one.maps[i] for i in ids])
    two, kept = systems(network, one, vocabulary, ids, seed), []

    def measure(fused):
        kept.append(average_precision(rank(fused), truth))
        return float(np.nanmean(kept[-1]))

    weight, weights, _ = best_weight(two.sift.scores, two.cosine, measure, rule)
    return weight, weights, np.stack(kept)


def merged(two, weight):
    """Every way to merge: dict name -> scores float Q x N."""
    words, cosine = two.sift.scores, two.cosine
    return {"SIFT words": two.sift.bags, "SIFT words, verified": words, "GeM": cosine,
            "sum of raw scores": words + cosine,
            "min-max, 1/2": fuse([words, cosine]), "z, 1/2": fuse([words, cosine], rule="z"),
            "ranks, 1/2": fuse([words, cosine], rule="ranks"),
            "min-max, weight chosen elsewhere": fuse([words, cosine], [weight, 1 - weight])}


def results(two, weight, dataset, seed=0, protocol=None):
    """(dict name -> Result, dict name -> scores)."""
    found = merged(two, weight)
    cost = {"GeM": two.nbytes, "SIFT words": two.sift.nbytes, "SIFT words, verified": two.sift.nbytes}
    return {name: evaluate(name, s, dataset, protocol, bytes_per_image=cost.get(name, two.nbytes + two.sift.nbytes), seed=seed)
            for name, s in found.items()}, found


def run(tier, seed=0):
    """Rows of the table "fusion": with the first network of the tier, on every set."""
    network, vocabulary, made = networks(tier)[0], label_free.sift_words(tier, seed), []
    weight, *_ = chosen(network, vocabulary, seed=seed)
    for dataset in late_fusion.sets(tier):
        two = systems(network, label_free.asked(network, dataset), vocabulary, seed=seed)
        found, scores = results(two, weight, dataset, seed, aggregated.protocol_of(dataset))
        made += [row for name, r in found.items() for row in aggregated.rows_from(r, scores[name], dataset, seed, TABLE)]
    return [row for row in made if not row["metric"].endswith("category")]
