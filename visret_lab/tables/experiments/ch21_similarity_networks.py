"""The run of chapter 21: similarities that are learnt from labelled pictures, of other places and of the searched ones.

Ours stand under the published names of the rows (Garcia and Vogiatzis, 2019, table 2). What differs: R-MAC of our small network with
64 numbers, networks of 256 units a layer, some 550 pictures to learn from in place of 33,000, Adam in place of SGD. In mini
"Landmarks" are painted buildings of other worlds, "Landmarks-extra" adds other pictures of the town's landmarks, none of which is
searched. In the other tiers the products of Grocery Store stand for Landmarks, under their own name, and nothing stands for the extra.
"""

import tempfile
import time
from copy import deepcopy
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch

from visret_lab.arrays import l2_normalize, rank
from visret_lab.compact.pca import PCA
from visret_lab.datasets import load
from visret_lab.encoding.unseen import remember, require_unseen
from visret_lab.evaluation import Result, average_precision, evaluate
from visret_lab.protocols import Relevance
from visret_lab.tables.experiments import aggregated, ch13_conv_pooling
from visret_lab.tables.experiments.deep_features import maps, networks
from visret_lab.training.classification import Schedule
from visret_lab.training.linear_metric import LinearMetric
from visret_lab.training.loop import minimise
from visret_lab.training.oasis import OASIS
from visret_lab.training.similarity import Pairs, SimilarityNet, WarmUp, hard_pairs

TABLE = "similarity-networks"
# Chosen on the held-out pictures and buildings of the training sets, never on the town.
COMPONENTS, POWER = 64, 0.25  # of the PCA of R-MAC's windows
HIDDEN = (256, 256)  # as size B, for vectors of 64 numbers and not of 512
WARM, STEPS, RATE = 3000, 600, 1e-3  # steps of the warm-up and of each stage with pictures; the rate of Adam
FIRST = 0.2  # delta of the linear metric, and of the SimNet that is shown before the hard pairs
AGGRESSIVENESS, TRIPLETS = 0.01, 20_000  # of OASIS
DELTAS = (0.2, 0.4, 0.6, 0.8)
FEW = 5  # pictures a landmark: a quarter of the extra ones
PRODUCTS = 12, 5  # photographs of a product to learn from, and to test with


class Things(NamedTuple):
    """Vectors with labels. vectors: float32 N x D, unit length. labels: int64 N or str N."""

    vectors: np.ndarray
    labels: np.ndarray

    def some(self, chosen):
        """The chosen ones. Args: chosen: bool N or int."""
        return Things(self.vectors[chosen], self.labels[chosen])


class Ground(NamedTuple):
    """What is learnt from, and what is searched.

    Attributes:
        name: of the set in place of Landmarks. base, asked: float32 N x D, Q x D, of the searched set.
        train: Things. extra: Things of the target domain that are not searched, or None.
        seen: other pictures of what is in `train`. unseen: pictures of things that are not.
    """

    name: str
    base: np.ndarray
    asked: np.ndarray
    train: Things
    extra: Things | None
    seen: Things
    unseen: Things


def projection(network, elsewhere):
    """PCA of R-MAC's windows, learnt elsewhere: fitted `PCA`."""
    windows = ch13_conv_pooling.region_vectors(maps(network, elsewhere))
    return PCA(min(COMPONENTS, windows.shape[1]), power=POWER, l2_before=True).fit(windows)


def described(network, pca, dataset, queries=False):
    """R-MAC of the images or queries of a set: float32 M x D, unit length."""
    return ch13_conv_pooling.summed_windows(ch13_conv_pooling.pool_maps(ch13_conv_pooling.region_mac, maps(network, dataset, queries)), pca)


def ground(network, dataset, elsewhere):
    """Everything for one network and one searched set: Ground.

    Raises:
        ValueError: vectors of the searched set stand among those that are learnt from.
    """
    pca = projection(network, elsewhere)
    base, asked = (described(network, pca, dataset, q) for q in (False, True))
    found = (painted if dataset.tier == "mini" else products)(network, pca)
    learnt = [part.vectors for part in (found[1], found[2]) if part is not None]
    require_unseen(remember(np.concatenate(learnt)), [base, asked], "training set", most=0.0, name=dataset.name)
    return Ground(found[0], base, asked, *found[1:])


