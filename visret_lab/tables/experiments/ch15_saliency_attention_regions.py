"""The runs of chapter 15 beside the two tables on saliency: class activation maps, regional attention, a detector's regions."""

import functools
from dataclasses import replace

import numpy as np

from visret_lab.arrays import l2_normalize, rank
from visret_lab.compact.pca import PCA
from visret_lab.datasets import load
from visret_lab.deep import regions
from visret_lab.deep.attention import LEVELS, attention_rmac, context_attention
from visret_lab.deep.class_activation import aggregate, class_vectors, head_of, reduced, scores
from visret_lab.deep.extract import pool_maps
from visret_lab.deep.rmac import region_mac, rmac
from visret_lab.deep.shipped import digest
from visret_lab.deep.whitening import Whitening
from visret_lab.evaluation import evaluate
from visret_lab.features.extract import extract
from visret_lab.tables.experiments import aggregated, deep_features
from visret_lab.tables.experiments.deep_features import maps, measure, networks

COMPONENTS = 128
CLASSES = {"mini": 16, "campus": 64, "full": 64}  # the paper sums over 64 of 1,000
SMALL = 1000  # images up to which the classes of each query are summed anew: each needs a vector of every image
DEPTH, EXPANSION = 100, 5
EVERY = 3  # pictures of the other set from which one is taken for the whitening of a detector's vectors: each has many proposals


def first_classes(found, head, count):
    """The classes that come first: list of maps -> int64 M x count, the most likely first."""
    return np.argsort(-pool_maps(functools.partial(scores, head=head), found), axis=1, kind="stable")[:, :count]


def frequent(found, head, count):
    """The classes that come among the first ten most often: list of maps -> int64 count, the most frequent first."""
    seen = np.bincount(first_classes(found, head, 10).ravel(), minlength=len(head.bias))
    return np.argsort(-seen, kind="stable")[:count]


def of_classes(found, head, classes):
    """Vectors of classes: list of maps, int n -> float32 M x n x C."""
    return np.stack(pool_maps(functools.partial(class_vectors, head=head, classes=classes), found))


def by_class(network, dataset, elsewhere, tier, seed=0, protocol=None):
    """Class-weighted vectors (Jimenez et al.): dict "OfA" and, for small sets, "OnA" -> (Result, similarities).

    OfA: the classes are fixed beforehand, here the most frequent of the other set. OnA: each query brings its own.
    """
    head, count = head_of(network.backbone), CLASSES[tier]
    train, base, asked = (maps(network, *which) for which in ((elsewhere,), (dataset,), (dataset, True)))
    fixed, pca = fixed_classes(train, head, count)
    name = f"CAM, {{}}, {network.label}"
    found = {"OfA": measure(name.format("OfA"), *(aggregate(of_classes(one, head, fixed), pca) for one in (base, asked)), dataset,
                            protocol, seed)}
    if len(dataset.ids) <= 1.1 * SMALL:
        similarities = online(base, asked, first_classes(asked, head, count), head, pca)
        found["OnA"] = evaluate(name.format("OnA"), similarities, dataset, protocol, bytes_per_image=4 * len(head.bias) * COMPONENTS,
                                seed=seed), similarities
    return found


