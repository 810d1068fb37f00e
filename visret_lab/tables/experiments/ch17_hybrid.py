"""The hybrid of chapter 17: fully connected layers over Fisher vectors, trained to name the painted buildings of "named"."""

from tempfile import TemporaryDirectory

import numpy as np
import torch

from visret_lab.compact.pca import PCA
from visret_lab.datasets import load
from visret_lab.deep.hybrid import Hybrid, NamingLoss
from visret_lab.encoding.fisher import FisherVector
from visret_lab.encoding.unseen import remember, require_unseen
from visret_lab.tables.experiments import aggregated, deep_features
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise

TABLE = "end-to-end"
GAUSSIANS, REDUCED = 32, 256
HIDDEN = (512, 256)  # 4,096 each in the paper
HELD = 4  # every fourth building is held out: steps and widths were chosen on those
SCHEDULE = Schedule(steps=600, batch=1, rate=1e-3, decay=1e-2, check=600)


def reduced(dataset, elsewhere, asked=None):
    """Fisher vectors with mixture and PCA of the other set, unit length: list of float32 N x REDUCED, for the images of `dataset`, the
    queries of `asked` and the images of `elsewhere` after them.

    Args:
        asked: a set with queries, or None.
    """
    learn = aggregated.local(elsewhere)[1]
    encoder = FisherVector(GAUSSIANS, pca=64).fit(learn)
    train = encoder.transform(learn)
    pca = PCA(min(REDUCED, len(train) - 1), l2_before=True, l2_after=True).fit(train)
    parts = [encoder.transform(aggregated.local(dataset)[1])]
    if asked is not None:
        parts.append(encoder.transform(aggregated.local(asked, queries=True)[1]))
    require_unseen(remember(train), parts[:1], "PCA", name=dataset.name)
    return [pca.transform(part) for part in parts]


def trained(vectors, labels, schedule=SCHEDULE):
    """A hybrid that names what vectors show: fitted `Hybrid`. Args: vectors: float32 N x D. labels: int N, from 0."""
    torch.manual_seed(schedule.seed)
    network = Hybrid(vectors.shape[1], int(labels.max()) + 1, HIDDEN)
    with TemporaryDirectory() as folder:
        return minimise(network, NamingLoss(network, vectors, labels), schedule, folder, progress=False)


def results(dataset, elsewhere, named, protocol=None, seed=0):
    """Fisher vectors below, and the hybrid above them: dict name -> (Result, similarities)."""
    (learn,), (base, asked) = reduced(named, elsewhere), reduced(dataset, elsewhere, dataset)
    labels = np.unique([named.groups[i] for i in named.ids], return_inverse=True)[1]
    network = trained(learn, labels)
    pairs = {f"Fisher vector, PCA {base.shape[1]}": (base, asked),
             "Fisher vector, hybrid": (network.transform(base), network.transform(asked))}
    return {name: deep_features.measure(name, *pair, dataset, protocol or aggregated.protocol_of(dataset), seed)
            for name, pair in pairs.items()}


def run(tier, seed=0):
    """Rows of the table, in mini: "named" is painted."""
    if tier != "mini":
        return []
    dataset = load("places", tier=tier)
    found = results(dataset, load("elsewhere", tier=tier), load("named", tier=tier), seed=seed)
    return [row for first, similarities in found.values() for row in aggregated.rows_from(first, similarities, dataset, seed, TABLE)]
