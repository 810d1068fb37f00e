"""What every exercise module must hold: right answers pass, each known mistake gets its own words."""

import pytest

from visret_lab.teaching.answers import CheckFailed, Exercise, check


def exercises_of(module):
    """The Exercise objects of a module, by name."""
    return {name: value for name, value in vars(module).items() if isinstance(value, Exercise)}


def assert_exercise_module(module):
    """Reference accepted; at least three mistakes, each rejected with its own message; at least two hints."""
    found = exercises_of(module)
    assert found, f"{module.__name__} has no exercises"
    for name, exercise in found.items():
        check(exercise, exercise.reference)
        assert len(exercise.hints) >= 2, name
        assert len(exercise.mistakes) >= 3, name
        messages = [m.message for m in exercise.mistakes]
        assert len(set(messages)) == len(messages), name
        for mistake in exercise.mistakes:
            with pytest.raises(CheckFailed) as failure:
                check(exercise, mistake.function)
            assert str(failure.value) == mistake.message, f"{name}: {mistake.name} got another mistake's words"
