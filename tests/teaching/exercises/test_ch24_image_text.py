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
