"""Exercises that answer back: `check` names the classic mistake, `hint` helps in steps, `solution` shows the code.

An exercise is data: cases to try, a reference that is right, and the classic mistakes as functions that are wrong in
the classic way. An answer is compared with the reference on every case; where it differs, it is compared with each
mistake, and the first one that gives the same wrong result on all cases lends its words. So every known mistake can
be tested: feed it to `check`, and its own message must come out.
"""

import copy
import inspect
import json
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources

import numpy as np
from IPython.display import Code, Markdown, display


@dataclass(frozen=True)
class Mistake:
    """A classic mistake: `function` has the reference's signature and is wrong in this way; `message` says what to do."""

    name: str
    function: Callable
    message: str


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes:
        name: what the exercise is called in messages, e.g. "average precision".
        reference: the right function.
        cases: a function without arguments that returns a list of argument tuples. Each mistake must differ
            from the reference on at least one of them.
        mistakes: the known wrong ways, most specific first.
        hints: from a nudge to nearly the answer.
        rtol, atol: how close an answer must come (as numpy.allclose), with float32 in mind.
    """

    name: str
    reference: Callable
    cases: Callable[[], list[tuple]]
    mistakes: tuple[Mistake, ...]
    hints: tuple[str, ...]
    rtol: float = 1e-4
    atol: float = 1e-6
    steps: dict = field(default_factory=lambda: {"hint": 0}, repr=False, compare=False)


class CheckFailed(AssertionError):
    """The answer is not right yet; the message says why. In a notebook only the message is shown."""

    def _render_traceback_(self):
        return [textwrap.fill(f"Not yet. {self}", 79)]  # an output breaks long lines in the middle of words


def check(exercise, answer):
    """Try `answer` on the cases of `exercise`; say that it is right, or raise `CheckFailed` with the reason.

    Args:
        exercise: an `Exercise`.
        answer: the learner's function, with the signature that the exercise asks for. For an exercise whose answer
            is a value, the value itself.

    Raises:
        CheckFailed: the answer is wrong, incomplete or raises an error.
    """
    cases = exercise.cases()
    call = answer if callable(answer) else lambda *_: answer
    got = [_attempt(call, case) for case in cases]
    want = [exercise.reference(*_copies(case)) for case in cases]
    wrong = [i for i in range(len(cases)) if not _same(got[i], want[i], exercise)]
    if not wrong:
        display(Markdown(f"**Right.** *{exercise.name}*: your answer agrees with ours on {len(cases)} case{'s' * (len(cases) > 1)}."))
        return
    for mistake in exercise.mistakes:
        made = [_quietly(mistake.function, case) for case in cases]
        if all(_same(g, m, exercise) for g, m in zip(got, made, strict=True)):
            raise CheckFailed(mistake.message)
    raise CheckFailed(_describe(exercise, cases[wrong[0]], got[wrong[0]], want[wrong[0]], len(wrong), len(cases)))


def hint(exercise, step=None):
    """Show the next hint of `exercise`, or the one with the given number (1 is the first)."""
    step = exercise.steps["hint"] + 1 if step is None else step
    step = min(max(step, 1), len(exercise.hints))
    exercise.steps["hint"] = step
    display(Markdown(f"**Hint {step} of {len(exercise.hints)}.** {exercise.hints[step - 1]}"))


def solution(exercise):
    """Show our code: that of the solution notebook, which the book runs and checks; of an exercise without one, its reference."""
    display(Code(_source(exercise), language="python"))


def _source(exercise):
    kept = resources.files("visret_lab.teaching.exercises").joinpath("solutions.json").read_text(encoding="utf-8")
    for module, answers in json.loads(kept).items():
        loaded = sys.modules.get(f"visret_lab.teaching.exercises.{module}")
        for name, source in answers.items():
            if getattr(loaded, name, None) is exercise:
                return source
    return textwrap.dedent(inspect.getsource(exercise.reference)).strip()


def _attempt(call, case):
    try:
        return call(*_copies(case))
    except NotImplementedError:
        raise CheckFailed("The function is still empty: write your answer in place of `raise NotImplementedError`, then run both "
                          "cells.") from None
    except Exception as error:
        raise CheckFailed(f"Your function stops with {type(error).__name__}: {error}") from error


def _quietly(function, case):
    with np.errstate(all="ignore"):
        try:
            return function(*_copies(case))
        except Exception:
            return None  # a mistake that cannot run on a case is not the one that was made


def _copies(case):
    # An answer may change its arguments in place, also an array inside a list; the next one must not see that.
    return copy.deepcopy(list(case))


def _same(a, b, exercise):
    if a is None or b is None:
        return a is b
    if isinstance(b, (tuple, list)) and isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(_same(x, y, exercise) for x, y in zip(a, b, strict=True))
    try:
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape:
            return False
        if b.dtype.kind in "fc":
            return bool(np.allclose(a, b, rtol=exercise.rtol, atol=exercise.atol, equal_nan=True))
        return bool(np.array_equal(a, b))
    except (TypeError, ValueError):
        return False


def _describe(exercise, case, got, want, wrong, total):
    if got is None:
        return "Your function returns nothing (None). Is the `return` missing?"
    shape, expected = _shape(got), _shape(want)
    if shape != expected:
        return f"The shape is off: your answer has {shape}, the right one has {expected}."
    if not case:  # an answer by hand: the right one is not given away
        return f"*{exercise.name}*: {_text(got)} is not right, and it is none of the classic mistakes; `hint` has more."
    arguments = ", ".join(np.array2string(a, threshold=12, precision=3) if isinstance(a, np.ndarray) else repr(a) for a in case)
    return (
        f"*{exercise.name}* differs in {wrong} of {total} cases. First one: for ({arguments[:400]}) your answer is "
        f"{_text(got)}, and {_text(want)} is right. It is none of the classic mistakes; `hint` has more."
    )


def _shape(answer):
    try:
        return f"the shape {np.shape(answer)}"
    except ValueError:
        return "parts of unequal length"


def _text(answer):
    try:
        return np.array2string(np.asarray(answer), threshold=12, precision=5)
    except ValueError:
        return str(answer)[:400]