def fixed_classes(train, head, count):
    """The classes that are fixed beforehand, and the PCA of their vectors, both from maps of another set: (int64 count, PCA)."""
    fixed = frequent(train, head, count)
    learn = np.concatenate(of_classes(train, head, fixed))
    learn = learn[learn.any(axis=1)][:: max(1, len(learn) // 20_000)]
    return fixed, PCA(min(COMPONENTS, learn.shape[1]), power=0.5, l2_before=True, l2_after=True).fit(learn)


def class_weighted_vectors(network, train, base, asked, tier):
    """Vectors of images and queries with the classes that are fixed beforehand: (float32 N x D, float32 Q x D)."""
    head = head_of(network.backbone)
    fixed, pca = fixed_classes(train, head, CLASSES[tier])
    return tuple(aggregate(of_classes(one, head, fixed), pca) for one in (base, asked))


def online(base, asked, classes, head, pca, batch=64):
    """Similarities of queries with all images, each query with the classes that it brings.

    Args:
        base, asked: lists of maps. classes: int64 Q x n. head: of the network. pca: for the vectors of classes.
        batch: images whose vectors of all classes are computed together.

    Returns:
        float32 Q x N.
    """
    used, places = np.unique(classes, return_inverse=True)
    places = places.reshape(classes.shape)
    parts = np.concatenate([reduced(of_classes(base[i : i + batch], head, used), pca).astype(np.float16)
                            for i in range(0, len(base), batch)])
    found = []
    for m, own, at in zip(asked, classes, places, strict=True):
        query = aggregate(of_classes([m], head, own), pca)[0]
        found.append(l2_normalize(parts[:, at].sum(axis=1, dtype=np.float32)) @ query)
    return np.stack(found)


def attended(network, dataset, elsewhere, seed=0, protocol=None):
    """R-MAC over five levels with and without the learnt weights, the same whitening: dict name -> (Result, similarities)."""
    attention = context_attention(network.backbone)
    train, base, asked = (maps(network, *which) for which in ((elsewhere,), (dataset,), (dataset, True)))
    learn = l2_normalize(np.concatenate(pool_maps(functools.partial(region_mac, levels=LEVELS), train)))
    whiten = Whitening(PCA(min(COMPONENTS, learn.shape[1]), power=0.5, l2_before=True).fit(learn))
    pools = {f"R-MAC, {LEVELS} levels": functools.partial(rmac, whiten=whiten, levels=LEVELS),
             "regional attention": functools.partial(attention_rmac, network=attention, whiten=whiten)}
    return {name: measure(f"{name}, {network.label}", pool_maps(pool, base), pool_maps(pool, asked), dataset, protocol, seed)
            for name, pool in pools.items()}


def detections(network, dataset, proposals=regions.PROPOSALS):
    """What a detector says of every image of a set, cached: (whole float32 N x C, boxes N x P x 4, vectors N x P x C).

    An image with fewer proposals has its last one several times.
    """
    found = extract(dataset, functools.partial(_packed, network=network, proposals=proposals), f"regions-{digest(network)}")
    return found[:, 0, 4:], found[:, 1:, :4], found[:, 1:, 4:]


def _packed(image, network, proposals):
    seen = regions.look(network, image)
    kept = np.minimum(np.arange(proposals), len(seen.boxes) - 1)
    height, width = image.shape[:2]
    boxes = np.concatenate([[[0, 0, width, height]], seen.boxes[kept] if len(seen.boxes) else [[0, 0, width, height]] * proposals])
    vectors = np.concatenate([seen.whole[None], seen.vectors[kept] if len(seen.vectors) else [seen.whole] * proposals])
    return np.concatenate([boxes, vectors], axis=1)


def asked_boxes(network, dataset):
    """The query's vector: the maximum over its box, on the maps of its whole picture. float32 Q x C."""
    return np.stack([regions.look(network, dataset.image(q.image_id), more=[q.box]).vectors[0] for q in dataset.queries])


def detected(network, dataset, elsewhere, seed=0, protocol=None):
    """Search by a detector: dict name -> (Result, ranking), and what a page wants to draw.

    IPA: first search by the whole. R: the first 100 by their best proposal. QE: with the mean of the query and the first five.
    L2, PCA-whitening learnt on the other set's wholes and proposals, L2.

    Returns:
        (dict, (boxes N x P x 4, chosen dict query number -> (ids, numbers of the best proposals))).
    """
    whole, boxes, vectors = detections(network, dataset)
    learn_whole, _, learn_regions = detections(network, replace(elsewhere, ids=elsewhere.ids[::EVERY]))
    learn = np.concatenate([learn_whole, learn_regions[:, ::4].reshape(-1, learn_whole.shape[1])])
    pca = PCA(min(COMPONENTS, learn.shape[1]), power=0.5, l2_before=True, l2_after=True).fit(learn)
    base, asked = pca.transform(whole), pca.transform(asked_boxes(network, dataset))
    parts = pca.transform(vectors.reshape(-1, vectors.shape[2])).reshape(*vectors.shape[:2], -1)
    first, near = measure("Faster R-CNN, IPA", base, asked, dataset, protocol, seed)
    ranking = rank(near)
    again, second, chosen = [], [], {}
    for i, (query, row) in enumerate(zip(asked, ranking, strict=True)):
        score, best = regions.best_regions(query, parts[row[:DEPTH]])
        again.append(regions.rerank(row, score, DEPTH))
        chosen[i] = row[:DEPTH], best
        top = again[-1][:EXPANSION]
        wider = regions.expanded(query, np.stack([parts[n][regions.best_regions(query, parts[n][None])[1][0]] for n in top]))
        score, _ = regions.best_regions(wider, parts[again[-1][:DEPTH]])
        second.append(regions.rerank(again[-1], score, DEPTH))
    expanded = np.stack([regions.expanded(q, base[row[:EXPANSION]]) for q, row in zip(asked, ranking, strict=True)])
    bytes_, cost = base.nbytes / len(base), {"bytes_per_image": (base.nbytes + parts.nbytes) / len(base), "seed": seed}
    found = {
        "IPA": (first, ranking),
        "IPA + QE": (evaluate("Faster R-CNN, IPA + QE", rank(expanded @ base.T), dataset, protocol, bytes_per_image=bytes_, seed=seed),
                     rank(expanded @ base.T)),
        "R": (evaluate("Faster R-CNN, R by RPA", np.stack(again), dataset, protocol, **cost), np.stack(again)),
        "R + QE": (evaluate("Faster R-CNN, R by RPA + QE", np.stack(second), dataset, protocol, **cost), np.stack(second))}
    return found, (boxes, chosen)


def run(tier, seed=0):
    """Rows of the table "deep": what is trained for the networks of the tier. Attention and the small detector know painted buildings
    only, so they are run in mini; in full, torchvision's detector."""
    elsewhere, rows = load("elsewhere", tier=tier), []
    for dataset in aggregated.sets(tier):
        for network in networks(tier):
            if tier != "full":
                rows += _rows(by_class(network, dataset, elsewhere, tier, seed, aggregated.protocol_of(dataset)), dataset, seed)
            if tier == "mini":
                rows += _rows(attended(network, dataset, elsewhere, seed), dataset, seed)
        if tier != "campus":
            network = regions.detector() if tier == "mini" else regions.from_torchvision()
            rows += _rows(detected(network, dataset, elsewhere, seed)[0], dataset, seed)
    return rows


def _rows(found, dataset, seed):
    return [row for result, near in found.values() for row in aggregated.rows_from(result, near, dataset, seed, deep_features.TABLE)]
