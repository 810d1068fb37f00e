from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.teaching.exercises import ch04_local_features


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(ch04_local_features)
