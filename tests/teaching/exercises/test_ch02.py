from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.teaching.exercises import ch02_color


def test_right_answers_pass_and_each_mistake_gets_its_words():
    assert_exercise_module(ch02_color)
