"""The runs of chapter 18: learnt local features beside SIFT, on pairs with a known homography, and behind a global search."""

import json
import time
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from visret_lab.arrays import l2_normalize, rank
from visret_lab.compact.pca import PCA
from visret_lab.datasets import load
from visret_lab.datasets.cache import cache_dir
from visret_lab.deep.alike import ALIKEFeatures, alike
from visret_lab.deep.delf import COMPONENTS, DelfFeatures
from visret_lab.deep.extract import pool_maps
from visret_lab.deep.hardnet import hardnet
from visret_lab.deep.local import PatchFeatures
from visret_lab.deep.pooling import GeM
from visret_lab.deep.shipped import WEIGHTS
from visret_lab.deep.tfeat import tfeat
from visret_lab.encoding.unseen import remember, require_unseen
from visret_lab.evaluation import bootstrap_interval, evaluate
from visret_lab.evaluation.matching_accuracy import THRESHOLDS, accuracy_curve, reprojection_errors
from visret_lab.features.extract import extract_local
from visret_lab.features.local import SIFT
from visret_lab.features.matching import match
from visret_lab.rerank.near import verify_near
from visret_lab.rerank.spatial import verify_top
from visret_lab.tables import reproduce
from visret_lab.tables.experiments import aggregated
from visret_lab.tables.experiments.deep_features import maps, networks
from visret_lab.training import patch_pairs

TABLE = "deep-local"
POINTS = 250
DEPTH = 100  # images of a list that are verified
LEARN = 60  # pictures of the other set from which the PCA of DELF is learnt
PIXELS = 3  # a match that is no farther off is right
LIGHT, BOTH = ("jpeg", "dark", "blur", "noise"), ("print_scan",)  # of the photo-copies; the other edits move pixels


class Matched(NamedTuple):
    """One pair of pictures, matched. curve: float64 T, the share of matches within each of THRESHOLDS. right: matches within PIXELS.
    count: matches. change: "viewpoint", "light" or "both". sequence: the scene."""

    curve: np.ndarray
    right: int
    count: int
    change: str
    sequence: str


def patches(houses=12, seed=18002):
    """Pairs of patches of houses that no training has seen, painted at the first call: `patch_pairs.Pairs`."""
    config = patch_pairs.PairConfig(buildings=houses, seed=seed)
    return patch_pairs.read(patch_pairs.paint(cache_dir("worlds") / f"patches-{seed}-{houses}", config, workers=2))


def logs():
    """The recorded trainings: dict "hardest", "random" -> list of dicts, a line a checkpoint."""
    return {loss: [json.loads(line) for line in (WEIGHTS / f"hardnet{end}_log.jsonl").read_text().splitlines()]
            for loss, end in (("hardest", ""), ("random", "_random"))}


def detectors(tier, points=POINTS):
    """What is compared: dict name -> detector and descriptor. The published networks come with the photographs of campus and full.

    Raises:
        DataError: their files cannot be had.
    """
    found = {"SIFT": SIFT(points, root=False), "RootSIFT": SIFT(points), "HardNet, narrow": PatchFeatures(hardnet(), points)}
    if tier != "mini":
        found |= {"TFeat": PatchFeatures(tfeat(), points, unit=False), "ALIKE-t": ALIKEFeatures(alike("t"), points),
                  "ALIKE-n": ALIKEFeatures(alike("n"), points)}
    return found


def change_of(pair):
    """What was changed between the two pictures of a pair: "viewpoint", "light" or "both"."""
    if pair.change in BOTH:
        return "both"
    return "light" if pair.change in LIGHT or pair.sequence.split("/")[-1].startswith("i_") else "viewpoint"


def match_pairs(pairs, detector, chosen=None, found=None):
    """Match pairs of pictures, mutual nearest neighbours, and hold them against the true homography.

    Args:
        pairs: PairSet. detector: speaks `protocols.LocalFeatures`. chosen: list of Pairs, or None for all.
        found: dict image id -> (points, descriptors) of pictures that are at hand; None takes them from the cache or computes them.

    Returns:
        list of Matched.
    """
    if found is None:
        found = dict(zip(pairs.ids, extract_local(pairs, detector), strict=True))
    return [match_one(pair, *found[pair.a], *found[pair.b]) for pair in (pairs.pairs if chosen is None else chosen)]


