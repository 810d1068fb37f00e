"""The run of chapter 27: the stations joined; what each part of the whole brings, and what it costs."""

import io
import itertools
import time
from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from visret_lab.arrays import l2_normalize
from visret_lab.datasets import load
from visret_lab.datasets.cache import cache_dir, write_bytes
from visret_lab.deep.extract import extract_vectors, resized
from visret_lab.evaluation import average_precision, bootstrap_interval, evaluate
from visret_lab.features.extract import extract_local
from visret_lab.features.fingerprint import fingerprint
from visret_lab.features.local import SIFT
from visret_lab.system import describe, search
from visret_lab.system.recipe import PARTS, Recipe, named
from visret_lab.tables.experiments import aggregated
from visret_lab.tables.experiments.ch20_expansion_diffusion import own_pictures, questions

TABLE = "full-system"
BASE = Recipe()
LEARN = 492  # pictures that the whitening is learnt on, at most twice as many
NETWORKS = {"mini": ("gem", "rmac"), "campus": ("squeezenet", "mobilenet"), "full": ("squeezenet", "mobilenet")}
SIDES = ((320,), (160, 226, 320), (226, 320, 453))
WORDS = {"ensemble": "ensemble", "sizes": "several sizes", "whitening": "whitening", "local": "local re-ranking",
         "expansion": "expansion", "diffusion": "diffusion"}


class Ground(NamedTuple):
    """A set that is searched, described by every network at every size. vectors: dict (network, side) -> (float32 N x D of the images,
    float32 Q x D of the queries). local: (list of (points, descriptors) of the images, of the queries). own: int64 Q. learn: dict
    (network, side) -> float32 of the pictures that the whitening is learnt on, where a recipe whitens. inliers: `Remembered`."""

    dataset: object
    vectors: dict
    local: tuple
    own: np.ndarray
    learn: dict
    inliers: object


def full(tier):
    """The recipe with all parts, with the networks of a tier."""
    return replace(named("full"), networks=NETWORKS[tier])


def _vectors(name, side, dataset, queries=False):
    backbone, layer, pool, _ = describe.network(name)
    return l2_normalize(extract_vectors(backbone, layer, pool, dataset, queries=queries, longest=side))


class Whole:
    """SIFT of a picture whose longer side is brought to `side` pixels: what an index does with photographs, which ask as a whole."""

    def __init__(self, points=BASE.points, side=BASE.local_side):
        self.points, self.side = points, side

    def detect(self, image):
        """uint8 H x W x 3 -> points float32 N x 4, descriptors float32 N x 128."""
        return SIFT(self.points).detect(resized(image, self.side))


def _local(dataset, queries):
    """Local features as an index keeps them, in 8 bits. The painted pictures have 320 pixels already, and their queries are parts."""
    detector = SIFT(BASE.points) if dataset.tier == "mini" else Whole()
    return [describe.unpack(*describe.pack(*one)) for one in extract_local(dataset, detector, queries=queries)]


class Remembered:
    """Inliers of pairs, each counted once and kept in the cache with what it took.

    Args:
        name: of the file. ids: of the images. images, asked: lists of (points, descriptors).
    """

    def __init__(self, name, ids, images, asked):
        gallery = search.Gallery(list(ids), np.zeros((len(ids), 1), np.float32), images.__getitem__)
        self.searcher, self.asked, self.new = search.Searcher(gallery, BASE), asked, False
        key = fingerprint(search.Searcher.verify)
        self.path = cache_dir("features", "full-system") / f"inliers-{name}-{key}.npz"
        try:
            with np.load(self.path) as kept:
                self.counts, self.ms = kept["counts"], kept["ms"]
        except Exception:  # absent or damaged
            self.counts, self.ms = np.full((len(asked), len(ids)), -1, np.int32), np.zeros((len(asked), len(ids)), np.float32)

    def of(self, q, rows):
        """(dict row -> inliers, milliseconds that they took when they were counted)."""
        for i in rows:
            if self.counts[q, i] < 0:
                begin = time.perf_counter()
                self.counts[q, i] = self.searcher.verify(self.asked[q], [i])[i]
                self.ms[q, i], self.new = 1000 * (time.perf_counter() - begin), True
        return {i: int(self.counts[q, i]) for i in rows}, float(self.ms[q, list(rows)].sum()) if len(rows) else 0.0

    def keep(self):
        """Write what is new."""
        if self.new:
            content = io.BytesIO()
            np.savez_compressed(content, counts=self.counts, ms=self.ms)
            write_bytes(self.path, content.getvalue())
            self.new = False


