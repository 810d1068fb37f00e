"""Cleaning a class of pictures that a search engine has returned: match all with all, keep the largest group that hangs together.

After Gordo et al., ECCV 2016 and IJCV 2017. Inside a class each picture is matched with each other one: SIFT, the ratio
test, an affine map by RANSAC. A pair with inliers is an edge of the *match graph*, its weight their number. Weak edges are pruned, the
largest connected component is kept, and its edges tell where the landmark is (`visret_lab.training.boxes`).

Ours: matches must hold in both directions and be one to one, and pairs that are the same picture twice are named (`near_duplicates`).
"""

import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from visret_lab.datasets.cache import cache_dir, write_bytes
from visret_lab.features.extract import extract_local, key
from visret_lab.features.local import SIFT
from visret_lab.features.matching import Matcher
from visret_lab.rerank.affine import invert_affine, verify_affine
from visret_lab.training import boxes as box_rules

POINTS, CONTRAST = 500, 0.02  # of SIFT: many points, weak ones too, as fog and night leave no strong ones
RATIO, THRESHOLD = 0.8, 5.0
LEAST_INLIERS = 8  # chosen on the first three classes of town-train, with a margin of one; see chapter 16
SHARE = 0.25  # of the descriptors that two frames of one scene have in common (Garcia and Vogiatzis, BMVC 2018, section 4.1)


@dataclass(frozen=True, eq=False)
class MatchGraph:
    """All that matching found inside one class of N pictures. Pictures are numbers from 0 to N - 1.

    Attributes:
        count: N.
        pairs: int64 E x 2, i < j: the pairs with at least three inliers.
        inliers: int64 E. matches: int64 E, before RANSAC.
        maps: float64 E x 2 x 3, affine, from i to j.
        points: float32 M x 4, the inliers of all pairs, one pair after the other: x, y in i and x, y in j.
        shared: float32 N x N: matches divided by the mean number of descriptors of the two, before RANSAC.
    """

    count: int
    pairs: np.ndarray
    inliers: np.ndarray
    matches: np.ndarray
    maps: np.ndarray
    points: np.ndarray
    shared: np.ndarray

    def weights(self):
        """The graph as a scipy.sparse csr_array N x N, symmetric: the inliers of each pair."""
        i, j = self.pairs.T
        rows, columns, values = np.r_[i, j], np.r_[j, i], np.r_[self.inliers, self.inliers]
        return csr_array((values, (rows, columns)), shape=(self.count, self.count))

    def points_of(self, edge):
        """The inliers of a pair: float32 K x 2 in i, float32 K x 2 in j."""
        end = int(self.inliers[: edge + 1].sum())
        rows = self.points[end - int(self.inliers[edge]) : end]
        return rows[:, :2], rows[:, 2:]


@dataclass(frozen=True, eq=False)
class CleanClass:
    """What is left of a class. Pictures are named by their ids.

    Attributes:
        name: of the class. ids: all its pictures. kept: ids of the largest component, in order; empty when no edge is left.
        boxes: id -> (x0, y0, x1, y1) of each kept picture, in its pixels. first_boxes: the same before the diffusion.
        sizes: id -> (width, height) of every picture.
        edges: list of (id, id, inliers) between kept pictures, after pruning, without near-duplicates.
        duplicates: list of (id, id): pairs of kept or other pictures that are one photograph.
        graph: MatchGraph, whose numbers count `ids`.
    """

    name: str
    ids: list
    kept: list
    boxes: dict
    first_boxes: dict
    sizes: dict
    edges: list
    duplicates: list
    graph: MatchGraph


def mutual_matches(features, ratio=RATIO, chosen=None):
    """Matches between all pairs of pictures that hold in both directions: each passes the ratio test from both sides.

    Args:
        features: list of N (points, descriptors K_i x D of unit length). ratio: of the ratio test.
        chosen: bool N x N, symmetric, which pairs to match; None for all.

    Yields:
        (i, j, int64 M x 2 rows of i and of j) for i < j. No row comes twice: the matches are one to one.
    """
    matcher = Matcher([d for _, d in features], ratio)
    with threadpool_limits(1):  # the product of one pair is too small to be shared among cores, and fits the cache
        found = [matcher.match(d, block=1) for _, d in features]
    width = matcher.width
    for i in range(len(features)):
        for j in range(i + 1, len(features)):
            if chosen is None or chosen[i, j]:
                there, back = found[i][j], found[j][i]
                yield i, j, there[np.isin(there[:, 0] * width + there[:, 1], back[:, 1] * width + back[:, 0])]


