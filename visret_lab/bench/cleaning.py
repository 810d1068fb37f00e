"""Races of chapter 16: the affine map, components of a match graph and the geometric median against reference libraries; matching."""

from functools import cache

import networkx as nx
import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_array, random_array
from sklearn.linear_model import LinearRegression

from visret_lab.arrays import l2_normalize
from visret_lab.bench.race import Race
from visret_lab.features.matching import match
from visret_lab.rerank.affine import fit_affine
from visret_lab.training.boxes import geometric_median
from visret_lab.training.cleaning import largest_component, mutual_matches


def random_graph(nodes, degree, rng):
    """A sparse symmetric graph with whole weights from 1 to 40, as csr_array."""
    half = random_array((nodes, nodes), density=degree / nodes, rng=rng, data_sampler=lambda size: rng.integers(1, 40, size))
    graph = csr_array(np.maximum(half.toarray(), half.T.toarray()).astype(np.int64)) if nodes < 3000 else csr_array(half + half.T)
    graph.setdiag(0)
    graph.eliminate_zeros()
    return graph


def largest_by_networkx(graph):
    """The nodes of the largest component, sorted; int64."""
    return np.array(sorted(max(nx.connected_components(nx.from_scipy_sparse_array(graph)), key=len)))


def median_by_scipy(points):
    """The geometric median by a general minimiser. float64 D."""
    def total(y):
        gap = points - y
        far = np.linalg.norm(gap, axis=1)
        return far.sum(), -(gap / np.maximum(far, 1e-12)[:, None]).sum(axis=0)

    return minimize(total, points.mean(axis=0), jac=True, method="BFGS", options={"gtol": 1e-7}).x


def races(small=False):
    """The races of this chapter; `small` for tests."""
    return [_affine(small), _components(small), _median(small), _matching(small)]


def _affine(small):
    points = 20 if small else 200

    @cache
    def case():
        rng = np.random.default_rng(0)
        a = rng.uniform(0, 300, (points, 2))
        return a, a @ rng.normal(size=(2, 2)) + rng.normal(0, 2, (points, 2)) + 40

    def theirs():
        line = LinearRegression().fit(*case())
        return np.c_[line.coef_, line.intercept_]

    return Race(f"affine map from {points} matches", "16_cleaning", "sklearn LinearRegression", ours=lambda: fit_affine(*case()),
                theirs=theirs, target=1.0, tolerance=1e-8)


def _components(small):
    nodes = 60 if small else 2000

    @cache
    def case():
        return random_graph(nodes, 1.2, np.random.default_rng(1))

    return Race(f"largest component of {nodes:,} pictures", "16_cleaning", "networkx.connected_components",
                ours=lambda: largest_component(case()), theirs=lambda: largest_by_networkx(case()), target=1.0, tolerance=0,
                note="ours calls scipy.sparse.csgraph and breaks ties by weight; networkx first makes its own graph of the matrix")


def _median(small):
    count = 12 if small else 40

    @cache
    def case():
        return np.random.default_rng(2).uniform(0, 300, (count, 4))

    return Race(f"geometric median of {count} boxes", "16_cleaning", "scipy.optimize.minimize, BFGS",
                ours=lambda: geometric_median(case(), 1e-7, 2000), theirs=lambda: median_by_scipy(case()), target=1.0, tolerance=1e-3)


def _matching(small):
    images, points = (4, 30) if small else (24, 500)

    @cache
    def case():
        rng = np.random.default_rng(3)
        common = rng.normal(size=(points, 128))
        rows = [common[rng.permutation(points)] + rng.normal(0, 0.5, (points, 128)) for _ in range(images)]
        return [(None, l2_normalize(np.abs(r)).astype(np.float32)) for r in rows]

    def counts(found):
        return np.array([len(pairs) for pairs in found])

    def ours():
        return counts(pairs for _, _, pairs in mutual_matches(case()))

    def theirs():
        features = [d for _, d in case()]
        pairs = [(features[i], features[j]) for i in range(images) for j in range(i + 1, images)]
        both = ((set(map(tuple, match(a, b).tolist())), set(map(tuple, match(b, a)[:, ::-1].tolist()))) for a, b in pairs)
        return counts(there & back for there, back in both)

    return Race(f"matching {images} pictures of {points} points all with all", "16_cleaning", "features.matching.match, pair by pair",
                ours=ours, theirs=theirs, target=1.0, tolerance=0 if small else 2,
                note="no library does this; compared are the numbers of matches. Rounding may decide a ratio otherwise")
