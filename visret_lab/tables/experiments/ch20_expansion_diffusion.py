"""The run of chapter 20: first searches of chapter 13, asked again by expansion and by diffusion."""

import functools
import itertools
import time
from typing import NamedTuple

import numpy as np
import torch

from visret_lab.arrays import l2_normalize, rank
from visret_lab.compact.pca import PCA
from visret_lab.datasets import load
from visret_lab.deep.extract import pool_maps
from visret_lab.deep.pooling import GeM, over_scales
from visret_lab.deep.rmac import region_mac
from visret_lab.evaluation import average_precision, evaluate
from visret_lab.protocols import Relevance
from visret_lab.rerank.augmentation import augment
from visret_lab.rerank.diffusion import Diffusion
from visret_lab.rerank.discriminative_expansion import discriminative_expansion
from visret_lab.rerank.expansion import alpha_expansion, average_expansion
from visret_lab.rerank.knn_graph import nearest
from visret_lab.rerank.offline_diffusion import OfflineDiffusion
from visret_lab.rerank.regional_diffusion import RegionalDiffusion
from visret_lab.tables.experiments import aggregated, ch13_conv_pooling
from visret_lab.tables.experiments.deep_features import maps, networks

TABLE = "expansion-diffusion"
CUT = 200  # images of a truncated list, and of a kept solution; 10,000 and 1,000 in the papers, whose sets are larger
LARGEST = 1100  # images of a set up to which its regions are linked: the graph of all regions grows with the square
AVERAGES = (1, 2, 3, 5, 10, 20)  # n of AQE and k of DBA, when they are chosen
WALKS = tuple(itertools.product((5, 10, 20, 50), (1, 3, 5, 10), (0.5, 0.9, 0.99)))  # k, k_q, alpha
REGIONAL_WALKS = tuple(itertools.product((20, 50), (5, 20), (0.9, 0.99)))
EVERY = 3  # every third question chooses among the walks over regions, which take longest


class Searched(NamedTuple):
    """What is asked again. base: float32 N x D, asked: float32 Q x D, both of unit length. own: int64 Q, the database ids of the queries'
    own pictures, -1 for none. regions: (list of float32 R_i x D of the images, of the queries), or None."""

    base: np.ndarray
    asked: np.ndarray
    own: np.ndarray
    regions: tuple | None = None


class Chosen(NamedTuple):
    """Constants that were chosen elsewhere: n of AQE, k of DBA, (k, k_q, alpha) of diffusion and of regional diffusion."""

    average: int
    augmentation: int
    walk: tuple
    regional: tuple | None = None


def own_pictures(dataset):
    """Database id of the picture that each query is cut from, -1 where it is not in the database: int64 Q."""
    places = {image_id: i for i, image_id in enumerate(dataset.ids)}
    return np.array([places.get(q.image_id, -1) for q in dataset.queries])


def vectors(network, dataset, elsewhere):
    """The two kinds of vectors of the chapter: GeM of three sizes, and R-MAC whitened with its regions: dict name -> Searched.

    Args:
        elsewhere: the set that the whitening is learnt on.
    """
    own = own_pictures(dataset)
    pair = [of_sizes(network, dataset, q) for q in (False, True)]
    pca = PCA(power=0.5, l2_before=True).fit(ch13_conv_pooling.region_vectors(maps(network, elsewhere)))
    regions = tuple(regions_of(maps(network, dataset, q), pca) for q in (False, True))
    summed = [l2_normalize(np.stack([one.sum(axis=0) for one in side])) for side in regions]
    return {"GeM, 3 sizes": Searched(*pair, own), "R-MAC, whitened": Searched(*summed, own, regions)}


def of_sizes(network, dataset, queries=False):
    """GeM of three sizes, as in chapter 13, not whitened: float32 M x C, unit length."""
    side = ch13_conv_pooling.longer_side(dataset)
    parts = [ch13_conv_pooling.pooled(GeM(), maps(network, dataset, queries, round(side * s)))[0] for s in ch13_conv_pooling.SIZES]
    return l2_normalize(over_scales(torch.from_numpy(np.stack(parts))).numpy())