def match_graph(features, ratio=RATIO, threshold=THRESHOLD, least=5, seed=0, chosen=None):
    """Match every picture of a class with every other one.

    Args:
        features: list of N (points K_i x 4, descriptors K_i x D of unit length); K_i may be 0.
        ratio: of the ratio test. threshold: of RANSAC, in pixels. least: pairs with fewer matches are not verified.
        seed: each pair has its own Generator from it. chosen: bool N x N, which pairs to match; None for all.

    Returns:
        MatchGraph.
    """
    count, found = len(features), []
    shared = np.zeros((count, count), np.float32)
    sizes = np.array([max(len(d), 1) for _, d in features])
    for i, j, pairs in mutual_matches(features, ratio, chosen) if count > 1 else ():
        shared[i, j] = shared[j, i] = 2 * len(pairs) / (sizes[i] + sizes[j])
        if len(pairs) < least:
            continue
        a, b = features[i][0], features[j][0]
        model = verify_affine(a, b, pairs, np.random.default_rng([seed, i, j]), threshold)
        inliers = pairs[model.inliers]
        # One place with two directions is two keypoints, and would count twice.
        inliers = inliers[_one_a_place(a[inliers[:, 0]], b[inliers[:, 1]])] if len(inliers) else inliers
        if len(inliers) >= 3:
            points = np.c_[a[inliers[:, 0], :2], b[inliers[:, 1], :2]]
            found.append(((i, j), len(inliers), len(pairs), model.matrix, points))
    columns = list(zip(*found, strict=True)) or [[]] * 5
    whole = [np.array(c, np.int64) for c in columns[:3]]
    return MatchGraph(count, whole[0].reshape(-1, 2), *whole[1:], np.array(columns[3]).reshape(-1, 2, 3),
                      np.concatenate([np.zeros((0, 4), np.float32), *columns[4]]), shared)


def _one_a_place(a, b):
    """bool K: the first match at each pixel of either picture."""
    keep = np.zeros(len(a), bool)
    first = [set(np.unique(p[:, :2].round(), axis=0, return_index=True)[1]) for p in (a, b)]
    keep[sorted(first[0] & first[1])] = True
    return keep


def prune(weights, least):
    """The graph without edges of a weight below `least`. csr_array N x N, symmetric."""
    kept = csr_array(weights, copy=True)
    kept.data[kept.data < least] = 0
    kept.eliminate_zeros()
    return kept


def largest_component(weights):
    """The pictures of the largest connected component of at least two.

    Of components of one size the one with the heavier edges is taken.

    Args:
        weights: sparse N x N, symmetric.

    Returns:
        int64, sorted; empty when there is no edge.
    """
    if weights.nnz == 0:
        return np.zeros(0, np.int64)
    _, label = connected_components(weights, directed=False)
    size = np.bincount(label)
    heavy = np.bincount(label, np.asarray(weights.sum(axis=1)).ravel())
    return np.flatnonzero(label == np.lexsort((heavy, size))[-1])


def by_shared_descriptors(graph, share=SHARE):
    """The recipe of Garcia and Vogiatzis (BMVC 2018, 4.1) for frames of a film: an edge where enough descriptors are common, no RANSAC.

    Args:
        graph: MatchGraph. share: least share of common descriptors.

    Returns:
        int64: the pictures of the largest component.
    """
    return largest_component(csr_array(np.where(graph.shared > share, graph.shared, 0)))


