"""The runs of chapter 17: networks that were trained to retrieve, beside the same network off the shelf."""

import json
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from visret_lab.arrays import l2_normalize
from visret_lab.compact.pca import PCA
from visret_lab.datasets import load
from visret_lab.deep.end_to_end import backbone_of, netvlad_head, shipped
from visret_lab.deep.extract import extract_vectors
from visret_lab.deep.pooling import GeM, MAC
from visret_lab.deep.rmac import RMAC
from visret_lab.deep.shipped import WEIGHTS
from visret_lab.tables.experiments import aggregated, ch13_conv_pooling, deep_features
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.projection import CatalogueBatches, Projection

TABLE = "end-to-end"


class Trained(NamedTuple):
    """A network of the chapter. label: its name. weights: as `end_to_end.shipped`. kind: of its head."""

    label: str
    weights: str
    kind: str


CLEANED = Trained("R-MAC, triplets, cleaned pictures", "end_to_end_rmac", "R-MAC")
FOUND = Trained("R-MAC, triplets, pictures as found", "end_to_end_rmac_noisy", "R-MAC")
GEM = Trained("GeM, average precision, cleaned pictures", "end_to_end_gem", "GeM")
SIAMESE = Trained("MAC, triplets, cleaned pictures", "end_to_end_mac", "MAC")
NETVLAD = Trained("NetVLAD, triplets, cleaned pictures", "end_to_end_netvlad", "NetVLAD")
NAMING = Trained("GeM, naming the cleaned classes", "end_to_end_softmax", "GeM")
TRAINED = (CLEANED, FOUND, GEM, SIAMESE, NETVLAD, NAMING)
HARDEST = "end_to_end_rmac_hardest"  # the log of a training that came to nothing


def card(weights):
    """The model card of a training: dict."""
    return json.loads((WEIGHTS / f"{weights}.json").read_text())


def log(weights):
    """The lines that were written while it learnt: list of dicts."""
    return [json.loads(line) for line in (WEIGHTS / f"{weights}_log.jsonl").read_text().splitlines()]


def after(trained, dataset, queries=False):
    """What a trained network says of images, or of queries: float32 N x D, unit length."""
    network = shipped(trained.weights, trained.kind)
    return l2_normalize(extract_vectors(backbone_of(network, trained.weights), "conv5_2", network.head, dataset, queries))


def off_the_shelf(network, elsewhere):
    """The heads before any training, for the maps of a network: dict name -> function. What they need to be learnt comes from the other
    set: the clusters of NetVLAD, the whitening of R-MAC's windows."""
    train = deep_features.maps(network, elsewhere)
    return {"R-MAC": RMAC(), "R-MAC, whitened": ch13_conv_pooling.whitened_rmac(train), "GeM": GeM(), "MAC": MAC(),
            "NetVLAD": netvlad_head(train).requires_grad_(False)}


def before(network, dataset, elsewhere):
    """Vectors of the network off the shelf: dict name -> (float32 N x D of the images, float32 Q x D of the queries)."""
    found = [deep_features.maps(network, dataset, queries) for queries in (False, True)]
    return {name: ch13_conv_pooling.pooled(head.requires_grad_(False), *found)
            for name, head in off_the_shelf(network, elsewhere).items()}


def results(network, dataset, elsewhere, protocol=None, seed=0, trained=TRAINED):
    """Before and after: dict name -> (Result, similarities)."""
    protocol = protocol or aggregated.protocol_of(dataset)
    pairs = {f"{name}, off the shelf": pair for name, pair in before(network, dataset, elsewhere).items()}
    pairs |= {one.label: (after(one, dataset), after(one, dataset, True)) for one in trained}
    return {name: deep_features.measure(name, *pair, dataset, protocol, seed) for name, pair in pairs.items()}


def inside(maps, box, shape):
    """The share of all activation of a picture that stands in a box.

    Args:
        maps: float32 C x h x w. box: (x0, y0, x1, y1) in pixels. shape: (H, W) of the picture.
    """
    plane = maps.sum(axis=0)
    x0, y0, x1, y1 = (round(v * n / size) for v, n, size in zip(box, (*plane.shape[::-1],) * 2, (*shape[::-1],) * 2, strict=True))
    total = plane.sum()
    return float(plane[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)].sum() / total) if total else 0.0


def catalogue(dataset):
    """The pictures that answer under the protocol "iconic": bool N."""
    found = np.zeros(len(dataset.ids), bool)
    for query in dataset.queries:
        found[dataset.relevant(query, "iconic").positive] = True
    return found


def watched(dataset):
    """Every fourth training photograph of each product, bool N: what is looked at when constants are chosen. None of the catalogue."""
    icon, seen, held = catalogue(dataset), {}, np.zeros(len(dataset.ids), bool)
    for i in np.flatnonzero(~icon):
        product = dataset.groups[dataset.ids[i]]
        seen[product] = seen.get(product, 0) + 1
        held[i] = seen[product] % 4 == 0
    return held


SCHEDULE = Schedule(steps=1200, batch=1, rate=2e-3, decay=1e-3, check=1200)  # chosen on the photographs that are watched
NOISE, COMPONENTS = 0.4, 256


def projected(vectors, labels, catalogue, schedule=SCHEDULE, noise=NOISE):
    """A projection learnt from photographs against the catalogue: fitted `Projection`.

    Args:
        vectors: float32 N x C. labels: int N. catalogue: bool N.
    """
    photographs = vectors[~catalogue]
    network = Projection(PCA(min(COMPONENTS, vectors.shape[1], len(photographs) - 1), power=0.5).fit(photographs))
    batches = CatalogueBatches(network, vectors, labels, catalogue, noise=noise)
    with TemporaryDirectory() as folder:
        return minimise(network, batches, schedule, folder, progress=False)


def products(network, dataset, seed=0):
    """Products: plain vectors, and behind a projection that was learnt on the training photographs: dict name -> (Result,
    similarities), under the protocol of the catalogue."""
    base, asked = ch13_conv_pooling.pooled(GeM(), *(deep_features.maps(network, dataset, queries) for queries in (False, True)))
    labels = np.unique([dataset.groups[i] for i in dataset.ids], return_inverse=True)[1]
    learnt = projected(base, labels, catalogue(dataset))
    pairs = {f"GeM, {network.label}": (base, asked),
             f"GeM, {network.label}, projection learnt": (learnt.transform(base), learnt.transform(asked))}
    return {name: deep_features.measure(name, *pair, dataset, "iconic", seed) for name, pair in pairs.items()}


def run(tier, seed=0):
    """Rows of the table: in mini the networks trained on painted buildings, in campus a projection for products."""
    if tier == "mini":
        dataset = load("places", tier=tier)
        found = results(deep_features.networks(tier)[0], dataset, load("elsewhere", tier=tier), seed=seed)
    elif tier == "campus":
        dataset, found = load("products", tier=tier), {}
        for network in deep_features.networks(tier):
            found |= products(network, dataset, seed)
    else:
        return []
    return [row for first, similarities in found.values() for row in aggregated.rows_from(first, similarities, dataset, seed, TABLE)]
