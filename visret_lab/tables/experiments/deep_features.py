"""What the runs of chapters 12 to 15 share: the networks of a tier, their vectors, PCA-whitening learnt elsewhere."""

from typing import NamedTuple

import numpy as np

from visret_lab.compact.pca import PCA
from visret_lab.deep.backbones import Backbone, from_torchvision, minivgg, mobilenet, squeezenet
from visret_lab.deep.extract import extract_maps, keep_layers
from visret_lab.encoding.unseen import remember, require_unseen
from visret_lab.evaluation import evaluate
from visret_lab.tables.experiments import aggregated

TABLE = "deep"


class Network(NamedTuple):
    """A network of a tier. label: its name in tables. last: the layer that is pooled. local: the layer of local descriptors, as
    VGG16's conv5_1 in the papers. codes: the fully connected layers, if it has any."""

    label: str
    backbone: Backbone
    last: str
    local: str
    codes: tuple[str, ...] = ()


def networks(tier):
    """The networks of a tier, the first of which its chapters show.

    Raises:
        FileNotFoundError, OSError, ValueError: weights that are absent or damaged, as their loaders say.
    """
    if tier == "mini":
        return [Network("MiniVGG", minivgg(), "conv5_2", "conv5_1", ("fc6", "fc7"))]
    if tier == "campus":
        return [Network("SqueezeNet", squeezenet(), "fire9", "fire9"), Network("MobileNetV2", mobilenet(), "conv_last", "conv_last")]
    return [Network("VGG16", from_torchvision("vgg16"), "conv5_3", "conv5_1", ("fc6", "fc7"))]


def maps(network, dataset, queries=False, longest=None, layer=None):
    """Maps of the last layer, or of another: list of float32 C x h x w of the images, or of the queries cut to their boxes.

    Of pictures as they are, the last layer and that of local descriptors are computed in one pass: a later chapter asks for the other.
    """
    layer, both = layer or network.last, (network.local, network.last)
    if longest is None and layer in both:
        keep_layers(network.backbone, dict.fromkeys(both), dataset, queries)
    return extract_maps(network.backbone, layer, dataset, queries, longest)


def whitening(train, base, components=None, power=0.5, name="the searched set"):
    """PCA-whitening with unit length before and after, learnt on vectors of another set.

    Args:
        train: float32 T x C, of the other set. base: float32 N x C, of the searched set: nothing of it may be in `train`.
        components: numbers that are kept; None for all. power: of the variance.

    Returns:
        fitted `PCA`.

    Raises:
        ValueError: rows of `base` stand in `train`.
    """
    require_unseen(remember(train), [base], "training set", name=name)
    return PCA(components, power=power, l2_before=True, l2_after=True).fit(train)


def measure(name, base, asked, dataset, protocol=None, seed=0):
    """Search a set by inner products and score it. The time of a query is that of the comparison: the network's own pass and the
    pooling come before it, and the chapters report them apart.

    Args:
        base: float32 N x D. asked: float32 Q x D.

    Returns:
        (Result, similarities float32 Q x N).
    """
    similarities, ms = aggregated.compare_all(np.ascontiguousarray(asked), base)
    return evaluate(name, similarities, dataset, protocol, bytes_per_image=base.nbytes / len(base), ms_per_query=ms,
                    seed=seed), similarities


def rows(name, base, asked, dataset, seed=0, table=TABLE):
    """Rows of a table for one kind of vectors on one set: every protocol that the set has."""
    first, similarities = measure(name, base, asked, dataset, aggregated.protocol_of(dataset), seed)
    return aggregated.rows_from(first, similarities, dataset, seed, table)
