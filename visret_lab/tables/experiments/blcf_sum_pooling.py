"""Bags of words beside sums of the same descriptors, for global and local search. The table "blcf-sum-pooling" of deck 003."""

import numpy as np
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.datasets import load
from visret_lab.deep.blcf import box_on_grid, pooled_in_box
from visret_lab.deep.pooling import crow
from visret_lab.tables.experiments import bags
from visret_lab.tables.experiments.blcf_stages import with_centre
from visret_lab.tables.experiments.deep_features import maps, networks, rows, whitening

TABLE = "blcf-sum-pooling"


def summed(x, box=None, size=None):
    """As BLCF: the sum of the upsampled descriptors. float32 C x h x w -> C, unit length."""
    return pooled_in_box(x, box, size)


def crowed(x, box=None, size=None):
    """As CroW: its two weightings, inside the box. float32 C x h x w -> C, unit length."""
    x0, y0, x1, y1 = box_on_grid(box, size, x.shape[1:])
    return l2_normalize(crow(torch.from_numpy(np.ascontiguousarray(x[:, y0:y1, x0:x1]))[None])[0].numpy())


def vectors(pool, network, layer, dataset, elsewhere):
    """Pooled and whitened: (images N x D, whole query pictures Q x D, their boxes Q x D), float32."""
    learn = np.stack([pool(x) for x in maps(network, elsewhere, layer=layer)])
    asked, base = bags.picture_maps(network, dataset, layer)
    base = np.stack([pool(x) for x in base])
    whole = np.stack([pool(x) for x in asked])
    boxes = np.stack([pool(x, q.box, bags.picture_size(dataset, q)) for x, q in zip(asked, dataset.queries, strict=True)])
    pca = whitening(learn, base, name=dataset.name)
    return tuple(pca.transform(v) for v in (base, whole, boxes))


def pooled_results(network, dataset, elsewhere):
    """Vectors of both poolings: dict row name -> (base, queries)."""
    found = {}
    for name, pool, layer in (("as BLCF", summed, network.local), ("as CroW", crowed, network.last)):
        base, whole, boxes = vectors(pool, network, layer, dataset, elsewhere)
        found[f"sum pooling, {name}, GS"], found[f"sum pooling, {name}, LS"] = (base, whole), (base, boxes)
    return found


def run(tier, seed=0):
    """Rows of the table, with the first network of the tier on its places."""
    network, dataset, elsewhere = networks(tier)[0], load("places", tier=tier), load("elsewhere", tier=tier)
    found, made = with_centre(bags.describe(bags.learn(network, elsewhere, seed=seed), network, dataset)), []
    for kind, queries in (("GS", found.whole), ("LS", found.local)):
        similarities, ms = bags.searched(queries, found.base)
        made += bags.rows_of(f"BLCF, {kind}", similarities, found, ms, TABLE, seed)
    for name, (base, asked) in pooled_results(network, dataset, elsewhere).items():
        made += rows(name, base, asked, dataset, seed, TABLE)
    return made
