"""A guided project: the learner writes a class, and the checker watches how it behaves on data that it has not seen.

An exercise has one right answer; a project has many, since k-means may begin elsewhere and codes may be made in another way. So
nothing here compares with stored values. A probe gives data to a fresh object and asks for what every right solution does: that a
stored vector is found again, that ids are ids of the database. What a classic mistake does instead is known, too, and has its words.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from IPython.display import Markdown, display

from visret_lab.teaching.answers import CheckFailed


@dataclass(frozen=True)
class Probe:
    """One question to a solution.

    Attributes:
        name: what is found out, as it is shown when it went well.
        ask: function of a maker (see `check_project`); it raises CheckFailed with words that help.
    """

    name: str
    ask: Callable


@dataclass(frozen=True)
class Project:
    """A project: probes in the order of the steps, and hints. `hint(project)` shows them one by one."""

    name: str
    probes: tuple[Probe, ...]
    hints: tuple[str, ...]
    steps: dict = field(default_factory=lambda: {"hint": 0}, repr=False, compare=False)


def check_project(project, make):
    """Put every probe to a solution; say what went well, and stop at the first thing that did not.

    Args:
        project: a Project.
        make: function without arguments that gives a fresh solution, for instance the learner's class itself.

    Raises:
        CheckFailed: with the reason in words.
    """
    if not callable(make):
        raise CheckFailed("Hand over the class itself, or a function that makes one, and not an object: the checker needs a fresh "
                          "one for every question.")
    passed = []
    for probe in project.probes:
        try:
            probe.ask(make)
        except CheckFailed as failure:
            raise CheckFailed(f"{_so_far(passed)}{failure}") from failure.__cause__
        except NotImplementedError:
            raise CheckFailed(f"{_so_far(passed)}A step is still empty: write it in place of `raise NotImplementedError`.") from None
        except Exception as error:
            raise CheckFailed(f"{_so_far(passed)}While asked for this: *{probe.name}*, your code stops with "
                              f"{type(error).__name__}: {error}") from error
        passed.append(probe.name)
    display(Markdown(f"**Right.** *{project.name}*: {'; '.join(passed)}."))


def _so_far(passed):
    return f"Went well: {'; '.join(passed)}. Then: " if passed else ""
