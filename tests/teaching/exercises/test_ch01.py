from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.teaching.exercises import ch01_evaluation


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(ch01_evaluation)
