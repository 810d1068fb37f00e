"""Which of two methods is better, query by query: a line a comparison, with the interval and the test of chapter 01."""

import numpy as np
import pandas as pd
from IPython.display import display

from visret_lab.evaluation import bootstrap_interval, paired_permutation_test

UNSURE = "no clear difference"


def show_gains(*pairs, measure="mAP", counts=False):
    """Show a table of paired comparisons. Queries for which either has no value are left out.

    The verdict is "higher" or "lower" only where the interval of the difference leaves out 0 and p is below 0.05; each line is judged
    by itself, so of many lines some are wrong.

    Args:
        pairs: (first, second), two results with `name` and `per_query`; or (words, first, second) with words of one's own, where first
            and second may also be float Q arrays of the same queries.
        measure: what a query's value is, for the head.
        counts: also count the queries on which the first is higher by more than 0.01, and those on which it is lower.

    Raises:
        ValueError: no pair, or one that is none; arrays without words; other queries in the first than in the second.
    """
    display(gains(pairs, measure, counts).style.hide(axis="index"))


def gains(pairs, measure="mAP", counts=False):
    """The table of `show_gains` as a pandas DataFrame of texts. Args and errors as there."""
    if not pairs:
        raise ValueError("There is nothing to compare: give at least one pair (first, second).")
    return pd.DataFrame([_line(*_named(pair), measure, counts) for pair in pairs])


def _named(pair):
    """(words, values of the first, values of the second) of a pair."""
    if len(pair) not in (2, 3):
        raise ValueError(f"A comparison is (first, second) or (words, first, second); this one has {len(pair)} parts.")
    *words, first, second = pair
    if not words:
        if not (hasattr(first, "name") and hasattr(second, "name")):
            raise ValueError("Arrays have no name: give (words, first, second), for example (\"signed root against none\", a, b).")
        words = [f"{first.name} against {second.name}"]
    return words[0], *(np.asarray(getattr(x, "per_query", x), np.float64) for x in (first, second))


def _line(words, first, second, measure, counts):
    difference, p = paired_permutation_test(first, second)
    both = ~np.isnan(first - second)
    gain = (first - second)[both]
    low, high = bootstrap_interval(gain)
    line = {"comparison": words, f"{measure}, first": f"{first[both].mean():.3f}", "second": f"{second[both].mean():.3f}",
            "difference, 95\u00a0%\u00a0interval": f"{difference:+z.3f} [{low:+z.3f},\u00a0{high:+z.3f}]",
            "p": "<\u00a00.001" if p < 0.001 else f"{p:.3f}"}
    if counts:
        line["up / down"] = f"{(gain > 0.01).sum()}\u00a0/\u00a0{(gain < -0.01).sum()}"
    sure = p < 0.05 and not low <= 0 <= high
    return line | {"verdict": ("higher" if difference > 0 else "lower") if sure else UNSURE}
