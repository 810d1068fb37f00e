"""Table "saliency-blcf" of deck 003: bags of local convolutional features whose words count as much as their position is salient."""

import numpy as np

from visret_lab.deep.blcf import histograms, upsampled
from visret_lab.tables.experiments import aggregated, bags
from visret_lab.tables.experiments.saliency_weights import grids, rows_of_all

TABLE = "saliency-blcf"


def results(network, dataset, elsewhere, seed=0, protocol=None, n_words=bags.WORDS, held=None):
    """Results by (weighting, "GS" or "LS"), and similarities by the same: the words of chapter 14, counted with weights.

    Args:
        held: what `bags.picture_maps` gives, where it is at hand.
    """
    model, (asked, maps) = bags.learn(network, elsewhere, n_words, seed), held or bags.picture_maps(network, dataset)
    bags.require_unseen_maps(model, maps, dataset.name)
    found, lengths = bags.of_maps(model, dataset, maps, asked), norms(maps, model.upsample)
    del maps, asked  # they are large
    kinds = {"GS": found.whole} | ({"LS": found.local} if any(q.box is not None for q in dataset.queries) else {})
    results_, similarities = {}, {}
    for name, weights in grids(dataset, lengths).items():
        base = histograms(found.assignments, found.base.shape[1], weights)
        one = found._replace(base=base)
        for kind, questions in kinds.items():
            similarities[name, kind], ms = bags.searched(questions, base)
            results_[name, kind] = bags.result(name, similarities[name, kind], one, ms, protocol or aggregated.protocol_of(dataset), seed)
    return results_, similarities


def norms(maps, upsample):
    """Length of the descriptor at each position of the assignment maps: list of C x h x w -> list of float32 1 x H x W."""
    return [np.linalg.norm(upsampled(m, upsample), axis=0)[None] for m in maps]


def run(tier, seed=0):
    """Rows of the table."""
    return rows_of_all(results, TABLE, tier, seed)
