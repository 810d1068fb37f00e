"""The run of chapter 16: classes with wrong labels are cleaned, and what is kept is compared with the truth that was kept aside."""

import time
from dataclasses import dataclass, replace

import numpy as np

from visret_lab.arrays import l2_normalize, rank
from visret_lab.datasets import load
from visret_lab.datasets.collection import Collection, relevance
from visret_lab.encoding.vlad import VLAD
from visret_lab.evaluation import bootstrap_interval
from visret_lab.features.extract import extract_local
from visret_lab.features.local import SIFT
from visret_lab.protocols import Query
from visret_lab.training import cleaning
from visret_lab.training.boxes import box_iou

TABLE = "cleaning"
DEVELOPMENT = 3  # the classes on which the threshold was chosen come first, and are not measured
LEAST_PICTURES = 4  # of a group of photographs that becomes a class
NOISE = 0.45  # of a noisy class


@dataclass(frozen=True)
class Score:
    """How well one class was cleaned.

    Attributes:
        name: of the class. pictures, kept: counts. raw: share of all its pictures that show its landmark, however little.
        precision: the same share of the kept ones; NaN where nothing is kept.
        recall: share of the good and ok pictures that were kept. Junk counts neither for nor against recall.
        iou: overlap of box and truth, one a kept picture that shows the landmark; empty where the truth has no boxes.
    """

    name: str
    pictures: int
    kept: int
    raw: float
    precision: float
    recall: float
    iou: np.ndarray


def noisy(tier=None, seed=0):
    """The noisy classes of a tier: town-train, or in campus groups of photographs with noise put in.

    Each group of at least four photographs of "places" becomes a class; to it are added photographs of other groups and of
    "elsewhere", until they are `NOISE` of the class.
    """
    places = load("places", tier=tier)
    if places.tier == "mini":
        return load("town-train")
    return with_noise(places, load("elsewhere", tier=tier), seed)


