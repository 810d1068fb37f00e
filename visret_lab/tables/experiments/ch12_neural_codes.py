"""The run of chapter 12: codes of each layer, codes made short, codes of windows, and codes of a network re-trained on landmarks."""

from typing import NamedTuple

import cv2
import numpy as np

from visret_lab.arrays import l2_normalize, rank
from visret_lab.compact.pca import PCA
from visret_lab.datasets import load
from visret_lab.deep.backbones import WEIGHTS, minivgg
from visret_lab.deep.neural_codes import EveryLayer, layer_codes, spatial_distances, window_codes
from visret_lab.deep.one import group_distances
from visret_lab.encoding.unseen import remember, require_unseen
from visret_lab.evaluation import evaluate
from visret_lab.tables.experiments import aggregated, deep_features
from visret_lab.tables.experiments.deep_features import Network

SIZES = (128, 64, 32, 16, 8)
SHORT = 128
LANDMARKS = WEIGHTS / "minivgg_landmarks.safetensors"


def codes_of(network):
    """Names of the layers whose codes stand in the table: its fully connected ones, or its last layer and its scores."""
    return network.codes or (network.last, "scores")


def codes(every, dataset, queries=False, longest=None):
    """`layer_codes`, each of unit length: dict layer -> float32 N x D."""
    return {name: l2_normalize(rows) for name, rows in layer_codes(every, dataset, queries, longest).items()}


def by_layer(every, dataset, protocol=None, seed=0):
    """Search with the codes of each layer of a network: dict layer -> Result."""
    base, asked = codes(every, dataset), codes(every, dataset, queries=True)
    return {name: deep_features.measure(name, base[name], asked[name], dataset, protocol, seed)[0] for name in base}


def short_pca(train, base, components=SHORT, name="the searched set"):
    """PCA without whitening, learnt on codes of another set; as many components as these span: behind a ReLU, some numbers of a layer
    may be 0 for every picture. ValueError: rows of `base` among those of `train`."""
    require_unseen(remember(train), [base], "PCA", name=name)
    found = PCA(l2_before=True, l2_after=True).fit(train)
    return found.first(min(components, len(found.components_)))


def by_size(fitted, base, asked, dataset, sizes=SIZES, power=0.0, protocol=None, seed=0):
    """Search with the first components of a fitted PCA: dict size -> Result. Sizes that it does not have are left out."""
    found = {}
    for size in (s for s in sizes if s <= len(fitted.components_)):
        small = fitted.first(size, power)
        found[size] = deep_features.measure(f"PCA {size}", small.transform(base), small.transform(asked), dataset, protocol, seed)[0]
    return found


class Altered:
    """A set whose every image goes through a function first: for "what if the channels are swapped".

    Args:
        dataset: a `protocols.Dataset`. function: uint8 H x W x 3 -> uint8 H' x W' x 3. word: names it in the cache.
        both: the queries as well.
    """

    def __init__(self, dataset, function, word, both=True):
        self.ids, self.queries, self.tier, self.version = dataset.ids, dataset.queries, dataset.tier, dataset.version
        self.name, self._dataset, self._function, self._both = f"{dataset.name}, {word}", dataset, function, both

    def image(self, image_id):
        """An image, after the function."""
        return self._function(self._dataset.image(image_id))

    def query_image(self, query):
        """A query cut to its box, after the function."""
        image = self._dataset.query_image(query)
        return self._function(image) if self._both else image


def squashed(image):
    """An image pressed into a square with as many pixels: uint8 H x W x 3 -> uint8 side x side x 3."""
    side = round((image.shape[0] * image.shape[1]) ** 0.5)
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)


def searched(network, layer, dataset, levels=3, asked_levels=2, side=96):
    """Codes of windows of a set and of its queries, unit length: (float32 N x P x D, float32 Q x J x D)."""
    return tuple(l2_normalize(window_codes(network.backbone, layer, dataset, n, queries, side))
                 for n, queries in ((levels, False), (asked_levels, True)))


def spatial(name, base, asked, dataset, protocol=None, seed=0):
    """Spatial search: (Result, similarities float32 Q x N), the similarities being negative distances."""
    distances, seconds = aggregated.fastest(lambda: spatial_distances(asked, base), repeat=1)
    return evaluate(name, -distances, dataset, protocol, bytes_per_image=base[0].nbytes, ms_per_query=1000 * seconds / len(asked),
                    seed=seed), -distances