def ground(tier):
    """The places of a tier, described by every network at every size, or found so in the cache: Ground."""
    dataset = load("places", tier=tier)
    recipes = ablation(tier).values()
    vectors = {s: tuple(_vectors(*s, dataset, q) for q in (False, True)) for s in _keys(recipes)}
    return _ground(dataset, tier, vectors, own_pictures(dataset), tuple(_local(dataset, q) for q in (False, True)), dataset.name,
                   _keys(r for r in recipes if r.whiten))


def development():
    """The painted town elsewhere, of which every picture of a landmark asks for the others: (Ground, list of Relevance)."""
    dataset = load("town-elsewhere", tier="mini")
    ids, truth = questions(dataset)
    base = {s: _vectors(*s, dataset) for s in itertools.product(NETWORKS["mini"], sorted({s for sides in SIDES for s in sides}))}
    local = _local(dataset, False)
    return _ground(dataset, "mini", {s: (x, x[ids]) for s, x in base.items()}, ids, (local, [local[i] for i in ids]), "dev", base), truth


def _keys(recipes):
    """(network, side) that recipes describe pictures with."""
    return sorted({key for r in recipes for key in itertools.product(r.networks, r.sides)})


def _ground(dataset, tier, vectors, own, local, name, whitened):
    other = load("town-train", tier="mini") if tier == "mini" else load("elsewhere", tier=tier)
    other = replace(other, ids=other.ids[:: max(1, len(other.ids) // LEARN)])
    return Ground(dataset, vectors, local, own, {s: _vectors(*s, other) for s in whitened},
                  Remembered(name, dataset.ids, *local))


def fused(one, recipe):
    """Vectors of a recipe from those that lie ready: (float32 N x D of the images, float32 Q x D of the queries)."""
    parts = []
    for name in recipe.networks:
        images, asked = (describe.fuse_sizes([one.vectors[name, s][i] for s in recipe.sides]) for i in range(2))
        if recipe.whiten:
            pca = describe.learn_whitening(describe.fuse_sizes([one.learn[name, s] for s in recipe.sides]))
            images, asked = pca.transform(images), pca.transform(asked)
        parts.append((images, asked))
    return tuple(describe.fuse_networks(side) for side in zip(*parts, strict=True))


def answers(one, recipe):
    """Ask every question: (rankings int64 Q x N, dict stage -> milliseconds a question). The own picture stands first, as in chapter 20."""
    images, asked = fused(one, recipe)
    names = [f"{i:07d}" for i in range(len(images))]
    kept = cache_dir("features", "full-system", f"walks-{one.dataset.name}-{recipe.fingerprint()}-{recipe.diffuse}-{recipe.walk:g}")
    searcher = search.Searcher(search.Gallery(names, images), recipe, derived=kept)
    took, rankings = Counter(), []
    for q, vector in enumerate(asked):
        counted = 0.0

        def verify(_, rows, q=q):
            nonlocal counted
            inliers, counted = one.inliers.of(q, rows)
            return inliers

        searcher.verify, own = verify, one.own[q]
        name = None if own < 0 else names[own]
        took.update(searcher.answer(vector, q, 20, name).ms)
        took["local"] += counted
        hits = [int(h.id) for h in searcher.answer(vector, q, len(images), name).hits]
        rankings.append(hits if own < 0 else [int(own), *hits])
    one.inliers.keep()
    return np.array(rankings, np.int64), {stage: ms / len(asked) for stage, ms in took.items()}


def nbytes(one, recipe):
    """Bytes of a picture: vector, local features, and the kept walk."""
    total = 4 * fused(one, recipe)[0].shape[1]
    if recipe.rerank:
        total += np.mean([132 * len(p) for p, _ in one.local[0]])
    return total + (8 * min(recipe.reach, len(one.dataset.ids)) if recipe.diffuse else 0)


def measure(one, recipe, name, protocol=None, seed=0):
    """(Result, rankings, dict stage -> ms) of a recipe on a Ground."""
    rankings, ms = answers(one, recipe)
    result = evaluate(name, rankings, one.dataset, protocol or aggregated.protocol_of(one.dataset), bytes_per_image=nbytes(one, recipe),
                      ms_per_query=sum(ms.values()), seed=seed)
    return result, rankings, ms


def ablation(tier):
    """The recipes of the ablation: dict name -> Recipe. The base, each part alone on it, all parts, and all without one of them.

    Whitening is no part of the full recipe, since it did harm where the constants were chosen; it is shown added to the base.
    """
    whole, base = full(tier), full(tier)
    for part in PARTS:
        base = base.without(part)
    found = {"base": base}
    for part, word in WORDS.items():
        found[f"base + {word}"] = replace(base, **(added(whole, part) if part != "whitening" else {"whiten": True}))
    found["full"] = whole
    return found | {f"full - {word}": whole.without(part) for part, word in WORDS.items() if part != "whitening"}


def added(whole, part):
    """What a part brings to a recipe that has none: dict of entries of the whole one."""
    return {name: getattr(whole, name) for name in PARTS[part](whole)}


CHOICES = {  # one after the other, each with what was chosen before it
    "sides": [{"sides": s} for s in SIDES],
    "whitening": [{"whiten": w} for w in (False, True)],
    "accept": [{"local": "rootsift", "rerank": 50, "accept": a} for a in (8, 12, 16, 20, 30)],
    "expand": [{"expand": n} for n in (1, 2, 3, 5, 10)],
    "walk": [{"diffuse": k, "starts": q, "walk": a} for k in (5, 10, 20, 50) for q in (1, 3, 5, 10) for a in (0.5, 0.9, 0.99)],
}


def choose(one, truth, recipe=None):
    """Choose the constants on the development set, one choice after the other.

    Returns:
        (Recipe, list of dict choice, entries, mAP): of each choice all that was tried.
    """
    recipe, lines = recipe or Recipe(networks=NETWORKS["mini"]), []
    for choice, values in CHOICES.items():
        tried = [average_precision(answers(one, replace(recipe, **v))[0], truth).mean() for v in values]
        lines += [{"choice": choice, "entries": v, "mAP": float(m)} for v, m in zip(values, tried, strict=True)]
        recipe = replace(recipe, **values[int(np.argmax(tried))])
    return recipe, lines


def results(one, tier, seed=0, only=None):
    """The ablation on a Ground: (dict name -> Result, dict name -> rankings, dict name -> dict stage -> ms)."""
    found = {n: measure(one, r, n, seed=seed) for n, r in ablation(tier).items() if only is None or n in only}
    return tuple({n: f[i] for n, f in found.items()} for i in range(3))


def run(tier, seed=0):
    """Rows of the table "full-system"."""
    one = ground(tier)
    found, rankings, _ = results(one, tier, seed)
    made = [row for name, r in found.items() for row in aggregated.rows_from(r, rankings[name], one.dataset, seed, TABLE)]
    return made + [difference(found["full"], found[n], one.dataset, seed) for n in found if n.startswith("full -")]


def difference(result, other, dataset, seed=0):
    """What the full recipe has above the one without a part, query by query, with the interval of that."""
    gap = result.per_query - other.per_query
    low, high = bootstrap_interval(gap, seed=seed)
    return {"table": TABLE, "row": other.name, "metric": f"mAP of the full recipe above it, {dataset.name}",
            "value": float(np.nanmean(gap)), "low": low, "high": high, "queries": len(gap), "images": len(dataset.ids),
            "version": dataset.version, "bytes_per_image": other.bytes_per_image, "ms_per_query": None}
