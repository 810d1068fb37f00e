from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.teaching.exercises import ch00_welcome


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(ch00_welcome)
