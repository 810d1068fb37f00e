"""Exercises of chapter 00: small, to show how the checks answer."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _best_first(distance):
    return np.argsort(distance, kind="stable")


best_first = Exercise(
    name="best first",
    reference=_best_first,
    cases=lambda: [(np.array([0.7, 0.1, 0.4, 0.9]),), (np.array([3.0, 1.0, 1.0, 2.0]),)],
    mistakes=(
        Mistake("as similarity", lambda d: np.argsort(-d, kind="stable"), "The list is upside down: a *distance* is small when "
                "two pictures are alike, so the smallest comes first."),
        Mistake("values", lambda d: np.sort(d), "You return the sorted distances. Return the *numbers* of the pictures: "
                "`np.argsort` gives them."),
        Mistake("rank of each", lambda d: np.argsort(np.argsort(d, kind="stable"), kind="stable"), "This gives the place of "
                "each picture. Asked is the picture at each place: one argsort is enough."),
    ),
    hints=("Small distances are good.", "`np.argsort(distance, kind=\"stable\")` returns the numbers of the entries in increasing order, "
           "and keeps the order of equal ones."),
)


def _cut(image, box):
    x0, y0, x1, y1 = box
    return image[y0:y1, x0:x1]


def _cases_cut():
    rng = np.random.default_rng(0)
    return [(rng.integers(0, 255, (12, 16, 3)), (2, 3, 9, 11)), (rng.integers(0, 255, (20, 20, 3)), (5, 1, 12, 18))]


cut = Exercise(
    name="box",
    reference=_cut,
    cases=_cases_cut,
    mistakes=(
        Mistake("x first", lambda im, b: im[b[0]:b[2], b[1]:b[3]], "x and y are exchanged: the first axis of an image is y, "
                "downwards; the second is x."),
        Mistake("width and height", lambda im, b: im[b[1]:b[1] + b[3], b[0]:b[0] + b[2]], "You read the box as (x, y, width, "
                "height). Here it is (x0, y0, x1, y1): two corners."),
        Mistake("last included", lambda im, b: im[b[1]:b[3] + 1, b[0]:b[2] + 1], "One row and one column too many: x1 and y1 "
                "are just outside the box, as in a Python slice."),
    ),
    hints=("Which axis of an image comes first?", "`image[rows, columns]`: rows from y0 to y1, columns from x0 to x1."),
)


def _without(ranking, own):
    return ranking[ranking != own]


without_own = Exercise(
    name="without the query's own picture",
    reference=_without,
    cases=lambda: [(np.array([3, 0, 2, 1]), 2), (np.array([1, 4, 0, 2, 3]), 1)],
    mistakes=(
        Mistake("left in", lambda r, own: r, "The query's own picture is still in the list. It would be a hit for free in "
                "every list."),
        Mistake("by place", lambda r, own: np.delete(r, own), "You removed the picture at *place* `own`. Remove the picture "
                "whose *number* is `own`."),
        Mistake("first", lambda r, own: r[1:], "You drop the first of the list. The own picture is often first, but not always."),
    ),
    hints=("Compare the whole array with `own`: `ranking != own` is True where a picture may stay.",
           "An array of True and False picks entries: `ranking[ranking != own]`."),
)