def near_duplicates(graph, most_turn=0.015, least_share=0.5, least=10):
    """Which pairs are one photograph: nearly all matches agree on a map that only shifts and scales.

    A pair of near-duplicates teaches nothing: what is alike is the picture, and not the landmark.

    Args:
        graph: MatchGraph. most_turn: of turn, shear and unequal scale, relative to the scale. least_share: of the matches that are
            inliers. least: inliers.

    Returns:
        bool E, for the pairs of the graph.
    """
    a, b, c, d = (graph.maps[:, i, j] for i in (0, 1) for j in (0, 1))
    scale = np.abs(a + d) / 2
    turn = np.abs(np.stack([a - d, b, c])).max(axis=0) if len(graph.maps) else np.zeros(0)
    share = graph.inliers / np.maximum(graph.matches, 1)
    return (turn <= most_turn * scale) & (share >= least_share) & (graph.inliers >= least)


def clean_class(name, ids, features, sizes, least=LEAST_INLIERS, graph=None, start="all", **options):
    """Clean one class.

    Args:
        name: of the class. ids: of its N pictures. features: list of N (points, descriptors). sizes: N x 2, (width, height).
        least: edges with fewer inliers are pruned. graph: MatchGraph, if there is one. start: of `class_boxes`.
        options: of `match_graph`.

    Returns:
        CleanClass. A class without an edge keeps nothing: one picture alone cannot be checked.

    Raises:
        ValueError: the class is empty, or ids, features and sizes are not of one length.
    """
    if not len(ids):
        raise ValueError(f"Class {name!r} has no picture. Leave it out.")
    if not len(ids) == len(features) == len(sizes):
        raise ValueError(f"Class {name!r}: {len(ids)} ids, {len(features)} features and {len(sizes)} sizes do not belong together.")
    graph = graph or match_graph(features, **options)
    twice = near_duplicates(graph)
    strong = graph.inliers >= least
    kept = largest_component(prune(graph.weights(), least))
    inside = strong & np.isin(graph.pairs[:, 0], kept)
    first, last = class_boxes(graph, inside, sizes, start)
    edges = [(ids[i], ids[j], int(n)) for (i, j), n in zip(graph.pairs[inside & ~twice], graph.inliers[inside & ~twice], strict=True)]
    return CleanClass(name, list(ids), [ids[i] for i in kept], {ids[i]: tuple(last[i].tolist()) for i in kept},
                      {ids[i]: tuple(first[i].tolist()) for i in kept}, dict(zip(ids, map(tuple, sizes), strict=True)), edges,
                      [(ids[i], ids[j]) for i, j in graph.pairs[twice]], graph)


def both_ways(graph, chosen):
    """The chosen edges (bool E) in both directions: sources int64 2M, targets int64 2M, maps float64 2M x 2 x 3, boxes 2M x 4.

    The box is that of the matched points in the *target*.
    """
    i, j = graph.pairs[chosen].T
    back = np.array([invert_affine(m) for m in graph.maps[chosen]]).reshape(-1, 2, 3)
    return (np.r_[i, j], np.r_[j, i], np.concatenate([graph.maps[chosen], back]),
            np.array([box_rules.box_around(graph.points_of(e)[side]) for side in (1, 0) for e in np.flatnonzero(chosen)]).reshape(-1, 4))


def class_boxes(graph, chosen, sizes, start="all"):
    """Boxes of the pictures with a chosen edge, before and after the diffusion.

    Args:
        graph: MatchGraph. chosen: bool E. sizes: N x 2, (width, height).
        start: "all": the box around the matched points of all edges. "median": the paper's, the median of one box an edge.

    Returns:
        (first, last), float64 N x 4, cut to the pictures; NaN for the others.

    Raises:
        ValueError: another start.
    """
    starts = {"all": box_rules.boxes_of_all, "median": box_rules.first_boxes}
    if start not in starts:
        raise ValueError(f"start must be one of {', '.join(starts)}, not {start!r}.")
    sources, targets, maps, around = both_ways(graph, chosen)
    first = starts[start](graph.count, targets, around)
    last = box_rules.diffuse(first, sources, targets, maps)[-1]
    return box_rules.clip_boxes(first, sizes), box_rules.clip_boxes(last, sizes)


