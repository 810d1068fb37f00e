import numpy as np

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.arrays import l2_normalize
from visret_lab.system.describe import fuse_networks, fuse_sizes
from visret_lab.system.recipe import Recipe
from visret_lab.system.search import Gallery, Searcher
from visret_lab.teaching.exercises import ch27_full_system as exercise


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_fusions_are_the_packages():
    for (vectors,) in exercise.sizes.cases():
        assert np.allclose(exercise.sizes.reference(vectors), fuse_sizes(vectors), atol=1e-6)
    for a, b, train_a, train_b in exercise.ensemble.cases():
        scaled = [(x - t.mean(axis=0)) / t.std(axis=0) for x, t in ((a, train_a), (b, train_b))]
        assert np.allclose(exercise.ensemble.reference(a, b, train_a, train_b), fuse_networks(scaled), atol=1e-6)


def test_the_expansion_is_the_packages():
    for q, base, inliers, own, n, accept, alpha in exercise.expanded.cases():
        searcher = Searcher(Gallery([f"{i:03d}" for i in range(len(base))], np.float32(base)), Recipe(expand=n, accept=accept, alpha=alpha))
        s = np.float32(base @ q)
        found = sorted((i for i in range(len(base)) if i != own), key=lambda i: (-(inliers[i] if inliers[i] >= accept else 0), -s[i]))
        score = searcher.ask_again(np.float32(q), s, found, dict(enumerate(inliers.tolist())))
        assert np.allclose(score, base @ exercise.expanded.reference(q, base, inliers, own, n, accept, alpha), atol=1e-5)
    assert any((i < accept).all() for _, _, i, _, _, accept, _ in exercise.expanded.cases())


def test_only_the_order_of_the_package_is_never_broken():
    states = {tuple(order): {exercise.killed.reference(list(order), d) for d in range(len(order) + 1)} for order in exercise.ORDERS}
    assert states[exercise.STEPS] == {0, 1}
    assert all(2 in found for order, found in states.items() if order != exercise.STEPS)


def test_the_merged_list_is_that_of_one_search():
    rng = np.random.default_rng(0)
    x = l2_normalize(np.round(rng.normal(size=(30, 3))))
    q, starts = np.array([1.0, 0, 0]), [0, 10, 20]
    scores, ids = [], []
    for start in starts:
        s = x[start : start + 10] @ q
        ids.append(np.argsort(-s, kind="stable")[:8])
        scores.append(s[ids[-1]])
    got = exercise.merged.reference(np.array(scores), np.array(ids), starts, 8)
    assert got.tolist() == np.argsort(-(x @ q), kind="stable")[:8].tolist()


def test_the_budget_is_kept_and_no_more_would_be():
    for fixed, pair, budget in exercise.budget.cases():
        n = exercise.budget.reference(fixed, pair, budget)
        assert n == 0 or np.percentile(fixed + pair[:, :n].sum(axis=1), 95) <= budget
        assert n == pair.shape[1] or np.percentile(fixed + pair[:, : n + 1].sum(axis=1), 95) > budget
