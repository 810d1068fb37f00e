import numpy as np

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.encoding.vlad import VLAD
from visret_lab.encoding.vocabulary import Vocabulary
from visret_lab.teaching.exercises import ch06_vlad


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(ch06_vlad)


def test_the_reference_is_the_package():
    for x, centers in ch06_vlad.vlad.cases():
        words = Vocabulary(len(centers))
        words.centers_ = centers.astype(np.float32)
        assert np.allclose(VLAD(vocabulary=words).transform([x])[0], ch06_vlad.vlad.reference(x, centers), atol=1e-5)
