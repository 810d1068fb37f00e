"""Down into the network: a similarity network on top of R-MAC, trained together with the last convolution below it.

Garcia and Vogiatzis, "Learning non-metric visual similarity for image retrieval", Image and Vision Computing 2019, train the features and
the similarity in one piece. Here the convolution before the last one is the input, so that a picture goes through the network once; what
is learnt is the last convolution (conv5_2) and the similarity network. The windows' whitening is a layer that stays as it is. The loss is
that of the chapter, around the cosine of the vectors *before* this training: a goal that moves with what is learnt could be reached
without learning. Beside it stands the same training with the convolution held fixed.
"""

import tempfile
from copy import deepcopy

import numpy as np
import torch
from torch import nn

from visret_lab.datasets import load
from visret_lab.deep.end_to_end import with_trunk
from visret_lab.deep.extract import pool_maps
from visret_lab.deep.rmac import RMAC
from visret_lab.deep.whitening import Whitening
from visret_lab.evaluation import bootstrap_interval
from visret_lab.tables.experiments import ch21_similarity_networks as ch21
from visret_lab.tables.experiments.deep_features import maps, networks
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.similarity import margin_loss

TABLE = "similarity-last-convolution"
BEFORE = "conv5_1"
ROWS = {"before": "before", "fixed": "last convolution fixed", "learnt": "last convolution learnt"}
# Chosen on the held-out pictures and buildings of the training sets.
LABELS, VIEWS = 12, 4  # of a step
STEPS, RATE, SCALE = 200, 1e-3, 0.1  # of Adam; the convolution's rate is SCALE of the network's


class Together(nn.Module):
    """Maps of conv5_1 to vectors, and two vectors to a similarity.

    Args:
        describe: nn.Module, float32 B x C x h x w -> B x D, unit length. similarity: SimilarityNet.
    """

    def __init__(self, describe, similarity):
        super().__init__()
        self.describe, self.similarity = describe, similarity

    def vectors(self, found):
        """float32 N x D of a list of maps."""
        return pool_maps(self.describe, found)


def last_convolution(network, pca):
    """conv5_2 and R-MAC with a fixed whitening: nn.Module, maps of conv5_1 B x C x h x w -> B x D, unit length."""
    whole = with_trunk(network.backbone, RMAC(Whitening(pca)))
    whole.head.requires_grad_(False)
    return nn.Sequential(*whole.trunk.features[-2:], whole.head)


class TogetherPairs:
    """The loss of a step, for `loop.minimise`: some labels with some pictures each, all matching pairs, and as many others.

    Args:
        network: Together. found: list of float32 C x h x w. labels: str or int N. delta: as `margin_loss`.
    """

    def __init__(self, network, found, labels, delta):
        self.network, self.found, self.delta = network, found, delta
        self.before = torch.from_numpy(network.vectors(found))
        self.members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
        self.members = [m for m in self.members if len(m) > 1]

    def draw(self, rng):
        """chosen: int64 n, numbers of pictures; pairs: int64 P x 2, numbers within `chosen`; same: bool P, half of them."""
        some = rng.choice(len(self.members), min(LABELS, len(self.members)), replace=False)
        groups = [rng.permutation(self.members[k])[:VIEWS] for k in some]
        chosen, kind = np.concatenate(groups), np.repeat(np.arange(len(groups)), [len(g) for g in groups])
        match = kind[:, None] == kind
        others = np.argwhere(~match)
        np.fill_diagonal(match, False)
        alike = np.argwhere(match)
        pairs = np.concatenate([alike, others[rng.permutation(len(others))[: len(alike)]]])
        return chosen, pairs, np.arange(len(pairs)) < len(alike)

    def __call__(self, rng):
        """Loss of a batch drawn from a numpy Generator."""
        chosen, pairs, same = self.draw(rng)
        now = described_in_groups(self.network.describe, [self.found[i] for i in chosen])
        i, j = torch.from_numpy(pairs).T
        old = self.before[torch.from_numpy(chosen)]
        return margin_loss(self.network.similarity(now[i], now[j]), (old[i] * old[j]).sum(dim=1), torch.from_numpy(same), self.delta)


def described_in_groups(describe, found):
    """B x D of maps of several sizes, those of equal size together, with their gradient."""
    shapes = [x.shape for x in found]
    order = [[i for i, s in enumerate(shapes) if s == shape] for shape in dict.fromkeys(shapes)]
    rows = torch.cat([describe(torch.from_numpy(np.stack([found[i] for i in group]))) for group in order])
    return rows[torch.from_numpy(np.argsort(np.concatenate(order)))]