def retrained():
    """MiniVGG after its re-training on painted landmarks, as a Network.

    Raises:
        FileNotFoundError, ValueError: its weights are absent or damaged. Make them again: python data_scripts/retrain_landmarks.py
    """
    return Network("MiniVGG, landmarks", minivgg(LANDMARKS, "retrain_landmarks.py"), "conv5_2", "conv5_1", ("fc6", "fc7"))


class Labels(NamedTuple):
    """What the pictures of the set "named" show. category, building, view: int64 N, numbers of names and of views."""

    category: np.ndarray
    building: np.ndarray
    view: np.ndarray


def labels(painted):
    """`Labels` of the set "named"."""
    return Labels(*(np.array([painted.details[i][key] for i in painted.ids]) for key in Labels._fields))


def named_right(distances, names, wanted):
    """Whether the nearest group has the wanted name. Args: distances Q x G. names: G. wanted: Q. Returns: float64 Q of 0 and 1."""
    return (np.asarray(names)[distances.argmin(axis=1)] == wanted).astype(float)


def one(codes, asks, names):
    """Name images by the windows of others (ONE), and by the nearest whole image.

    Args:
        codes: float32 N x P x D, the first window being the whole image. asks: bool N, the images that ask.
        names: int N; every name occurs among those that do not ask.

    Returns:
        dict "nearest image" | "windows, nearest image" | "windows, nearest class (ONE)" -> float64 Q of 0 and 1.
    """
    known, groups = names[~asks], np.unique(names[~asks], return_inverse=True)
    base, asked, each = codes[~asks], codes[asks], np.arange((~asks).sum())
    return {
        "nearest image": named_right(group_distances(asked[:, :1], base[:, :1], each), known, names[asks]),
        "windows, nearest image": named_right(group_distances(asked, base, each), known, names[asks]),
        "windows, nearest class (ONE)": named_right(group_distances(asked, base, groups[1]), groups[0], names[asks]),
    }


def results(network, dataset, elsewhere, protocol=None, seed=0):
    """The codes of the table, of a whole image: as they are, and behind a PCA learnt elsewhere.

    Returns:
        (dict name -> Result, dict name -> similarities, dict layer -> fitted PCA).
    """
    every, found, similarities, fitted = EveryLayer(network.backbone), {}, {}, {}
    base, asked, train = codes(every, dataset), codes(every, dataset, queries=True), codes(every, elsewhere)
    for layer in codes_of(network):
        name = f"{layer} codes, {network.label}"
        found[name], similarities[name] = deep_features.measure(name, base[layer], asked[layer], dataset, protocol, seed)
        pca = fitted[layer] = short_pca(train[layer], base[layer], name=dataset.name)
        name = f"{name}, PCA {len(pca.components_)}"
        found[name], similarities[name] = deep_features.measure(
            name, pca.transform(base[layer]), pca.transform(asked[layer]), dataset, protocol, seed)
    return found, similarities, fitted


def run(tier, seed=0):
    """Rows of the table "deep": whole images with every network of the tier; in mini also windows and the re-trained network."""
    found, elsewhere = [], load("elsewhere", tier=tier)
    for dataset in aggregated.sets(tier):
        for network in deep_features.networks(tier) + ([retrained()] if tier == "mini" else []):
            first, similarities, _ = results(network, dataset, elsewhere, aggregated.protocol_of(dataset), seed)
            for name, result in first.items():
                found += aggregated.rows_from(result, similarities[name], dataset, seed, deep_features.TABLE)
        if tier == "mini":
            network = deep_features.networks(tier)[0]
            name = f"{network.codes[0]} codes, {network.label}, spatial search"
            both = spatial(name, *searched(network, network.codes[0], dataset), dataset, seed=seed)
            found += aggregated.rows_from(*both, dataset, seed, deep_features.TABLE)
    return found


def ranked(similarities):
    """dict name -> similarities, as dict name -> ranking, for the rank explorer."""
    return {name: rank(s) for name, s in similarities.items()}
