import numpy as np
import pytest

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.search import dimension as package
from visret_lab.teaching.exercises import ch08_curse_of_dimensionality as exercise


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_references_are_the_package():
    for (x,) in exercise.variation.cases():
        assert exercise.variation.reference(x) == pytest.approx(package.variation(package.pair_distances(x)), rel=1e-5)
    for d, margin in exercise.border.cases():
        assert exercise.border.reference(d, margin) == pytest.approx(package.border_share(d, margin))
    for (t,) in exercise.dimension.cases():
        assert exercise.dimension.reference(t) == pytest.approx(package.mle_dimension(t))
    for n, d in exercise.cells.cases():
        assert exercise.cells.reference(n, d) == pytest.approx(package.expected_cells(n, d))


@pytest.mark.parametrize("k", [1, 4])
def test_k_occurrences_are_the_packages(k):
    x = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    found = exercise.k_occurrences.reference(package.distances(x, x), k)
    assert found.tolist() == package.k_occurrences(package.neighbours(x, k)[1]).tolist()
