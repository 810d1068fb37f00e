"""A race: our code and a reference library on the same input, in one run, with the difference of their outputs."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from visret_lab.arrays import difference


@dataclass(frozen=True)
class Race:
    """What is compared.

    Attributes:
        name: what is computed.
        chapter: the chapter that teaches it.
        reference: the library and function, in words.
        ours, theirs: functions without arguments that return arrays which must agree.
        plain: the plain form of the page, or None.
        target: the least ratio asked for, reference time / our time; "within 4x" is 0.25.
        tolerance: the largest difference that counts as equal.
        note: what differs by convention, and how it was allowed for.
    """

    name: str
    chapter: str
    reference: str
    ours: Callable
    theirs: Callable
    plain: Callable | None = None
    target: float = 1.0
    tolerance: float = 1e-6
    note: str = ""


class RaceError(RuntimeError):
    """Our output and the reference's are not equal, so their times mean nothing."""


def run_race(race, repeat=3):
    """Run a race: once to warm up and compare, then the best of `repeat` for each side.

    Returns:
        dict with name, chapter, reference, ours_s, reference_s, ratio, target, max_difference, tolerance, note.

    Raises:
        RaceError: the outputs differ by more than the tolerance.
    """
    gap = difference(race.ours(), race.theirs())
    if not gap <= race.tolerance:  # also catches nan
        raise RaceError(f"{race.name}: ours and {race.reference} differ by {gap:.3g}, more than {race.tolerance:.3g}.")
    ours, theirs = best_of(race.ours, repeat), best_of(race.theirs, repeat)
    return {"name": race.name, "chapter": race.chapter, "reference": race.reference, "ours_s": ours, "reference_s": theirs,
            "ratio": theirs / ours, "target": race.target, "max_difference": gap, "tolerance": race.tolerance, "note": race.note}


def best_of(function, repeat):
    """Seconds of the fastest of `repeat` calls; a call of more than ten seconds is not repeated."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
        if times[-1] > 10:  # a slow reference is slow enough once
            break
    return max(min(times), 1e-9)