def match_one(pair, points_a, rows_a, points_b, rows_b):
    """Match one pair: Matched."""
    matches = match(rows_a, rows_b, ratio=1.0, mutual=True)
    errors = reprojection_errors(points_a, points_b, matches, pair.homography)
    return Matched(accuracy_curve(errors), int((errors <= PIXELS).sum()), len(matches), change_of(pair), pair.sequence)


def features_of(dataset, detector, ids):
    """Local features of some images of a set, kept in the cache: dict database id -> (points, descriptors). Those of SIFT are taken from
    what other chapters need of the whole set."""
    ids = sorted({int(i) for i in ids})
    if isinstance(detector, SIFT):
        kept = extract_local(dataset, detector)
        return {i: kept[i] for i in ids}
    return dict(zip(ids, extract_local(replace(dataset, ids=[dataset.ids[i] for i in ids], queries=[]), detector), strict=True))


def asked_of(dataset, detector, numbers):
    """Local features of some queries, cut to their boxes, kept in the cache: list of (points, descriptors)."""
    return extract_local(only(dataset, [dataset.queries[i] for i in numbers]), detector, queries=True)


def found_in(pairs, detector, ids):
    """Local features of some pictures of a set of pairs, kept in the cache: dict id -> (points, descriptors), as `match_pairs` takes."""
    some = replace(pairs, files={i: pairs.files[i] for i in ids}, pairs=[])
    return dict(zip(some.ids, extract_local(some, detector), strict=True))


def half(dataset):
    """Half of the longer side of a set's first image: the size at which the first search looks at pictures."""
    return round(0.5 * max(dataset.image(dataset.ids[0]).shape[:2]))


def first_search(network, dataset, seed=0, protocol=None):
    """GeM at half the size of the pictures: (Result, ranking int64 Q x N)."""
    base, asked = (l2_normalize(pool_maps(GeM(), maps(network, dataset, q, half(dataset)))) for q in (False, True))
    similarities, ms = aggregated.compare_all(np.ascontiguousarray(asked), base)
    ranking = rank(similarities)
    return evaluate(f"GeM at half size, {network.label}", ranking, dataset, protocol, bytes_per_image=base.nbytes / len(base),
                    ms_per_query=ms, seed=seed), ranking


def learn_pca(rows, searched=(), components=COMPONENTS, name="the searched set"):
    """PCA without whitening between two L2, learnt on the keypoints of other pictures.

    Args:
        rows: list of float32 N_i x D, what DelfFeatures without a PCA finds in each. searched: descriptors that must not be among them.

    Returns:
        fitted `PCA`.

    Raises:
        ValueError: fewer keypoints than components, or a searched descriptor among them.
    """
    learn = np.concatenate(rows) if rows else np.zeros((0, components), np.float32)
    if len(learn) <= components:
        raise ValueError(f"{len(learn)} keypoints are too few to learn {components} components. Give more pictures.")
    if len(searched):
        require_unseen(remember(learn), list(searched), "PCA", name=name)
    return PCA(components, power=0.0, l2_before=True, l2_after=True).fit(learn)


