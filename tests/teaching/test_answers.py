import importlib
import pkgutil

import numpy as np
import pytest

from tests.teaching.exercises.common import exercises_of
from visret_lab.teaching import CheckFailed, Exercise, Mistake, answers, check, exercises, hint, quiz, solution
from visret_lab.teaching.exercises import ch01_evaluation

DOUBLE = Exercise(
    name="double", reference=lambda x: 2 * x, cases=lambda: [(np.array([1.0, 2.0]),), (np.array([3.0]),)],
    mistakes=(Mistake("square", lambda x: x * x, "You squared."),), hints=("think", "2 * x"))


def test_right_answers_pass():
    check(DOUBLE, lambda x: x + x)


def test_a_known_mistake_gets_its_words():
    with pytest.raises(CheckFailed, match="You squared"):
        check(DOUBLE, lambda x: x**2)


@pytest.mark.parametrize(("answer", "words"), [
    (lambda x: None, "returns nothing"), (lambda x: x[:1] * 2 if len(x) > 1 else 2 * x, "shape"),
    (lambda x: 3 * x, "2 of 2 cases"), (lambda x: x / undefined, "NameError"), (lambda: 1, "TypeError")])  # noqa: F821
def test_other_wrong_answers_are_described(answer, words):
    with pytest.raises(CheckFailed, match=words):
        check(DOUBLE, answer)


def test_an_empty_answer_is_told_so():
    def empty(x):
        raise NotImplementedError

    with pytest.raises(CheckFailed, match="still empty"):
        check(DOUBLE, empty)


def test_a_message_is_broken_between_words():
    shown = CheckFailed("precision " * 30)._render_traceback_()[0].splitlines()
    assert len(shown) > 3 and all(len(line) < 80 and set(line.split()) <= {"Not", "yet.", "precision"} for line in shown)


def test_an_answer_that_changes_its_argument_does_no_harm():
    def careless(x):
        x *= 2
        return x

    check(DOUBLE, careless)


def test_a_float32_answer_is_right_and_a_nan_is_not():
    check(DOUBLE, lambda x: (2 * x).astype(np.float32))
    with pytest.raises(CheckFailed):
        check(DOUBLE, lambda x: x * np.nan)


def test_hints_go_on_and_stay_at_the_last(capsys):
    exercise = Exercise("e", lambda: 1, lambda: [()], (), ("first", "second"))
    for _ in range(3):
        hint(exercise)
    assert exercise.steps["hint"] == 2


@pytest.mark.parametrize(("right", "answers"), [
    (lambda x: ([1, 2], 3), [([1], 3), ([1, 2], 4), [[1], [2, 3]], (np.zeros(3), np.zeros((2, 2)))]),
    (lambda x: np.zeros((2, 2)), [[[0], [0, 0]], ([1, 2], 3)])])
def test_an_answer_in_parts_of_unequal_length_is_described_and_no_error(right, answers):
    exercise = Exercise("parts", right, lambda: [(np.zeros(2),)], (), ("a", "b"))
    check(exercise, right)
    for answer in answers:
        with pytest.raises(CheckFailed, match="unequal length|1 of 1 cases"):
            check(exercise, lambda x, answer=answer: answer)


def test_an_array_inside_a_list_may_be_changed_in_place_too():
    inside = Exercise("inside", lambda lists: sum(x.sum() for x in lists), lambda: [([np.ones(2), np.ones(3)],)], (), ("a", "b"))

    def careless(lists):
        for x in lists:
            x *= 2
        return sum(x.sum() for x in lists) / 2

    check(inside, careless)


def test_an_answer_by_hand_is_not_given_away():
    by_hand = Exercise("by hand", lambda: np.array([4, 2]), lambda: [()], (), ("a", "b"))
    with pytest.raises(CheckFailed, match=r"\[1 5\] is not right") as failure:
        check(by_hand, [1, 5])
    assert "[4 2]" not in str(failure.value)


def test_solution_shows_the_code_of_the_solution_notebook(monkeypatch):
    shown = []
    monkeypatch.setattr(answers, "display", lambda code: shown.append(code.data))
    solution(ch01_evaluation.trapezoid_ap)
    solution(DOUBLE)
    assert shown[0].startswith("def ") and "SOLUTION" not in shown[0] and "lambda x: 2 * x" in shown[1]


def test_each_exercise_of_the_course_has_its_solution():
    for _, name, _ in pkgutil.iter_modules(exercises.__path__):
        for exercise in exercises_of(importlib.import_module(f"{exercises.__name__}.{name}")).values():
            assert answers._source(exercise).startswith("def "), (name, exercise.name)


def test_a_quiz_needs_one_right_choice_and_reasons():
    with pytest.raises(ValueError, match="exactly one"):
        quiz("?", [("a", True, "x"), ("b", True, "y")])
    with pytest.raises(ValueError, match="reason"):
        quiz("?", [("a", True, "x"), ("b", False, "")])


def test_only_the_message_is_shown_in_a_notebook():
    assert CheckFailed("Why.")._render_traceback_() == ["Not yet. Why."]
