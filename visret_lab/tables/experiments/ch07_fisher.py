"""The run of chapter 07: Fisher vectors beside VLAD at equal size, their blocks, and spatial pyramids."""

import numpy as np
from sklearn.base import BaseEstimator

from visret_lab.datasets import load
from visret_lab.encoding.fisher import FisherVector
from visret_lab.encoding.pyramid import SpatialPyramid
from visret_lab.encoding.vlad import VLAD
from visret_lab.evaluation import evaluate
from visret_lab.tables.experiments import aggregated

DIMENSIONS = 64  # of the PCA: with means and variances, 2 x 64 numbers a Gaussian, as many as VLAD has a word
GAUSSIANS = (16, 64)


def by_gaussians(train, seed=0, gaussians=GAUSSIANS):
    """Improved Fisher vectors, learnt from `train`, a list of descriptor sets: dict "FV, K Gaussians" -> fitted encoder."""
    return {f"FV, {k} Gaussians": FisherVector(k, pca=DIMENSIONS, seed=seed).fit(train) for k in gaussians}


class Reduced(BaseEstimator):
    """A fitted encoder behind a fitted PCA: `transform` takes descriptors as they are, and reduces them first."""

    def __init__(self, pca, encoder):
        self.pca, self.encoder = pca, encoder

    def transform(self, descriptors):
        """What `encoder` makes of the reduced descriptors. Args: descriptors: list of float N_i x D; sets may be empty."""
        return self.encoder.transform(reduced(self.pca, descriptors))


def reduced(pca, descriptors):
    """A list of descriptor sets after a fitted PCA: list of float32 N_i x D'."""
    return [(d - pca.mean_) @ pca.components_.T if len(d) else np.zeros((0, len(pca.components_)), np.float32)
            for d in descriptors]


def at_equal_size(encoder, train):
    """What a fitted FisherVector with a PCA owes to the PCA, and what to the mixture: others that give as many numbers.

    Returns:
        dict name -> fitted encoder. VLAD has half as many numbers a word as FV has a Gaussian, at the same dimension.
    """
    k, d, whole = encoder.gmm_.means_.shape + (encoder.pca_.n_features_in_,)
    words, fewer = 2 * k * d // whole, k * d // whole
    behind = VLAD(n_words=2 * k, seed=encoder.seed).fit(reduced(encoder.pca_, train))
    return {f"VLAD, {words} words": VLAD(n_words=words, seed=encoder.seed).fit(train),
            f"VLAD, {2 * k} words after PCA": Reduced(encoder.pca_, behind),
            f"FV, {fewer} Gaussians without PCA": FisherVector(fewer, seed=encoder.seed).fit(train)}


def by_block(encoder, train):
    """The mixture of a fitted FisherVector with each block alone, all of them, and without the root.

    Args:
        train: what the encoder was fitted on; the PCA comes out the same.

    Returns:
        dict name -> fitted FisherVector.
    """
    choices = {"weights": {"blocks": ("weights",)}, "means": {"blocks": ("means",)}, "variances": {"blocks": ("variances",)},
               "means and variances": {}, "all three": {"blocks": ("weights", "means", "variances")}, "no root": {"power": 1.0}}
    return {name: FisherVector(gmm=encoder.gmm_, pca=encoder.pca, seed=encoder.seed, **options).fit(train)
            for name, options in choices.items()}


def results(dataset, elsewhere, seed=0, protocol=None):
    """Results of Fisher vectors. PCA and mixture are learnt on `elsewhere`.

    Returns:
        (dict name -> Result, dict name -> similarities, dict name -> fitted FisherVector).
    """
    encoders = by_gaussians(aggregated.local(elsewhere)[1], seed)
    return *aggregated.measure_all(encoders, dataset, protocol, seed), encoders


def image_sizes(dataset):
    """(height, width) of each image, and of each query cut to its box: (list of N pairs, list of Q pairs)."""
    return [dataset.image(i).shape[:2] for i in dataset.ids], [dataset.query_image(q).shape[:2] for q in dataset.queries]


def pyramid(encoder, dataset, levels, sizes, protocol=None, seed=0, shuffle=""):
    """Result of a spatial pyramid over a fitted encoder.

    Args:
        levels: 1, 2 or 3: 1, 5 or 21 cells.
        sizes: of `image_sizes`.
        shuffle: "x", "y" or "xy": give each descriptor this coordinate of another one of its image, so that it says nothing.

    Returns:
        (Result, similarities).
    """
    rng = np.random.default_rng(seed)
    made = SpatialPyramid(encoder, levels, refit=False).fit([])
    features = []
    for queries in (False, True):
        points, descriptors = aggregated.local(dataset, queries)
        places = [_shuffled(p[:, :2], shuffle, rng) for p in points]
        features.append(list(zip(places, descriptors, strict=True)))
    database = made.transform(features[0], sizes[0])
    queries, encoding = aggregated.fastest(lambda: made.transform(features[1], sizes[1]), repeat=1)
    similarities, comparing = aggregated.compare_all(queries, database)
    name = f"FV, {encoder.gmm_.means_.shape[0]} Gaussians, pyramid of {(4**levels - 1) // 3} cells"
    return evaluate(name, similarities, dataset, protocol, bytes_per_image=database.nbytes / len(database),
                    ms_per_query=comparing + 1000 * encoding / len(queries), seed=seed), similarities


def _shuffled(points, axes, rng):
    """Points N x 2 with each coordinate that is named in `axes` dealt out anew."""
    return np.stack([rng.permutation(v) if axis in axes else v for axis, v in zip("xy", points.T, strict=True)], axis=1)


def run(tier, seed=0):
    """Rows of the table: Fisher vectors by number of Gaussians; the smaller by block, without PCA, and in a pyramid."""
    train = aggregated.local(load("elsewhere", tier=tier))[1]
    encoders = by_gaussians(train, seed)
    small = f"FV, {GAUSSIANS[0]} Gaussians"
    blocks = {f"{small}, {name}": e for name, e in by_block(encoders[small], train).items() if name != "means and variances"}
    others = {name: e for name, e in at_equal_size(encoders[small], train).items() if "PCA" in name}  # chapter 06 has the third
    return aggregated.rows({**encoders, **blocks, **others}, tier, seed) + _pyramids(encoders[small], tier, seed)


def _pyramids(encoder, tier, seed):
    dataset = load("places", tier=tier)
    found, sizes = [], image_sizes(dataset)
    for levels in (2, 3):
        first, similarities = pyramid(encoder, dataset, levels, sizes, seed=seed)
        found += aggregated.rows_from(first, similarities, dataset, seed)
    return found
