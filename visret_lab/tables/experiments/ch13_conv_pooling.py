"""The run of chapter 13: maps of the last convolution brought to one vector, in every way of the chapter, whitened or not."""

import numpy as np
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.compact.pca import PCA
from visret_lab.datasets import load
from visret_lab.deep.extract import pool_maps
from visret_lab.deep.pooling import CroW, GeM, MAC, SPoC, over_scales
from visret_lab.deep.rmac import RMAC, region_mac
from visret_lab.deep.whitening import Whitening
from visret_lab.tables.experiments import aggregated
from visret_lab.tables.experiments.deep_features import maps, measure, networks, rows, whitening

POOLINGS = {"sum": SPoC(prior=False), "SPoC": SPoC(), "MAC": MAC(), "CroW": CroW(), "GeM": GeM()}
SIZES = (1.0, 2**-0.5, 0.5)  # of Radenovic et al., for pictures of 1,024 pixels
LARGER = (2**0.5, 1.0, 2**-0.5)  # for pictures as small as ours


def pooled(pool, *sets):
    """Vectors of unit length of several lists of maps, by one pooling: tuple of float32 N x C."""
    return tuple(l2_normalize(pool_maps(pool, one)) for one in sets)


def region_vectors(found):
    """Vectors of the windows of R-MAC of all images, each of unit length: float32 (sum of R_i) x C, what its PCA learns from."""
    return l2_normalize(np.concatenate(pool_maps(region_mac, found)))


def whitened_rmac(train, components=None, power=0.5):
    """R-MAC whose windows are whitened by a PCA of the windows of other images: `RMAC`.

    Args:
        train: list of float32 C x h x w, maps of the images to learn from.
    """
    pca = PCA(components, power=power, l2_before=True).fit(region_vectors(train))
    return RMAC(Whitening(pca))


def summed_windows(windows, pca):
    """R-MAC from windows that are at hand, with one PCA after another: each of unit length, whitened, of unit length, summed.

    Args:
        windows: list of float32 R_i x C, one an image. pca: fitted `PCA` with l2_before.

    Returns:
        float32 N x D, unit length.
    """
    rows = l2_normalize(pca.transform(np.concatenate(windows)))
    starts = np.cumsum([0, *(len(w) for w in windows[:-1])])
    return l2_normalize(np.add.reduceat(rows, starts, axis=0))


def all_vectors(train, base, asked, components=None, power=0.5, name="the searched set"):
    """Every pooling of the chapter, plain and whitened.

    Args:
        train, base, asked: lists of float32 C x h x w: maps of the images to learn from, of the searched images, of the queries.
        components: numbers that the whitening keeps; None for all.

    Returns:
        dict name -> (float32 N x D of the images, float32 Q x D of the queries).
    """
    found = {}
    for label in (*POOLINGS, "R-MAC"):
        found[label], found[f"{label}, whitened"] = one_pooling(label, train, base, asked, components, power, name)
    return found


def one_pooling(label, train, base, asked, components=None, power=0.5, name="the searched set"):
    """One pooling, plain and whitened: two pairs (float32 N x D, float32 Q x D). Arguments as `all_vectors`."""
    if label == "R-MAC":  # whitened window by window
        return pooled(RMAC(), base, asked), pooled(whitened_rmac(train, components, power), base, asked)
    learn, *pair = pooled(POOLINGS[label], train, base, asked)
    pca = whitening(learn, pair[0], components, power, name)
    return tuple(pair), tuple(map(pca.transform, pair))


def longer_side(dataset):
    """Pixels of the longer side of the first image of a set."""
    return max(dataset.image(dataset.ids[0]).shape[:2])


def several_sizes(network, pool, dataset, elsewhere, sizes=SIZES):
    """One vector from several sizes of an image: each size is pooled and brought to unit length; their mean is brought to unit length.

    Args:
        sizes: shares of the longer side of a set's first image.

    Returns:
        ((float32 N x D, float32 Q x D), the same whitened by a PCA of the other set).
    """
    def mean(one, asked=False):
        parts = [pooled(pool, maps(network, one, asked, round(longer_side(one) * s)))[0] for s in sizes]
        return l2_normalize(over_scales(torch.from_numpy(np.stack(parts))).numpy())

    pair = mean(dataset), mean(dataset, True)
    return pair, tuple(map(whitening(mean(elsewhere), pair[0], name=dataset.name).transform, pair))


def results(network, dataset, elsewhere, seed=0, protocol=None, components=None):
    """Results of every pooling with one network: (dict name -> Result, dict name -> similarities)."""
    found = all_vectors(maps(network, elsewhere), maps(network, dataset), maps(network, dataset, True), components,
                        name=dataset.name)
    both = {n: measure(f"{n}, {network.label}", *pair, dataset, protocol, seed) for n, pair in found.items()}
    return {n: r for n, (r, _) in both.items()}, {n: s for n, (_, s) in both.items()}


def run(tier, seed=0):
    """Rows of the table "deep": every pooling with every network of the tier, on every set; GeM also over several sizes."""
    elsewhere, made = load("elsewhere", tier=tier), []
    for dataset in aggregated.sets(tier):
        for network in networks(tier):
            found = all_vectors(maps(network, elsewhere), maps(network, dataset), maps(network, dataset, True), name=dataset.name)
            for name, sizes in (("GeM, 3 sizes", SIZES), ("GeM, 3 larger sizes", LARGER)):
                found[name], found[f"{name}, whitened"] = several_sizes(network, GeM(), dataset, elsewhere, sizes)
            for name, (base, asked) in found.items():
                made += rows(f"{name}, {network.label}", base, asked, dataset, seed)
    return made
