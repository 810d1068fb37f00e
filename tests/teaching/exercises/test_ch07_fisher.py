import numpy as np

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.encoding.fisher import FisherVector
from visret_lab.encoding.gmm import DiagonalGMM
from visret_lab.encoding.pyramid import cell_index
from visret_lab.teaching.exercises import ch07_fisher


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(ch07_fisher)


def test_the_references_are_the_package():
    for x, gamma, *mixture in ch07_fisher.means.cases():
        gmm = DiagonalGMM.from_parameters(*mixture)
        assert np.allclose(gmm.posteriors(x), gamma, atol=1e-5)
        for exercise, block in ((ch07_fisher.means, "means"), (ch07_fisher.variances, "variances")):
            vector = FisherVector(gmm=gmm, blocks=(block,), power=1, l2=False).transform([x])[0]
            assert np.allclose(vector, exercise.reference(x, gamma, *mixture).ravel(), atol=1e-4)


def test_the_cells_are_the_package():
    for x, y, width, height, level in ch07_fisher.cell.cases():
        assert (cell_index(np.c_[x, y], (height, width), level) == ch07_fisher.cell.reference(x, y, width, height, level)).all()