def painted(network, pca, describe=None):
    """Of the mini tier: (name, train, extra, seen, unseen).

    Landmarks are the good and ok pictures of the training town's landmarks (every third is held out: `seen`), and the named buildings
    (every fourth building is held out: `unseen`). Extra are the good and ok pictures that visitors took of the town's landmarks.

    Args:
        describe: function (network, pca, dataset) -> N x ..., what stands for the images; None for `described`.
    """
    describe = describe or described
    town, named, views = shown(load("town-train")), load("named"), shown(load("town-views"))
    pictures = Things(describe(network, pca, town), np.array([f"train, {town.groups[i]}" for i in town.ids]))
    held = every(pictures.labels, 3)
    buildings = Things(describe(network, pca, named), np.array([f"named, {named.groups[i]}" for i in named.ids]))
    new = np.isin(buildings.labels, np.unique(buildings.labels)[::4])
    extra = Things(describe(network, pca, views), np.array([f"town, {views.groups[i]}" for i in views.ids]))
    return "Landmarks", joined(pictures.some(~held), buildings.some(~new)), extra, pictures.some(held), buildings.some(new)


def shown(dataset):
    """The part of a set that is clear: a Collection. The other pictures need not go through the network."""
    return replace(dataset, ids=[name for name in dataset.ids if clear(dataset, name)])


def clear(dataset, name):
    """Whether a picture shows the landmark of its class well, and is no copy of another one: its hidden truth says so."""
    return dataset.details[name]["label"] in ("good", "ok") and dataset.details[name].get("duplicate_of") is None


def products(network, pca):
    """Of the other tiers: (name, train, None, seen, unseen). Every fourth product is held out: `unseen`; test photographs: `seen`."""
    shop = load("products")
    photographs = [i for i, name in enumerate(shop.ids) if "iconic" not in name.lower()]
    every_photo = Things(described(network, pca, shop)[photographs], np.array([shop.groups[shop.ids[i]] for i in photographs]))
    asked = Things(described(network, pca, shop, True), np.array([q.group for q in shop.queries]))
    new = np.unique(every_photo.labels)[::4]
    some = every_photo.some(first(every_photo.labels, PRODUCTS[0]))
    test = asked.some(first(asked.labels, PRODUCTS[1]))
    held = np.isin(some.labels, new)
    return "products", some.some(~held), None, test.some(~np.isin(test.labels, new)), some.some(held)


def every(labels, n):
    """bool N: the first of each label, and every n-th after it."""
    return _place(labels) % n == 0


def first(labels, n):
    """bool N: the first n of each label."""
    return _place(labels) < n


def _place(labels):
    place = np.zeros(len(labels), int)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        place[members] = np.arange(len(members))
    return place


def joined(*parts):
    """Things of several sets; their labels must differ between sets."""
    return Things(np.concatenate([p.vectors for p in parts]), np.concatenate([p.labels for p in parts]))


