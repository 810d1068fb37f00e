"""How well boundaries were found: precision, recall and F1, each true boundary found at most once."""

from typing import NamedTuple

import numpy as np


class Score(NamedTuple):
    """found, true: numbers of boundaries. right: of the found that are true. NaN where there is nothing to divide by."""

    right: int
    found: int
    true: int

    @property
    def precision(self):
        """Share of the found that are true."""
        return self.right / self.found if self.found else float("nan")

    @property
    def recall(self):
        """Share of the true that were found."""
        return self.right / self.true if self.true else float("nan")

    @property
    def f1(self):
        """2 P R / (P + R), also where P or R has nothing to divide by; NaN only where nothing is true and nothing was found."""
        return 2 * self.right / (self.found + self.true) if self.found + self.true else float("nan")


def score(found, true, tolerance=1):
    """Match found and true boundaries, each at most once, so that as many as possible match.

    Args:
        found, true: int, frame numbers, in any order. tolerance: frames by which a found one may be off.

    Returns:
        Score.

    Raises:
        ValueError: a negative tolerance.
    """
    if tolerance < 0:
        raise ValueError(f"tolerance must be at least 0, not {tolerance}.")
    found, true = np.sort(np.asarray(found, np.int64)), np.sort(np.asarray(true, np.int64))
    i = j = right = 0
    while i < len(found) and j < len(true):  # on a line, taking the earliest that fits is the best matching
        gap = found[i] - true[j]
        right += abs(gap) <= tolerance
        i += gap <= tolerance
        j += gap >= -tolerance
    return Score(int(right), len(found), len(true))