def regions_of(found, pca):
    """Windows of R-MAC, whitened and of unit length: list of float32 C x h x w -> list of float32 R_i x D."""
    return [l2_normalize(pca.transform(windows)) for windows in pool_maps(region_mac, found)]


def questions(dataset):
    """Every picture of a labelled object asks, whole, for the others: (int64 ids of the pictures, list of Relevance).

    It makes many questions of the few queries of a set that constants are chosen on.
    """
    ids, truth = [], []
    for query in {q.group: q for q in dataset.queries}.values():
        positive, junk = dataset.relevant(query)
        own = dataset.position(query.image_id)
        members = np.union1d(positive, own)
        for i in members:
            ids.append(i)
            truth.append(Relevance(np.setdiff1d(members, i), np.union1d(np.setdiff1d(junk, own), i)))
    return np.array(ids), truth


def score(scores, truth):
    """AP of each question: float Q x N similarities, or int64 rankings."""
    return average_precision(scores if np.issubdtype(scores.dtype, np.integer) else rank(scores), truth)


def by_walk(base, asked, own, k, k_query, alpha, gamma=3.0, mutual=True):
    """int64 Q x N, the ranking of a diffusion."""
    return Diffusion(k, k_query, gamma, alpha, mutual).fit(base).ranking(asked, own)


def choose(base, ids, truth, regions=None):
    """The constants with the largest mAP on pictures that are not searched.

    Args:
        base: float32 N x D, unit length. ids, truth: as `questions` gives them. regions: list of float32 R_i x D, or None.

    Returns:
        Chosen. Of equal ones, the first of the grid.
    """
    asked = base[ids]

    def best(values, search):
        return max(values, key=lambda v: score(search(v), truth).mean())

    graphs = {k: Diffusion(k).fit(base) for k in sorted({w[0] for w in WALKS})}
    return Chosen(best(AVERAGES, lambda n: average_expansion(asked, base, n, ids) @ base.T),
                  best(AVERAGES, lambda k: asked @ augment(base, k).T),
                  best(WALKS, lambda v: _walked(graphs, v, asked, ids)),
                  None if regions is None else choose_regional(regions, ids[::EVERY], truth[::EVERY]))


def choose_regional(regions, ids, truth):
    """The (k, k_q, alpha) of the walk over regions with the largest mAP. Arguments as `choose`."""
    near = neighbours_of(regions, max(w[0] for w in REGIONAL_WALKS))
    graphs = {k: RegionalDiffusion(k).fit(regions, near) for k in sorted({w[0] for w in REGIONAL_WALKS})}
    windows = [regions[i] for i in ids]
    return max(REGIONAL_WALKS, key=lambda v: score(_walked(graphs, v, windows, ids), truth).mean())


def neighbours_of(regions, k):
    """The k nearest regions of each region: (ids, similarities), as `knn_graph.nearest`."""
    return nearest(np.concatenate(regions), k)


def _walked(graphs, walk, asked, own):
    """Ranking of a walk (k, k_query, alpha) over a graph that is at hand: only k makes another one."""
    model = graphs[walk[0]]
    model.k_query, model.alpha = walk[1:]
    return model.ranking(asked, own)


def chosen_for(network, elsewhere):
    """Constants chosen on the painted town elsewhere, which has labels in every tier: dict name of vectors -> Chosen."""
    painted = load("town-elsewhere")
    ids, truth = questions(painted)
    return {name: choose(one.base, ids, truth, one.regions and one.regions[0])
            for name, one in vectors(network, painted, elsewhere).items()}


def expansions(one, chosen=None):
    """The searches that stay with vectors: dict name -> (function -> similarities Q x N, bytes an image).

    What is done once for a database is done here; a function does what a query costs.
    """
    base, asked, own, _ = one
    larger = augment(base, 20)
    found = {
        "first search": lambda: asked @ base.T,
        "AQE, n = 10": lambda: average_expansion(asked, base, 10, own) @ base.T,
        "alpha-QE, n = 50": lambda: alpha_expansion(asked, base, 50, 3.0, own) @ base.T,
        "DBA, k = 20": lambda: asked @ larger.T,
        "DBA, k = 20, AQE, n = 1": lambda: average_expansion(asked, larger, 1, own) @ larger.T,
        "DQE, 10 against 200": lambda: discriminative_expansion(asked, base, 10, 200, own) @ base.T,
    }
    if chosen is not None:
        own_larger = augment(base, chosen.augmentation)
        found |= {"AQE, chosen elsewhere": lambda: average_expansion(asked, base, chosen.average, own) @ base.T,
                  "DBA, chosen elsewhere": lambda: asked @ own_larger.T}
    return {name: (function, base.nbytes / len(base)) for name, function in found.items()}


