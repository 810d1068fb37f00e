import numpy as np
from scipy import sparse

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.rerank.augmentation import augment
from visret_lab.rerank.conjugate_gradient import conjugate_gradient
from visret_lab.rerank.expansion import alpha_expansion, average_expansion
from visret_lab.rerank.knn_graph import knn_graph, normalized
from visret_lab.teaching.exercises import ch20_expansion_diffusion as exercise


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_expansions_are_the_packages():
    for q, base, n, own in exercise.expanded.cases():
        assert np.allclose(exercise.expanded.reference(q, base, n, own), average_expansion(q, base, n, [own])[0], atol=1e-5)
    for q, base, n, alpha in exercise.weighted.cases():
        assert np.allclose(exercise.weighted.reference(q, base, n, alpha), alpha_expansion(q, base, n, alpha)[0], atol=1e-5)
    for base, k in exercise.augmented.cases():
        assert np.allclose(exercise.augmented.reference(base, k), augment(base, k), atol=1e-5)


def test_the_graph_and_its_transition_are_the_packages():
    for base, k, gamma in exercise.linked.cases():
        assert np.allclose(exercise.linked.reference(base, k, gamma), knn_graph(base, k, gamma).toarray(), atol=1e-5)
    for (a,) in exercise.transition.cases():
        assert np.allclose(exercise.transition.reference(a), normalized(sparse.csr_matrix(a)).toarray())


def test_the_solver_is_the_packages():
    for a, y, tolerance in exercise.solved.cases():
        mine, steps = exercise.solved.reference(a, y, tolerance)
        want = conjugate_gradient(lambda p, a=a: a @ p, y, steps, tolerance=0)
        assert np.allclose(mine, want, atol=1e-9)
        left = [np.linalg.norm(y - a @ conjugate_gradient(lambda p, a=a: a @ p, y, n, tolerance=0)) / np.linalg.norm(y)
                for n in (steps - 1, steps)]
        assert left[0] > tolerance >= left[1]  # one step less would not do


def test_the_cases_hold_what_they_are_for():
    assert any(np.argmax(base @ q) != own for q, base, _, own in exercise.expanded.cases())
    assert all((np.sort(base @ q)[::-1][:n] < 0).any() for q, base, n, _ in exercise.weighted.cases())
    assert any((a.sum(axis=1) == 0).any() for (a,) in exercise.transition.cases())