def classes_of(dataset):
    """class name -> ids of its pictures, from `dataset.groups`; pictures without a group are left out."""
    found = {}
    for image_id in dataset.ids:
        if dataset.groups.get(image_id) is not None:
            found.setdefault(dataset.groups[image_id], []).append(image_id)
    return found


def clean(dataset, detector=None, least=LEAST_INLIERS, seed=0, classes=None, workers=None, progress=True):
    """Clean every class of a data set; what is matched is kept in the cache, class by class, so an interrupted call goes on.

    Args:
        dataset: Collection whose `groups` are noisy labels. Its truth is not looked at.
        detector: of local features; None for `SIFT(POINTS, CONTRAST)`. least: edges with fewer inliers are pruned.
        seed: of RANSAC. classes: names, None for all. workers: threads; None takes one a core, at most 4. progress: show a bar.

    Returns:
        dict class name -> CleanClass.

    Raises:
        ValueError: no group in the data set, or an unknown class.
        DataError: the cache cannot be written.
    """
    detector = detector or SIFT(POINTS, CONTRAST)
    members = classes_of(dataset)
    if not members:
        raise ValueError(f"{dataset.name} has no groups: there is no class to clean.")
    unknown = sorted(set(classes or ()) - set(members))
    if unknown:
        raise ValueError(f"{dataset.name} has no class {unknown[0]!r}. It has: {', '.join(list(members)[:5])}, ...")
    chosen = list(members) if classes is None else list(classes)
    features = dict(zip(dataset.ids, extract_local(dataset, detector), strict=True))
    folder = cache_dir("cleaning", f"{dataset.name}-{dataset.tier}")
    mark = key(dataset, match_graph, f"{type(detector).__name__}-{sorted(vars(detector).items())}-{seed}")

    def one(name):
        ids = members[name]
        path = folder / f"{mark}-{list(members).index(name):04d}.npz"
        graph, sizes = _read_graph(path)
        if graph is None:
            graph, sizes = match_graph([features[i] for i in ids], seed=seed), [dataset.image(i).shape[1::-1] for i in ids]
            _write_graph(path, graph, sizes)
        return clean_class(name, ids, [features[i] for i in ids], sizes, least, graph)

    # One core a class.
    with threadpool_limits(1), ThreadPoolExecutor(workers or min(os.cpu_count() or 1, 4)) as pool:
        try:
            found = list(tqdm(pool.map(one, chosen), total=len(chosen), desc=f"cleaning {dataset.name}", unit="class",
                              disable=not progress, leave=False))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return dict(zip(chosen, found, strict=True))


_FIELDS = ("pairs", "inliers", "matches", "maps", "points", "shared")


def _write_graph(path, graph, sizes):
    content = io.BytesIO()
    np.savez(content, count=graph.count, sizes=np.array(sizes, np.int64), **{name: getattr(graph, name) for name in _FIELDS})
    write_bytes(path, content.getvalue())


def _read_graph(path):
    try:
        with np.load(path, allow_pickle=False) as kept:
            return MatchGraph(int(kept["count"]), *(kept[name] for name in _FIELDS)), kept["sizes"].tolist()
    except (OSError, ValueError, EOFError, KeyError):
        return None, None  # absent, or damaged from outside: match again


def as_json(cleaned, dataset):
    """The cleaned list as JSON text, for training: name, version, and for each class its kept ids, boxes, edges and duplicates."""
    classes = {name: {"kept": c.kept, "boxes": {i: [round(v, 1) for v in b] for i, b in c.boxes.items()}, "edges": c.edges,
                      "duplicates": c.duplicates} for name, c in cleaned.items()}
    return json.dumps({"dataset": dataset.name, "version": dataset.version, "classes": classes}, indent=1)


def read_list(text):
    """The classes of a list that `as_json` wrote: dict name -> {kept, boxes, edges, duplicates}.

    Raises:
        ValueError: not such a list.
    """
    try:
        classes = json.loads(text)["classes"]
        return {name: {part: c[part] for part in ("kept", "boxes", "edges", "duplicates")} for name, c in classes.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"This is no cleaned list ({type(error).__name__}: {error}). data_scripts/clean_town_train.py writes one."
                         ) from error