def with_noise(places, elsewhere, seed=0):
    """Mix wrong pictures into the groups of a set: half of other groups (and of no group), half of another set.

    Returns:
        Collection whose groups are noisy, with `details` as those of town-train but for boxes.
    """
    rng, members = np.random.default_rng([seed, 16]), cleaning.classes_of(places)
    files, groups, details = {}, {}, {}
    large = sorted((n for n in members if len(members[n]) >= LEAST_PICTURES), key=lambda n: (-len(members[n]), n))
    for number, name in enumerate(large):
        own, more = members[name], round(len(members[name]) * NOISE / (1 - NOISE))
        others = [i for i in places.ids if places.groups[i] != name]
        taken = [(places.files[i], "landmark") for i in own]
        taken += [(places.files[i], "wrong") for i in rng.choice(others, more // 2, replace=False)]
        taken += [(elsewhere.files[i], "street") for i in rng.choice(elsewhere.ids, more - more // 2, replace=False)]
        for slot, index in enumerate(rng.permutation(len(taken))):
            image_id, (file, kind) = f"c{number:02d}_{slot:02d}", taken[index]
            files[image_id], groups[image_id] = file, name
            shown = kind == "landmark"
            details[image_id] = {"class": number, "kind": kind, "label": "good" if shown else "absent", "duplicate_of": None,
                                 "landmark": number if shown else None}
    return Collection(name="noisy-places", tier=places.tier, version=f"{places.version}-{elsewhere.version}-{NOISE}-{seed}",
                      licence=places.licence, ids=list(files), files=files, queries=[], truth={}, default_protocol="none", groups=groups,
                      details=details)


def shows(data, ids):
    """bool N: whether the landmark of its class is seen in a picture, however little."""
    return np.array([data.details[i]["label"] != "absent" for i in ids], bool)


def wanted(data, ids):
    """bool N: whether a picture is a good or an ok view of the landmark of its class."""
    return np.array([data.details[i]["label"] in ("good", "ok") for i in ids], bool)


def score(found, data, kept=None, boxes=None):
    """Compare a cleaned class with the truth.

    Args:
        found: CleanClass. data: the Collection. kept: int, numbers of its pictures, in place of what it keeps. boxes: id -> box, in
            place of its boxes.

    Returns:
        Score.
    """
    ids, right = found.ids, shows(data, found.ids)
    chosen = np.isin(ids, found.kept) if kept is None else np.isin(np.arange(len(ids)), kept)
    boxes = found.boxes if boxes is None else boxes
    pairs = [(boxes[i], data.details[i]["box"]) for i in np.array(ids)[chosen] if i in boxes and "box" in data.details[i]]
    iou = box_iou(*map(np.array, zip(*pairs, strict=True))) if pairs else np.zeros(0)
    good = wanted(data, ids)
    return Score(found.name, len(ids), int(chosen.sum()), float(right.mean()),
                 float(right[chosen].mean()) if chosen.any() else np.nan, float(chosen[good].mean()) if good.any() else np.nan, iou)


def measured(cleaned, data):
    """The names of the classes that are measured: on the first three of the training town the threshold was chosen."""
    names = list(cleaned)
    return names[DEVELOPMENT:] if data.name.startswith("town-train") and len(names) > DEVELOPMENT else names


def at_threshold(found, data, least):
    """Score of a class with another threshold: no new matching."""
    return score(found, data, cleaning.largest_component(cleaning.prune(found.graph.weights(), least)))


def by_median(found):
    """Boxes of the paper's recipe: (first, last), dicts id -> box."""
    kept = [found.ids.index(i) for i in found.kept]
    inside = (found.graph.inliers >= cleaning.LEAST_INLIERS) & np.isin(found.graph.pairs[:, 0], kept)
    both = cleaning.class_boxes(found.graph, inside, [found.sizes[i] for i in found.ids], start="median")
    return tuple({found.ids[k]: tuple(boxes[k]) for k in kept} for boxes in both)


def vectors(data, words=16, seed=0):
    """A global vector of every picture: VLAD of the SIFT that is there already, words learnt from the set that is cleaned."""
    rows = [d for _, d in extract_local(data, SIFT(cleaning.POINTS, cleaning.CONTRAST))]
    rng = np.random.default_rng(seed)
    some = [d[rng.permutation(len(d))[:50]] for d in rows]
    return l2_normalize(VLAD(words, seed=seed).fit(some).transform(rows))


def nearest_pairs(x, k):
    """bool N x N, symmetric: pairs of which one is among the k nearest of the other, by inner product of the rows of x."""
    similarity = x @ x.T
    np.fill_diagonal(similarity, -np.inf)
    near = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    chosen = np.zeros(similarity.shape, bool)
    chosen[np.arange(len(x))[:, None], near] = True
    chosen |= chosen.T
    np.fill_diagonal(chosen, False)
    return chosen


def filtered(found, data, x, k, least=cleaning.LEAST_INLIERS):
    """(Score, share of the pairs that is matched) when only pairs of near vectors are matched. x: float N x D, of this class."""
    chosen = nearest_pairs(x, min(k, len(x) - 1))
    weights = cleaning.prune(found.graph.weights(), least).multiply(chosen).tocsr()
    weights.eliminate_zeros()
    return score(found, data, cleaning.largest_component(weights)), chosen.sum() / (len(x) * (len(x) - 1))


def results(data, **options):
    """Clean a set and score it: (dict name -> CleanClass, dict name -> Score, seconds of matching, from warm features)."""
    extract_local(data, SIFT(cleaning.POINTS, cleaning.CONTRAST))
    start = time.perf_counter()
    cleaned = cleaning.clean(data, **options)
    return cleaned, {name: score(c, data) for name, c in cleaned.items()}, time.perf_counter() - start


def mean(values, seed=0):
    """(mean, low, high) over classes; NaN are left out. The interval is a bootstrap over classes."""
    values = np.asarray(values, float)
    if np.isnan(values).all():
        return (np.nan,) * 3
    return (float(np.nanmean(values)), *bootstrap_interval(values, seed=seed))


def rows_of(name, scores, data, seed=0, boxes=None):
    """Rows of one recipe: list of Score -> precision, recall, share kept; with `boxes` True also box IoU, with False only that."""
    found = [] if boxes is False else [("precision", [s.precision for s in scores]), ("recall", [s.recall for s in scores]),
                                       ("share kept", [s.kept / s.pictures for s in scores])]
    if boxes is not None:
        found.append(("box IoU", [s.iou.mean() if len(s.iou) else np.nan for s in scores]))
    shared = {"table": TABLE, "row": name, "queries": len(scores), "images": sum(s.pictures for s in scores), "version": data.version,
              "bytes_per_image": None, "ms_per_query": None}
    made = []
    for metric, values in found:
        value, low, high = mean(values, seed)
        if np.isfinite(value):
            made.append({**shared, "metric": f"{metric}, {data.name}", "value": value, "low": low, "high": high})
    return made


def table(data, seed=0, **options):
    """All rows of one set."""
    cleaned, scores, _ = results(data, seed=seed, progress=False, **options)
    names = measured(cleaned, data)
    x, place = vectors(data), {i: n for n, i in enumerate(data.ids)}
    part = {n: x[[place[i] for i in cleaned[n].ids]] for n in names}
    everything = [score(cleaned[n], data, kept=np.arange(len(cleaned[n].ids)), boxes={}) for n in names]
    recipes = {
        "labels as they are": everything,
        "all edges, no pruning": [at_threshold(cleaned[n], data, 3) for n in names],
        "match graph, largest component": [scores[n] for n in names],
        "10 nearest by VLAD": [filtered(cleaned[n], data, part[n], 10)[0] for n in names],
        "shared descriptors > 0.25": [score(cleaned[n], data, cleaning.by_shared_descriptors(cleaned[n].graph)) for n in names],
    }
    medians = {n: by_median(cleaned[n]) for n in names}
    boxes = {
        "median boxes": [score(cleaned[n], data, boxes=medians[n][0]) for n in names],
        "median boxes, diffused": [score(cleaned[n], data, boxes=medians[n][1]) for n in names],
        "boxes of all edges": [score(cleaned[n], data, boxes=cleaned[n].first_boxes) for n in names],
        "boxes of all edges, diffused": [scores[n] for n in names],
    }
    return ([row for name, found in recipes.items() for row in rows_of(name, found, data, seed)]
            + [row for name, found in boxes.items() for row in rows_of(name, found, data, seed, boxes=False)])


def asked(data, cleaned):
    """The set with one query a class, so that it can be searched: the kept picture with the most inliers asks for its landmark.

    Returns:
        Collection with the protocol "landmark"; classes that keep nothing do not ask.
    """
    place, queries, truth = {i: n for n, i in enumerate(data.ids)}, [], {}
    for name, found in cleaned.items():
        if found.kept:
            weight = np.asarray(found.graph.weights().sum(axis=1)).ravel()
            best = max(found.kept, key=lambda i, f=found, w=weight: w[f.ids.index(i)])
            number = data.details[best]["landmark"]
            right = [place[i] for i in data.ids if number is not None and data.details[i]["landmark"] == number and i != best]
            queries.append(Query(f"q_{best}", best, None, name))
            truth[f"q_{best}"] = relevance(right, [place[best]], len(data.ids), best)
    return replace(data, queries=queries, truth={"landmark": truth}, default_protocol="landmark")


def rankings(searched, cleaned, x):
    """Two rankings of the whole set for the queries of `asked`: by the inner product of vectors x (N x D), and, inside the class of
    the query, by inliers first."""
    place = {i: n for n, i in enumerate(searched.ids)}
    rows = [place[q.image_id] for q in searched.queries]
    by_vector = x[rows] @ x.T
    by_inliers = by_vector.copy()
    for q, query in enumerate(searched.queries):
        found = cleaned[query.group]
        inliers = found.graph.weights().toarray()[found.ids.index(query.image_id)]
        by_inliers[q, [place[i] for i in found.ids]] += np.where(inliers >= cleaning.LEAST_INLIERS, 10 + inliers, 0)
    return rank(by_vector), rank(by_inliers)


def run(tier, seed=0):
    """Rows of the table "cleaning". In campus also the large training town, which no threshold has seen but for its first dozen."""
    found = table(noisy(tier, seed), seed)
    if tier != "campus":
        return found
    data = load("town-train-large")
    cleaned, scores, _ = results(data, seed=seed, progress=False)
    unseen = [scores[n] for n in list(cleaned)[12:]]
    return found + rows_of("match graph, largest component", unseen, data, seed, boxes=True)
