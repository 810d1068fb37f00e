import numpy as np
import pytest

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.compact.learned_whitening import LearnedWhitening
from visret_lab.compact.pca import PCA
from visret_lab.teaching.exercises import ch09_pca_whitening as exercise


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_rebuilding_is_the_packages():
    for train, x, d in exercise.rebuild.cases():
        made = PCA(d).fit(train)
        assert np.allclose(exercise.rebuild.reference(train, x, d), made.inverse_transform(made.transform(x)), atol=1e-4)


def test_the_number_of_components_keeps_the_share_and_one_less_does_not():
    for variances, share in exercise.enough.cases():
        d = exercise.enough.reference(variances, share)
        assert variances[:d].sum() >= (share - 1e-9) * variances.sum() and variances[: d - 1].sum() < share * variances.sum()


@pytest.mark.parametrize(("power", "epsilon"), [(0.5, 0.0), (0.25, 0.2)])
def test_whitening_is_the_packages(power, epsilon):
    x = exercise.rebuild.cases()[1][0]
    made, turned = (PCA(5, power=p, epsilon=epsilon, l2_after=p > 0).fit(x) for p in (power, 0))
    found = exercise.whiten.reference(turned.transform(x).astype(float), made.variance_, power, epsilon)
    assert np.allclose(found, made.transform(x), atol=1e-4)


def test_the_translation_is_what_faiss_does():
    faiss = pytest.importorskip("faiss")
    x = np.random.default_rng(0).normal(size=(500, 6)).astype(np.float32) * np.array([3, 2, 1.5, 1, 0.6, 0.3], np.float32)
    for power in (0.25, 0.5):
        matrix = faiss.PCAMatrix(6, 4, -power)
        matrix.train(x)
        found = exercise.translate.reference(np.abs(matrix.apply(x)), 500, power)
        assert np.allclose(found, np.abs(PCA(4, power=power).fit(x).transform(x)), atol=1e-3)


def test_the_learned_distance_is_the_packages():
    for a, b, x, y in exercise.learned.cases():
        pairs = np.stack([np.arange(len(a)), len(a) + np.arange(len(a))], axis=1)
        made = LearnedWhitening(l2_after=False).fit(np.concatenate([a, b]), pairs)
        gap = made.transform(x).astype(float) - made.transform(y)
        assert np.allclose(exercise.learned.reference(a, b, x, y), (gap**2).sum(axis=1), rtol=1e-3)