def delf(network, elsewhere, points=POINTS, learn=LEARN):
    """DELF-like features of a network, with a PCA learnt on pictures of another set: DelfFeatures."""
    step = max(1, len(elsewhere.ids) // learn)
    plain = DelfFeatures(network.backbone, max_points=points)
    rows = [r for _, r in extract_local(replace(elsewhere, ids=elsewhere.ids[::step], queries=[]), plain)]
    return DelfFeatures(network.backbone, plain.attention, learn_pca(rows), points)


def verifiers(network, elsewhere, dense=None):
    """What orders the head of a list: dict name -> (detector, function as `verify_top`). dense: DelfFeatures that are at hand."""
    return {"RootSIFT": (SIFT(POINTS), verify_top), "HardNet, narrow": (PatchFeatures(hardnet(), POINTS), verify_top),
            "DELF-like": (dense or delf(network, elsewhere), verify_near)}


def only(dataset, queries):
    """The set with some of its queries."""
    return replace(dataset, queries=list(queries))


def per_query(ranking, dataset):
    """Average precision of each query under the set's default protocol: float64 Q."""
    return evaluate("", ranking, dataset).per_query


def recorded(dataset):
    """Rows of the course's own table from the record: list of dicts as `Result.row` makes them; empty where nothing was recorded."""
    metric = f"mAP, {dataset.name}, {dataset.default_protocol}"
    record = reproduce.record(TABLE, dataset.tier) or {"rows": []}
    return [{"method": r["row"], "dataset": dataset.name, "protocol": dataset.default_protocol, "mAP": r["value"], "low": r["low"],
             "high": r["high"], "bytes": r["bytes_per_image"], "ms": r["ms_per_query"]} for r in record["rows"] if r["metric"] == metric]


def verified(name, ranking, verify, database, queries, dataset, protocol=None, seed=0, top=DEPTH):
    """Order the head of each list by its inliers: (Result, ranking int64 Q x N). The time of a query is that of matching and RANSAC."""
    start = time.perf_counter()
    found, _ = verify(ranking, queries, database, top=top, seed=seed)
    ms = 1000 * (time.perf_counter() - start) / len(queries)
    size = np.mean([p[:, :2].nbytes + d.nbytes for p, d in (database.values() if isinstance(database, dict) else database)])
    return evaluate(name, found, dataset, protocol, bytes_per_image=size, ms_per_query=ms, seed=seed), found


def matching_rows(tier, seed=0):
    """Rows of the pairs: the share of right matches by kind of change, and how many are right."""
    pairs, made = load("pairs", tier=tier), []
    for name, detector in detectors(tier).items():
        found = match_pairs(pairs, detector)
        for change in ("all", *dict.fromkeys(m.change for m in found)):
            some = [m for m in found if change in ("all", m.change)]
            share = np.array([m.curve[THRESHOLDS.index(PIXELS)] for m in some])
            made.append(_row(name, f"matches within {PIXELS} px, {pairs.name}, {change}", share, pairs, seed))
        made.append(_row(name, f"right matches a pair, {pairs.name}, all", np.array([m.right for m in found], float), pairs, seed))
    return made


def _row(name, metric, values, pairs, seed):
    low, high = bootstrap_interval(values, seed=seed)
    return {"table": TABLE, "row": name, "metric": metric, "value": float(values.mean()), "low": low, "high": high,
            "queries": len(values), "images": len(pairs.ids), "version": pairs.version, "bytes_per_image": None, "ms_per_query": None}


def retrieval_rows(tier, seed=0):
    """Rows of places: the first search, and its head verified with each kind of features."""
    dataset, elsewhere = load("places", tier=tier), load("elsewhere", tier=tier)
    network = networks(tier)[0]
    first, ranking = first_search(network, dataset, seed)
    made, results = aggregated.rows_from(first, ranking, dataset, seed, TABLE), {}
    for name, (detector, verify) in verifiers(network, elsewhere).items():
        database, queries = extract_local(dataset, detector), extract_local(dataset, detector, queries=True)
        result, again = verified(f"{first.name}, first {DEPTH} by {name}", ranking, verify, database, queries, dataset, seed=seed)
        made += aggregated.rows_from(result, again, dataset, seed, TABLE)
        results[name] = result
    return made + [_difference(results[name], results["RootSIFT"], dataset, seed) for name in results if name != "RootSIFT"]


def _difference(result, other, dataset, seed):
    """How much better a search is than another, query by query, with the interval of that."""
    gap = result.per_query - other.per_query
    low, high = bootstrap_interval(gap, seed=seed)
    return {"table": TABLE, "row": result.name, "metric": f"mAP above RootSIFT's, {dataset.name}, {dataset.default_protocol}",
            "value": float(np.nanmean(gap)), "low": low, "high": high, "queries": len(dataset.queries), "images": len(dataset.ids),
            "version": dataset.version, "bytes_per_image": result.bytes_per_image, "ms_per_query": None}


def run(tier, seed=0):
    """Rows of the table "deep-local"."""
    return matching_rows(tier, seed) + retrieval_rows(tier, seed)
