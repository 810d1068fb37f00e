"""What the notebooks use to teach: checks that answer back, figures in one style, the rank explorer, the linter."""

from visret_lab.teaching.answers import CheckFailed, Exercise, Mistake, check, hint, solution
from visret_lab.teaching.gains import show_gains
from visret_lab.teaching.page import quiz, say, show_source

__all__ = ["CheckFailed", "Exercise", "Mistake", "check", "hint", "quiz", "say", "show_gains", "show_source", "solution"]
