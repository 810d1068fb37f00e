"""Ours beside the table of deck 003 with everybody's results, under the published names of the rows.

What differs: our network is MiniVGG (160 maps, 256 numbers in fc6 and fc7, not 512 and 4,096) or one of the small ones of campus, our sets
are not Oxford and Paris, and the windows are fewer. The networks trained end to end are those of chapter 17: MAC learns from triplets
there, not from contrastive pairs, and NetVLAD keeps all its 2,560 numbers. A name says which method was run, not that the figures can
be compared.
"""

import time
from dataclasses import replace

import numpy as np

from visret_lab.arrays import l2_normalize
from visret_lab.compact.pca import PCA
from visret_lab.datasets import load
from visret_lab.deep.blcf import as_descriptors
from visret_lab.deep.extract import pool_maps
from visret_lab.deep.neural_codes import spatial_distances, window_codes
from visret_lab.deep.rmac import region_mac
from visret_lab.encoding.vlad import VLAD
from visret_lab.evaluation import evaluate
from visret_lab.tables.experiments import (aggregated, ch12_neural_codes, ch13_conv_pooling, ch15_saliency_attention_regions,
                                           ch17_end_to_end, deep_features)

TABLE = "state-of-the-art"
WORDS, FEW = 64, 16  # of the VLADs of positions and of windows; 100 in both papers
LEVELS = slice(1, 5), slice(5, 14)  # the windows of the second and third level
SIDE = 96  # pixels of a window that goes into the network


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


def trained(one):
    """The function of a row: a network of chapter 17, trained end to end; in mini only."""
    def run_it(network, dataset, elsewhere, seed=0):
        pair = ch17_end_to_end.after(one, dataset), ch17_end_to_end.after(one, dataset, True)
        return deep_features.measure("", *pair, dataset, aggregated.protocol_of(dataset), seed)

    return run_it


def class_weighted(network, dataset, elsewhere, seed=0):
    """Maps weighted by the class activation maps of fixed classes, as in chapter 15: (Result, similarities)."""
    return ch15_saliency_attention_regions.by_class(network, dataset, elsewhere, dataset.tier, seed, aggregated.protocol_of(dataset))["OfA"]


def vlad_of_maps(network, dataset, elsewhere, seed=0):
    """Ng, Yang, Davis (CVPR workshops 2015): each position of a convolution is a local descriptor; VLAD, PCA-whitening."""
    sets = [positions(deep_features.maps(network, *which, layer=network.local)) for which in
            ((elsewhere,), (dataset,), (dataset, True))]
    encoder = VLAD(n_words=WORDS, intra=True, seed=seed).fit(sets[0])
    return short(*map(encoder.transform, sets), dataset, seed)


def vlad_of_windows(network, dataset, elsewhere, seed=0):
    """MOP (Gong, Wang, Guo, Lazebnik, ECCV 2014): the code of the whole picture beside one VLAD for the windows of each level."""
    layer = ch12_neural_codes.codes_of(network)[0]
    sets = [l2_normalize(window_codes(network.backbone, layer, one, 3, queries, SIDE)) for one, queries in
            ((elsewhere, False), (dataset, False), (dataset, True))]
    encoders = [VLAD(n_words=FEW, intra=True, seed=seed).fit(list(sets[0][:, level])) for level in LEVELS]
    joined = [np.concatenate([x[:, 0], *(e.transform(list(x[:, level])) for e, level in zip(encoders, LEVELS, strict=True))], axis=1)
              for x in sets]
    return short(*joined, dataset, seed)


def windows_of_maps(network, dataset, elsewhere, seed=0):
    """Razavian, Sullivan, Carlsson, Maki (2016): maxima over windows of the maps, whitened, and each of the query's looks for its
    nearest one: as the spatial search of codes, after one pass of the network."""
    train, base, asked = (deep_features.maps(network, *which) for which in ((elsewhere,), (dataset,), (dataset, True)))
    pca = PCA(power=0.5, l2_before=True, l2_after=True).fit(ch13_conv_pooling.region_vectors(train))
    found = [pca.transform(windows) for windows in pool_maps(region_mac, base)]
    most = max(map(len, found))
    base = np.stack([np.pad(x, ((0, most - len(x)), (0, 0)), mode="edge") for x in found])  # the last window again: no new minimum
    start = time.perf_counter()
    distances = np.concatenate([spatial_distances(pca.transform(q)[None], base) for q in pool_maps(region_mac, asked)])
    ms = 1000 * (time.perf_counter() - start) / len(asked)
    return evaluate("", -distances, dataset, aggregated.protocol_of(dataset), bytes_per_image=base[0].nbytes, ms_per_query=ms,
                    seed=seed), -distances


def positions(maps):
    """Descriptors of the positions of maps, unit length, without silent ones: list of C x h x w -> list of M_i x C."""
    rows = (as_descriptors(x) for x in maps)
    return [l2_normalize(x[x.any(axis=1)]) for x in rows]


def short(learn, base, asked, dataset, seed):
    """At most 128 numbers by PCA-whitening, learnt on the other set, and the search with them: (Result, similarities)."""
    pca = deep_features.whitening(learn, base, min(128, len(learn) - 1), name=dataset.name)
    return deep_features.measure("", pca.transform(base), pca.transform(asked), dataset, aggregated.protocol_of(dataset), seed)


# Row of the table -> function(network, dataset, elsewhere, seed) -> (Result, similarities or ranking); None where it is not run.
ROWS = {
    "Neural Codes (off the shelf, 128)": neural_codes,
    "CNNastounding (off the shelf, 4-15k)": astounding,
    "MOP (off the shelf, 2048)": vlad_of_windows,
    "SPoC (off the shelf, 256)": pooling("SPoC"),
    "Ng et al (off the shelf, 128)": vlad_of_maps,
    "Razavian (off the shelf, 32k)": windows_of_maps,
    "R-MAC (off the shelf, 512)": pooling("R-MAC"),
    "CAM (off the shelf, 512)": class_weighted,
    "CroW (off the shelf, 512)": pooling("CroW"),
    "Neural Codes (end to end, 128)": retrained_codes,
    "R-MAC (end to end, 512)": trained(ch17_end_to_end.CLEANED),
    "MAC (end to end, 512)": trained(ch17_end_to_end.SIAMESE),
    "NetVLAD (end to end, 256)": trained(ch17_end_to_end.NETVLAD),
}
SLOW = (astounding, vlad_of_windows, windows_of_maps)
MINI_ONLY = ("Neural Codes (end to end, 128)", "R-MAC (end to end, 512)", "MAC (end to end, 512)", "NetVLAD (end to end, 256)")
SMALL = 1000  # images of a set up to which windows are cut in campus: each is a pass through the network


def run(tier, seed=0):
    """Rows of the table, with the first network of the tier."""
    network, elsewhere, found = deep_features.networks(tier)[0], load("elsewhere", tier=tier), []
    for dataset in aggregated.sets(tier):
        for row, function in ROWS.items():
            if tier != "mini" and (row in MINI_ONLY or (function in SLOW and len(dataset.ids) > SMALL)):
                continue
            result, similarities = function(network, dataset, elsewhere, seed)
            found += aggregated.rows_from(replace(result, name=row), similarities, dataset, seed, TABLE)
    return found
