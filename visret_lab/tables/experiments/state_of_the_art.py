"""Ours beside the table of deck 003 with everybody's results, under the published names of the rows.

What differs: our network is MiniVGG (256 numbers in fc6 and fc7, not 4,096) or one of the small ones of campus, our sets are not
Oxford and Paris, and the windows are fewer. A name says which method was run, not that the figures can be compared.
"""

from dataclasses import replace

from visret_lab.datasets import load
from visret_lab.tables.experiments import aggregated, ch12_neural_codes, ch13_conv_pooling, ch15_saliency_attention_regions, deep_features

TABLE = "state-of-the-art"


def neural_codes(network, dataset, elsewhere, seed=0):
    """Codes of the first fully connected layer, L2, PCA 128, L2: (Result, similarities)."""
    found, similarities, _ = ch12_neural_codes.results(network, dataset, elsewhere, aggregated.protocol_of(dataset), seed)
    name = list(found)[1]
    return found[name], similarities[name]


def astounding(network, dataset, elsewhere, seed=0):
    """Spatial search with codes of 14 windows an image and 5 a query, no PCA: (Result, similarities)."""
    both = ch12_neural_codes.searched(network, ch12_neural_codes.codes_of(network)[0], dataset)
    return ch12_neural_codes.spatial("", *both, dataset, aggregated.protocol_of(dataset), seed)


def retrained_codes(network, dataset, elsewhere, seed=0):
    """The same as `neural_codes` with the network that was re-trained on landmarks; there is one in mini only."""
    return neural_codes(ch12_neural_codes.retrained(), dataset, elsewhere, seed)


def pooling(label):
    """The function of a row: maps of the last layer, pooled and whitened as in chapter 13."""
    def run_it(network, dataset, elsewhere, seed=0):
        sets = (deep_features.maps(network, *which) for which in ((elsewhere,), (dataset,), (dataset, True)))
        _, pair = ch13_conv_pooling.one_pooling(label, *sets, name=dataset.name)
        return deep_features.measure("", *pair, dataset, aggregated.protocol_of(dataset), seed)

    return run_it


def class_weighted(network, dataset, elsewhere, seed=0):
    """Maps weighted by the class activation maps of fixed classes, as in chapter 15: (Result, similarities)."""
    return ch15_saliency_attention_regions.by_class(network, dataset, elsewhere, dataset.tier, seed, aggregated.protocol_of(dataset))["OfA"]


# Row of the table -> function(network, dataset, elsewhere, seed) -> (Result, similarities or ranking); None where it is not run.
ROWS = {
    "Neural Codes (off the shelf, 128)": neural_codes,
    "CNNastounding (off the shelf, 4-15k)": astounding,
    "SPoC (off the shelf, 256)": pooling("SPoC"),
    "R-MAC (off the shelf, 512)": pooling("R-MAC"),
    "CAM (off the shelf, 512)": class_weighted,
    "CroW (off the shelf, 512)": pooling("CroW"),
    "Neural Codes (end to end, 128)": retrained_codes,
}
MINI_ONLY = ("Neural Codes (end to end, 128)",)
SMALL = 1000  # images of a set up to which windows are cut in campus: each is a pass through the network


def run(tier, seed=0):
    """Rows of the table, with the first network of the tier."""
    network, elsewhere, found = deep_features.networks(tier)[0], load("elsewhere", tier=tier), []
    for dataset in aggregated.sets(tier):
        for row, function in ROWS.items():
            if tier != "mini" and (row in MINI_ONLY or (function is astounding and len(dataset.ids) > SMALL)):
                continue
            result, similarities = function(network, dataset, elsewhere, seed)
            found += aggregated.rows_from(replace(result, name=row), similarities, dataset, seed, TABLE)
    return found
