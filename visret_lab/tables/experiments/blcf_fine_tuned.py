"""Table "blcf-fine-tuned" of deck 003: bags of local convolutional features from network A before and after its training without labels.

As in the deck, the network learns from the set that is searched. The words are learnt elsewhere, with the network that they are for.
"""

from copy import deepcopy

from visret_lab.datasets import load
from visret_lab.deep.blcf import histograms
from visret_lab.deep.saliency.over_set import saliency_maps
from visret_lab.deep.shipped import digest
from visret_lab.deep.weighted import grid_weights
from visret_lab.tables.experiments import bags, label_free
from visret_lab.tables.experiments.deep_features import networks
from visret_lab.tables.experiments.saliency_weights import GAUSSIAN, LEARNED, functions, saliency_net

TABLE = "blcf-fine-tuned"


def with_layers(network, model):
    """A network whose upper layers are those of a trained model: `deep_features.Network`, under another name for the cache.

    Args:
        network: the network that the model started from. model: `label_free.network_a` of it, trained.
    """
    backbone = deepcopy(network.backbone)
    backbone.name, backbone._cut = f"{backbone.name}-tuned", {}
    start = int(backbone.layers[label_free.FROZEN[network.label]].split(".")[1]) + 1
    for i, layer in enumerate(model.trunk):
        backbone.network.features[start + i].load_state_dict(layer.state_dict())
    return network._replace(backbone=backbone)


def weightings(dataset, found):
    """Weights of the positions: dict name of the deck -> list of float h x w, or None. The saliency is that of chapter 15's network."""
    some = {name: function for name, function in functions().items() if name in (GAUSSIAN, LEARNED)}
    planes = saliency_maps(dataset, some, f"centre-learned-{digest(saliency_net())}")
    return {"no weights": None, **{name: [grid_weights(p, *a.shape) for p, a in zip(planes[key], found.assignments, strict=True)]
                                   for name, key in (("Gaussian", GAUSSIAN), ("saliency", LEARNED))}}


def rows_of(name, network, dataset, elsewhere, seed=0):
    """Rows of one network: every weighting, by global (GS) and, where queries have boxes, by local search (LS)."""
    found = bags.describe(bags.learn(network, elsewhere, seed=seed), network, dataset)
    made, boxes = [], any(q.box is not None for q in dataset.queries)
    for label, weights in weightings(dataset, found).items():
        one = found._replace(base=histograms(found.assignments, found.base.shape[1], weights))
        for kind, questions in (("GS", one.whole), ("LS", one.local))[: 2 if boxes else 1]:
            similarities, ms = bags.searched(questions, one.base)
            made += [{**row, "metric": f"{row['metric']}, {label}, {kind}"}
                     for row in bags.rows_of(name, similarities, one, ms, TABLE, seed)]
    return made


def tuned(network, tier, seed=0):
    """Network A, trained without labels on the places that are searched: `deep_features.Network`."""
    one = label_free.asked(network, load("places", tier=tier))
    before = label_free.network_a(network)
    learnt, _ = label_free.triplets(label_free.lists(one, before, label_free.sift_words(tier, seed), seed=seed), seed)
    return with_layers(network, label_free.train(before, one.maps, learnt)[0])


def run(tier, seed=0):
    """Rows of the table."""
    network, elsewhere, places = networks(tier)[0], load("elsewhere", tier=tier), load("places", tier=tier)
    return [row for name, one in (("off-the-shelf", network), ("fine-tuned", tuned(network, tier, seed)))
            for row in rows_of(name, one, places, elsewhere, seed)]
