"""Exercises of chapter 04, with the classic mistakes of matching and geometry."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _root(x):
    return np.sqrt(x / x.sum(axis=1, keepdims=True))


root_sift = Exercise(
    name="RootSIFT",
    reference=_root,
    cases=lambda: [(np.random.default_rng(0).gamma(0.5, 60, (4, 8)),), (np.array([[1.0, 3.0, 4.0], [2.0, 0.0, 2.0]]),)],
    mistakes=(
        Mistake("no norm", lambda x: np.sqrt(x), "The division by the L1 norm is missing: a strong patch would be far from a "
                "weak one of the same shape."),
        Mistake("l2 first", lambda x: np.sqrt(x / np.linalg.norm(x, axis=1, keepdims=True)), "You divide by the Euclidean (L2) "
                "norm. Divide by the *sum* (L1): only then does the root have unit length."),
        Mistake("no root", lambda x: x / x.sum(axis=1, keepdims=True), "The square root is missing. This is only the L1 "
                "normalisation."),
        Mistake("whole matrix", lambda x: np.sqrt(x / x.sum()), "You divide by the sum of the whole matrix. Each row is a "
                "descriptor of its own: sum along axis 1, with keepdims=True."),
    ),
    hints=("Two steps: make each row sum to 1, then take roots.", "`x.sum(axis=1, keepdims=True)` has one number a row.",
           "`np.sqrt(x / x.sum(axis=1, keepdims=True))`"),
)


def _passing(d, ratio):
    two = np.sort(d, axis=1)[:, :2]
    return np.flatnonzero(two[:, 0] < ratio * two[:, 1])


def _with(test):
    return lambda d, ratio: np.flatnonzero(test(np.sort(d, axis=1), ratio))


passing_rows = Exercise(
    name="ratio test",
    reference=_passing,
    cases=lambda: [(np.array([[1.0, 1.2, 9.0], [1.0, 1.5, 9.0], [5.0, 0.5, 4.0], [2.0, 2.1, 2.0]]), 0.8),
                   (np.random.default_rng(1).random((30, 12)), 0.8), (np.random.default_rng(2).random((30, 12)) + 0.3, 0.9)],
    mistakes=(
        Mistake("inverted", _with(lambda s, r: s[:, 0] >= r * s[:, 1]), "The test is upside down: these are the rows that "
                "*fail*. Keep d1 < ratio * d2."),
        Mistake("squared", _with(lambda s, r: s[:, 0] ** 2 < r * s[:, 1] ** 2), "You compare squared distances with the plain "
                "ratio. Square the ratio as well, or square nothing."),
        Mistake("similarity", _with(lambda s, r: s[:, -2] < r * s[:, -1]), "You take the two *largest* values, as if they were "
                "similarities. For distances the nearest is the smallest."),
        Mistake("first columns", lambda d, r: np.flatnonzero(d[:, 0] < r * d[:, 1]), "You compare the first two *columns*. Sort "
                "each row first: d1 and d2 are its two smallest values."),
    ),
    hints=("Which two values of a row matter?", "`np.sort(d, axis=1)[:, :2]` gives the smallest and the second smallest.",
           "Keep the rows where the first is below ratio times the second; `np.flatnonzero` gives their numbers."),
)


def _move(H, points):
    uvw = np.c_[points, np.ones(len(points))] @ H.T
    return uvw[:, :2] / uvw[:, 2:]


def _cases_move():
    rng = np.random.default_rng(3)
    first = np.array([[0.9, -0.2, 30.0], [0.15, 1.1, -12.0], [4e-3, -2e-3, 1.0]])
    return [(first, rng.uniform(0, 100, (6, 2))), (np.array([[1, 0.5, 3], [0, 2.0, 1], [0.01, 0, 1]]), rng.uniform(0, 50, (5, 2)))]


def _transposed(H, points):
    uvw = np.c_[points, np.ones(len(points))] @ H
    return uvw[:, :2] / uvw[:, 2:]


move = Exercise(
    name="homography",
    reference=_move,
    cases=_cases_move,
    mistakes=(
        Mistake("no division", lambda H, p: (np.c_[p, np.ones(len(p))] @ H.T)[:, :2], "The division by w is missing. Without it "
                "the map is affine, and parallel lines stay parallel."),
        Mistake("wrong direction", lambda H, p: _move(np.linalg.inv(H), p), "This is the way back: you moved the points by the "
                "inverse of H."),
        Mistake("transposed", _transposed, "With points as rows the product is `points @ H.T`; you used H itself."),
        Mistake("three numbers", lambda H, p: (np.c_[p, np.ones(len(p))] @ H.T) / (np.c_[p, np.ones(len(p))] @ H.T)[:, 2:],
                "You return three numbers a point. The third is always 1 after the division: leave it out."),
    ),
    hints=("Give each point a third number, 1.", "Points are rows, so the product is with the transpose of H.",
           "Divide the first two results by the third."),
)


def _count(moved, b, threshold):
    return int((np.linalg.norm(moved - b, axis=1) < threshold).sum())


def _cases_count():
    rng = np.random.default_rng(5)
    b = rng.uniform(0, 100, (80, 2))
    return [(b + rng.normal(0, 2, b.shape), b, 3.0), (b + rng.normal(0, 4, b.shape), b, 5.0), (b + rng.normal(0, 1, b.shape), b, 2.0)]


count_inliers = Exercise(
    name="inliers",
    reference=_count,
    cases=_cases_count,
    mistakes=(
        Mistake("squared error", lambda m, b, t: int((((m - b) ** 2).sum(1) < t).sum()), "You compare the *squared* error with "
                "the threshold in pixels. Take the root, or square the threshold."),
        Mistake("each coordinate", lambda m, b, t: int((np.abs(m - b) < t).all(1).sum()), "You test x and y one by one: that is "
                "a square around the point. The distance is a circle."),
        Mistake("outliers", lambda m, b, t: int((np.linalg.norm(m - b, axis=1) >= t).sum()), "These are the outliers."),
        Mistake("share", lambda m, b, t: float((np.linalg.norm(m - b, axis=1) < t).mean()), "This is the share; the exercise "
                "asks how many."),
    ),
    hints=("The error of a match is the length of `moved - b`.", "`np.linalg.norm(moved - b, axis=1)`, below the threshold, summed."),
)


def _draws(w, s, p):
    return int(np.ceil(np.log(1 - p) / np.log(1 - w**s)))


draws = Exercise(
    name="number of draws",
    reference=_draws,
    cases=lambda: [(0.5, 4, 0.99), (0.3, 4, 0.99), (0.7, 3, 0.95), (0.2, 2, 0.999)],
    mistakes=(
        Mistake("one point", lambda w, s, p: int(np.ceil(np.log(1 - p) / np.log(1 - w))), "You use w where w to the power s is "
                "meant: *all* s matches of a sample must be right."),
        Mistake("outliers", lambda w, s, p: int(np.ceil(np.log(1 - p) / np.log(1 - (1 - w) ** s))), "w is the share of *right* "
                "matches; you used the share of wrong ones."),
        Mistake("confidence", lambda w, s, p: int(np.ceil(np.log(p) / np.log(1 - w**s))), "log(p) should be log(1 - p): the "
                "chance that *no* draw was clean is to be at most 1 - p."),
        Mistake("rounded down", lambda w, s, p: int(np.log(1 - p) / np.log(1 - w**s)), "Round up: with one draw less the "
                "confidence is not reached."),
    ),
    hints=("A sample is clean with probability w to the power s.", "After N draws none was clean with probability (1 - w^s)^N.",
           "Set this equal to 1 - p, take logarithms, round up."),
)