def learn(network, loss, steps, seed=0, rate=RATE, test=None, check=None):
    """Minimise a loss; returns the network. Nothing is kept: it takes a second or two. test, check: as `minimise` and Schedule."""
    schedule = Schedule(steps=steps, batch=1, rate=rate, decay=0.0, check=check or steps, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        return minimise(network, loss, schedule, folder, test, progress=False)


def untrained(dim, hidden=HIDDEN, seed=0):
    """SimilarityNet with random weights."""
    torch.manual_seed(seed)
    return SimilarityNet(dim, hidden)


def warmed(dim, hidden=HIDDEN, steps=None, seed=0):
    """A network that has learnt to imitate the cosine: SimilarityNet. steps: None for WARM."""
    network = untrained(dim, hidden, seed)
    return learn(network, WarmUp(network), WARM if steps is None else steps, seed)


def simnet(warm, things, delta=FIRST, seed=0):
    """The stage with random pairs, from a copy of a warmed-up network: SimilarityNet."""
    network = deepcopy(warm)
    return learn(network, Pairs(network, things.vectors, things.labels, delta), STEPS, seed + 1)


def star(network, things, delta=FIRST, seed=0, even=True, hard=None):
    """The stage with hard pairs, from a copy of a network: SimilarityNet. Args: even: as `Pairs`. hard: pairs that are at hand."""
    network = deepcopy(network)
    hard = hard_pairs(network, things.vectors, things.labels) if hard is None else hard
    return learn(network, Pairs(network, things.vectors, things.labels, delta, hard=hard, even=even), STEPS, seed + 2)


def linear(things, delta=FIRST, seed=0):
    """LinearMetric, learnt from the same pairs."""
    metric = LinearMetric(things.vectors.shape[1])
    return learn(metric, Pairs(metric, things.vectors, things.labels, delta), STEPS, seed + 1)


def cosine(a, b):
    """float32 Q x D, N x D -> Q x N."""
    return a @ b.T


class ByNetwork:
    """The similarities of a network as a function (Q x D, N x D) -> float32 Q x N. Args: network: SimilarityNet."""

    def __init__(self, network):
        self.network = network

    def __call__(self, a, b):
        prepared = self.network.prepared(b)
        return np.stack([self.network.scores(row, prepared) for row in a])


def by_metric(metric):
    """The similarities of a linear metric as a function."""
    return lambda a, b: metric.transform(a) @ metric.transform(b).T


def by_oasis(things, seed=0):
    """The similarities that OASIS learns, as a function."""
    return OASIS(AGGRESSIVENESS, TRIPLETS, seed).fit(*things).scores


def ap_of(similar, things):
    """Each picture asks for the others of its label: float64 N, NaN for one that is alone."""
    truth = [Relevance(np.setdiff1d(np.flatnonzero(things.labels == label), i), np.array([i])) for i, label in enumerate(things.labels)]
    return average_precision(rank(similar(things.vectors, things.vectors)), truth)


def similarities(one, seed=0, warm=None, deltas=DELTAS, few=True):
    """Rows of the table: dict name -> function (Q x D, N x D) -> Q x N.

    Args:
        one: Ground. warm: a warmed-up network, or None. deltas: of SimNet* with the extra pictures. few: also with a quarter of them.
    """
    warm = warmed(one.base.shape[1], seed=seed) if warm is None else warm
    found = {"cosine": cosine, **trained(one.name, one.train, warm, (0.8,), seed)}
    if one.extra is not None and few:
        quarter = joined(one.train, one.extra.some(first(one.extra.labels, FEW)))
        found |= networks_of(f"{one.name}-extra500", quarter, warm, deltas, seed, show=False)
    if one.extra is not None:
        found |= trained(f"{one.name}-extra", joined(one.train, one.extra), warm, deltas, seed)
    return found


def trained(name, things, warm, deltas, seed=0):
    """Every similarity that is learnt from one set, as `similarities`. Args: name: of the set."""
    return {f"OASIS, {name}": by_oasis(things, seed), f"linear, {name}": by_metric(linear(things, seed=seed)),
            **networks_of(name, things, warm, deltas, seed)}


def networks_of(name, things, warm, deltas, seed=0, show=True):
    """SimNet with the smallest delta (if `show`), and SimNet* with each: each is the next stage of a SimNet with its own delta."""
    before = {delta: simnet(warm, things, delta, seed) for delta in dict.fromkeys((*([FIRST] if show else []), *deltas))}
    found = {f"SimNet, {name}": ByNetwork(before[FIRST])} if show else {}
    return found | {f"SimNet*, {d}, {name}": ByNetwork(star(before[d], things, d, seed)) for d in deltas}


def measure(name, similar, one, dataset, protocol=None, seed=0):
    """Search the whole set with a similarity: (Result, similarities Q x N). The time is that of all pairs of a query."""
    start = time.perf_counter()
    found = similar(one.asked, one.base)
    ms = 1000 * (time.perf_counter() - start) / len(one.asked)
    return evaluate(name, found, dataset, protocol, bytes_per_image=one.base[0].nbytes, ms_per_query=ms, seed=seed), found


def rows(name, similar, one, dataset, seed=0):
    """Rows of one similarity: every protocol of the set, and the two parts that were held out of the training set."""
    made = aggregated.rows_from(*measure(name, similar, one, dataset, seed=seed), dataset, seed, TABLE)
    for part, things in (("held-out pictures", one.seen), ("held-out things", one.unseen)):
        result = Result(name, ap_of(similar, things), seed=seed)
        made.append({**made[0], "queries": len(things.labels), "images": len(things.labels), "metric": f"mAP, {part} of {one.name}",
                     "value": result.mean, "low": result.interval[0], "high": result.interval[1], "ms_per_query": None})
    return made


def run(tier, seed=0):
    """Rows of the table, with the first network of the tier."""
    dataset = load("places", tier=tier)
    one = ground(networks(tier)[0], dataset, load("elsewhere", tier=tier))
    return [row for name, similar in similarities(one, seed).items() for row in rows(name, similar, one, dataset, seed)]
