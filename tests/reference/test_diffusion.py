"""Conjugate gradients against SciPy and a dense solver, the graph against scikit-learn, the machine against its own definition."""

import numpy as np
import pytest
from scipy.sparse.linalg import cg
from sklearn.svm import SVC

from visret_lab.arrays import l2_normalize
from visret_lab.bench.diffusion import clusters, one_by_one, races
from visret_lab.bench.race import run_race
from visret_lab.rerank.conjugate_gradient import conjugate_gradient
from visret_lab.rerank.diffusion import solve, start
from visret_lab.rerank.discriminative_expansion import discriminative_expansion
from visret_lab.rerank.knn_graph import knn_graph, normalized

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.name)
def test_the_races_agree(race):
    assert np.abs(race.ours()).max() > 0.05
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance


def test_with_enough_steps_the_dense_solution():
    rows = clusters(200, 16, 10, np.random.default_rng(2))
    s, y = normalized(knn_graph(rows, 10)).astype(np.float64), start(rows[:7] @ rows.T, 5).astype(np.float64)
    want = np.linalg.solve(np.eye(200) - 0.99 * s.toarray(), y)
    assert np.abs(want).max() > 1
    assert np.abs(solve(s, y, iterations=300, tolerance=1e-12) - want).max() < 1e-8
    assert np.abs(solve(s, y) - one_by_one(s, y)).max() < 1e-10


def test_any_positive_definite_matrix():
    rng = np.random.default_rng(3)
    a = rng.normal(size=(30, 30))
    a, y = a @ a.T + np.eye(30), rng.normal(size=(30, 4))
    for steps in (1, 3, 10):
        want = np.stack([cg(a, c, rtol=1e-6, maxiter=steps)[0] for c in y.T], axis=1)
        assert np.allclose(conjugate_gradient(lambda p: a @ p, y, steps), want, atol=1e-8)


def test_the_machine_divides_as_another_solver_does():
    rng = np.random.default_rng(4)
    base = l2_normalize(rng.normal(size=(80, 6)) + np.repeat([[1.5], [-1.5]], 40, axis=0)).astype(np.float32)
    query = base[:1]
    found = discriminative_expansion(query, base, 10, 30, own=[0])[0]
    order = np.argsort(-(base @ query[0]), kind="stable")
    order = order[order != 0]
    x, side = np.concatenate([query, base[order[:10]], base[order[-30:]]]), np.repeat([1, -1], [11, 30])
    other = SVC(kernel="linear", class_weight="balanced").fit(x, side).coef_[0]  # hinge, not its square: alike, not equal
    assert found @ l2_normalize(other) > 0.95
