import numpy as np
import torch

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.crossmodal.cca import CCA
from visret_lab.crossmodal.phrases import overlap
from visret_lab.crossmodal.ranks import both_ways
from visret_lab.teaching.exercises import ch24_image_text as exercise
from visret_lab.training.losses.structure_preserving import hardest_violations


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_correlations_are_the_packages():
    for x, y, r in exercise.correlations.cases():
        shares = tuple(r / v.var(axis=0, ddof=1).mean() for v in (x, y))
        assert np.allclose(CCA(regularization=shares).fit(x, y).correlations_, exercise.correlations.reference(x, y, r), atol=1e-5)


def test_places_are_the_packages():
    for s, owner in exercise.places.cases():
        assert np.array_equal(exercise.places.reference(s, owner), both_ways(s, owner)["image to text"])


def test_the_loss_is_the_packages():
    for d, owner, m, hardest in exercise.ranking.cases():
        mine = torch.from_numpy(owner[None] == np.arange(len(d))[:, None])
        found = float(hardest_violations(torch.from_numpy(d), mine, m, hardest))
        assert np.isclose(found, exercise.ranking.reference(d, owner, m, hardest))


def test_the_overlap_is_the_packages():
    for boxes, box in exercise.overlap.cases():
        assert np.allclose(overlap(boxes, box), exercise.overlap.reference(boxes, box))


def test_the_scaled_cosine_is_the_packages():
    """Two sides that are in the common space already: a CCA whose weights are the unit matrix."""
    for x, y, rho, p in exercise.scaled.cases():
        cca = CCA(power=p)
        cca.x_mean_ = cca.y_mean_ = np.zeros(len(rho))
        cca.x_weights_ = cca.y_weights_ = np.eye(len(rho))
        cca.correlations_ = rho
        a, b = cca.transform(x, y)
        assert np.allclose(exercise.scaled.reference(x, y, rho, p), a @ b.T, atol=1e-6)


def test_a_linear_kernel_gives_the_correlations_of_the_first_exercise():
    for (x, y, r), (kx, ky, same_r, count) in zip(exercise.correlations.cases()[:2], exercise.kernel.cases()[:2], strict=True):
        assert same_r == r and np.allclose(exercise.kernel.reference(kx, ky, r, count), exercise.correlations.reference(x, y, r), atol=1e-8)


def test_a_curved_kernel_is_no_linear_one_and_stays_below_one():
    kx, ky, r, count = exercise.kernel.cases()[2]
    rho = exercise.kernel.reference(kx, ky, r, count)
    assert rho.shape == (count,) and (np.diff(rho) <= 0).all() and 0.1 < rho[0] < 1
    assert np.linalg.matrix_rank(kx) > 3  # the views have three columns: no linear kernel has a higher rank