def train(network, found, labels, learnt, delta=ch21.FIRST, seed=0, steps=None, rate=None, scale=None):
    """Train a copy of a network. Args: learnt: whether the convolution is, too. Returns: Together."""
    network = deepcopy(network)
    network.describe[0].requires_grad_(learnt)
    groups = [{"params": list(network.similarity.parameters())}]
    if learnt:
        groups.append({"params": list(network.describe[0].parameters()), "scale": scale or SCALE})
    steps = steps or STEPS
    schedule = Schedule(steps=steps, batch=1, rate=rate or RATE, decay=0.0, check=steps, seed=seed + 3)
    with tempfile.TemporaryDirectory() as folder:
        return minimise(network, TogetherPairs(network, found, labels, delta), schedule, folder, progress=False, parameters=groups)


class Pictures:
    """Maps of all sets that are learnt from, under numbers: what `ch21.painted` asks for instead of vectors. Args: network: Network."""

    def __init__(self, network):
        self.network, self.found = network, []

    def __call__(self, network, pca, dataset):
        """int64 N, the numbers of the images of a set in `found`."""
        new = maps(self.network, dataset, layer=BEFORE)
        self.found += new
        return np.arange(len(self.found) - len(new), len(self.found))

    def of(self, things):
        """Their maps."""
        return [self.found[i] for i in things.vectors]


def stages(network, pca, one, pictures, seed=0):
    """Before, with the convolution fixed, and with it learnt: dict name -> Together. Args: one: Ground with numbers of pictures."""
    dim, things = pca.components_.shape[0], ch21.joined(one.train, one.extra)
    found, describe = pictures.of(things), last_convolution(network, pca)
    vectors = ch21.Things(pool_maps(describe, found), things.labels)
    first = Together(describe, ch21.simnet(ch21.warmed(dim, seed=seed), vectors, seed=seed))
    return {"before": first, **{name: train(first, found, things.labels, learnt, seed=seed)
                                for name, learnt in (("fixed", False), ("learnt", True))}}


def ground_of(network, one, pictures, base, asked):
    """The set as a network describes it: Ground with vectors. Args: base, asked: lists of maps. one, pictures: as `stages`."""
    parts = [ch21.Things(network.vectors(pictures.of(t)), t.labels) for t in (one.train, one.extra, one.seen, one.unseen)]
    return ch21.Ground(one.name, network.vectors(base), network.vectors(asked), *parts)


def gain(row, metric, learnt, fixed):
    """A row that says what the learning brought, with its interval. Args: row: of the table. learnt, fixed: AP of the same queries."""
    low, high = bootstrap_interval(learnt - fixed)
    return {**row, "metric": f"gain over the fixed one, {metric}", "value": float(np.nanmean(learnt - fixed)), "low": low, "high": high,
            "ms_per_query": None}


def rows_of(found, dataset, seed=0):
    """Rows of the stages. Args: found: dict name -> (Ground, similarity function (Q x D, N x D) -> Q x N), with "learnt" and "fixed"."""
    made = {}
    for name, (one, function) in found.items():
        made[name] = [{**row, "table": TABLE} for row in ch21.rows(name, function, one, dataset, seed)]
    for kind in ("SimNet", "cosine"):
        learnt, fixed = (found[f"{kind}, last convolution {word}"] for word in ("learnt", "fixed"))
        first = made[f"{kind}, last convolution learnt"]
        pair = [ch21.measure("", function, one, dataset, seed=seed)[0].per_query for one, function in (learnt, fixed)]
        first.append(gain(first[0], f"mAP, {dataset.name}, {dataset.default_protocol}", *pair))
        pair = [ch21.ap_of(function, one.unseen) for one, function in (learnt, fixed)]
        first.append(gain(first[-2], f"mAP, held-out things of {learnt[0].name}", *pair))
    return [row for several in made.values() for row in several]


def run(tier, seed=0):
    """Rows of the table, in mini: there alone are other pictures of what is searched."""
    if tier != "mini":
        return []
    dataset, network = load("places", tier=tier), networks(tier)[0]
    pca, pictures = ch21.projection(network, load("elsewhere", tier=tier)), Pictures(network)
    name, *parts = ch21.painted(network, pca, pictures)
    one = ch21.Ground(name, None, None, *parts)
    base, asked = (maps(network, dataset, queries, layer=BEFORE) for queries in (False, True))
    found = {}
    for stage, together in stages(network, pca, one, pictures, seed).items():
        described = ground_of(together, one, pictures, base, asked)
        found[f"SimNet, {ROWS[stage]}"] = described, ch21.ByNetwork(together.similarity)
        if stage != "before":  # as the fixed one
            found[f"cosine, {ROWS[stage]}"] = described, ch21.cosine
    return rows_of(found, dataset, seed)