def diffusions(one, chosen=None, names=None):
    """The searches over a graph of images: dict name -> (function -> ranking Q x N, bytes an image). As `expansions`.

    Args:
        names: those that are made; None for all, also over regions where the set is small enough.
    """
    models = {"diffusion": Diffusion(), f"diffusion, lists cut to {CUT}": Cut(), f"offline diffusion, {CUT} kept": OfflineDiffusion(CUT)}
    if chosen is not None:
        walk = dict(zip(("k", "k_query", "alpha"), chosen.walk, strict=True))
        models |= {"diffusion, chosen elsewhere": Diffusion(**walk),
                   f"offline diffusion, {CUT} kept, chosen elsewhere": OfflineDiffusion(CUT, **walk)}
    found = {name: (functools.partial(m.fit(one.base).ranking, one.asked, one.own), m.nbytes / len(one.base))
             for name, m in models.items() if names is None or name in names}
    if names is None and one.regions is not None and len(one.base) <= LARGEST:
        found |= regionals(one, chosen)
    return found


class Cut(Diffusion):
    """`Diffusion` whose ranking is that of cut lists."""

    def ranking(self, queries, own=None):
        """int64 Q x N, over the first images of each list."""
        return self.truncated_ranking(queries, CUT, own)


def regionals(one, chosen=None):
    """The searches over a graph of regions: dict name -> (function -> ranking Q x N, bytes an image). As `expansions`."""
    base, asked = one.regions
    models = {"regional diffusion": RegionalDiffusion()}
    if chosen is not None and chosen.regional is not None:
        k, k_query, alpha = chosen.regional
        models["regional diffusion, chosen elsewhere"] = RegionalDiffusion(k, k_query, alpha=alpha)
    near = neighbours_of(base, max(m.k for m in models.values()))
    return {name: (functools.partial(m.fit(base, near).ranking, asked, one.own), m.nbytes / len(base)) for name, m in models.items()}


def measure(name, search, dataset, protocol=None, seed=0):
    """Result of one search, and its similarities or ranking. Its time is that of all queries together, the fastest of three unless
    one takes more than a second, divided by their number.

    Args:
        search: (function, bytes an image).
    """
    function, nbytes = search
    seconds = []
    while len(seconds) < 3 and (not seconds or seconds[0] < 1):
        start = time.perf_counter()
        scores = function()
        seconds.append(time.perf_counter() - start)
    return evaluate(name, scores, dataset, protocol, bytes_per_image=nbytes, ms_per_query=1000 * min(seconds) / len(scores),
                    seed=seed), scores


def results(one, label, dataset, chosen=None, seed=0, protocol=None):
    """Every search with one kind of vectors: (dict name -> Result, dict name -> similarities or ranking).

    Args:
        one: Searched. label: of the vectors, which the names of the results end with. chosen: Chosen, or None.
    """
    both = {name: measure(f"{name}, {label}", search, dataset, protocol, seed)
            for name, search in (expansions(one, chosen) | diffusions(one, chosen)).items()}
    return {n: r for n, (r, _) in both.items()}, {n: s for n, (_, s) in both.items()}


def run(tier, seed=0):
    """Rows of the table: every search with both kinds of vectors of every network of the tier, on every set."""
    elsewhere, made = load("elsewhere", tier=tier), []
    for network in networks(tier):
        chosen = chosen_for(network, elsewhere)
        for dataset in aggregated.sets(tier):
            for label, one in vectors(network, dataset, elsewhere).items():
                found, scores = results(one, f"{label}, {network.label}", dataset, chosen[label], seed,
                                        aggregated.protocol_of(dataset))
                made += [row for name, r in found.items() for row in aggregated.rows_from(r, scores[name], dataset, seed, TABLE)]
    return made
