"""Exercises of chapter 08, with the classic mistakes of counting in many dimensions."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _table(x):
    """Distances N x N of the rows of x."""
    return np.sqrt(((x[:, None] - x) ** 2).sum(2))


def _pairs(x):
    return _table(x)[np.triu_indices(len(x), 1)]


def _variation(x):
    squared = ((x[:, None] - x) ** 2).sum(axis=2)
    first, second = np.triu_indices(len(x), 1)
    distance = np.sqrt(squared[first, second])
    return distance.std() / distance.mean()


def _clouds(*shapes):
    rng = np.random.default_rng(0)
    return [(rng.normal(2, 1.5, shape),) for shape in shapes]


variation = Exercise(
    name="coefficient of variation",
    reference=_variation,
    cases=lambda: _clouds((6, 2), (9, 5), (7, 30)),
    mistakes=(
        Mistake("zeros of the diagonal", lambda x: _table(x).std() / _table(x).mean(), "You count the distance of each point to "
                "itself: N zeros on the diagonal, which add spread that is not there. Take the pairs i < j only."),
        Mistake("upside down", lambda x: _pairs(x).mean() / _pairs(x).std(), "Your fraction is upside down: it is the standard "
                "deviation over the mean."),
        Mistake("variance", lambda x: _pairs(x).var() / _pairs(x).mean(), "You took the variance. It has the unit of a squared "
                "distance: divide its *root* by the mean, so that no unit is left."),
        Mistake("squared distances", lambda x: (_pairs(x) ** 2).std() / (_pairs(x) ** 2).mean(), "These are squared distances. "
                "Their coefficient is nearly twice as large. Take the root first."),
        Mistake("no mean", lambda x: _pairs(x).std(), "This is the standard deviation alone. It hardly changes with the dimension; "
                "it is the mean distance that grows. Divide by it."),
        Mistake("the numbers, not the distances", lambda x: x.std() / x.mean(), "You took the coefficient of the numbers in x. It is "
                "asked for the *distances* between the rows."),
        Mistake("city block", lambda x: (lambda d: d.std() / d.mean())(np.abs(x[:, None] - x).sum(2)[np.triu_indices(len(x), 1)]),
                "You use the L1 distance. Square the differences, sum over the dimensions, and take the root."),
    ),
    hints=("Three steps: the table of all distances, one number for each pair, then standard deviation over mean.",
           "`((x[:, None] - x) ** 2).sum(axis=2)` is the table of squared distances, N x N.",
           "`np.triu_indices(len(x), 1)` gives the rows and columns of all pairs i < j."),
)


def _border(dimension, margin):
    return 1 - (1 - 2 * margin) ** dimension


border = Exercise(
    name="share near the border",
    reference=_border,
    cases=lambda: [(1, 0.05), (2, 0.05), (10, 0.1), (128, 0.01)],
    mistakes=(
        Mistake("one side", lambda d, e: 1 - (1 - e) ** d, "You take the margin off once. The cube has two faces in each dimension, "
                "so what is left of the side is 1 - 2 margin."),
        Mistake("inside", lambda d, e: (1 - 2 * e) ** d, "This is the share *inside*, away from all faces. The border is the rest."),
        Mistake("added up", lambda d, e: 2 * e * d, "You add the slabs of all faces. They overlap in the corners, and from some "
                "dimension on your share is above 1. Begin with what is inside."),
        Mistake("added up, at most 1", lambda d, e: min(1.0, 2 * e * d), "You add the slabs of all faces and stop at 1. They "
                "overlap in the corners: begin with what is inside, where all coordinates are."),
        Mistake("all coordinates", lambda d, e: (2 * e) ** d, "You ask that *every* coordinate is near a face: these are the "
                "corners. One coordinate is enough."),
        Mistake("times", lambda d, e: 1 - (1 - 2 * e) * d, "You multiply by the dimension. The shares of the dimensions multiply "
                "with each other: a power."),
    ),
    hints=("Do not add up the border: ask what is *not* near it.", "In one dimension, the share that keeps away from both ends is "
           "1 - 2 margin.", "A point is inside if it is inside in every dimension: the shares multiply."),
)


def _k_occurrences(distance, k):
    distance = distance.copy()
    np.fill_diagonal(distance, np.inf)
    lists = np.argsort(distance, axis=1, kind="stable")[:, :k]
    return np.bincount(lists.ravel(), minlength=len(distance))


def _cases_counts():
    rng = np.random.default_rng(3)
    made = [(_table(rng.normal(size=(n, d))), k) for n, d, k in ((8, 2, 1), (12, 3, 3), (20, 40, 4))]
    twin = rng.normal(size=(10, 3))
    twin[7] = twin[2]  # equal to a point with a lower number
    twin[9] = 20  # far from all, and the last: it stands in no list
    return [*made, (_table(twin), 2)]


def _lists(distance, k, first=0):
    return np.argsort(distance, axis=1, kind="stable")[:, first : first + k]


def _counted(ids, n):
    return np.bincount(ids.ravel(), minlength=n)


def _without_self(distance):
    distance = distance.copy()
    np.fill_diagonal(distance, np.inf)
    return distance


k_occurrences = Exercise(
    name="k-occurrences",
    reference=_k_occurrences,
    cases=_cases_counts,
    mistakes=(
        Mistake("itself", lambda d, k: _counted(_lists(d, k), len(d)), "Each point stands in its own list, at distance 0. Take it out: "
                "put infinity on the diagonal."),
        Mistake("itself at the front", lambda d, k: _counted(_lists(d, k, 1), len(d)), "You leave out the first of each list and "
                "trust that it is the point itself. Where two points are equal it may be the other one. Put infinity on the "
                "diagonal instead."),
        Mistake("one more", lambda d, k: _counted(_lists(d, k + 1), len(d)), "You take k + 1 of each list, with the point itself. "
                "It counts in its own list, so all your numbers are too large by one."),
        Mistake("farthest", lambda d, k: _counted(np.argsort(-d, axis=1, kind="stable")[:, :k], len(d)), "You sort the distances "
                "downwards: these are the k *farthest*. A distance is better when it is smaller."),
        Mistake("how long the lists are", lambda d, k: np.full(len(d), k), "Each of your numbers is k: you count the neighbours "
                "*of* each point. Count in how many lists of *others* it stands."),
        Mistake("too short", lambda d, k: np.bincount(_lists(_without_self(d), k).ravel()), "Points at the end that stand in no list "
                "are missing: your answer is too short. `np.bincount` needs `minlength`."),
        Mistake("only the nearest", lambda d, k: _counted(_lists(_without_self(d), 1), len(d)), "You count the nearest neighbour only. "
                "Each list has k."),
    ),
    hints=("First the list of the k nearest others of each point, then count how often each number occurs in all lists together.",
           "`np.fill_diagonal(d, np.inf)` on a copy, then `np.argsort(d, axis=1, kind=\"stable\")[:, :k]`.",
           "`np.bincount(lists.ravel(), minlength=len(distance))`. The sum of your answer is N times k."),
)


def _dimension(distance):
    ratio = np.log(distance[:, -1:] / distance[:, :-1])
    return 1 / ratio.mean()


def _cases_dimension():
    rng = np.random.default_rng(4)
    steps = [np.cumsum(rng.exponential(size=(n, k)), axis=1) ** (1 / d) for n, k, d in ((5, 4, 2), (8, 10, 5))]
    return [(np.array([[1.0, 2.0, 4.0], [1.0, 1.0, 3.0]]),), *((s,) for s in steps)]


def _log_ratio(t):
    return np.log(t[:, -1:] / t[:, :-1])


dimension = Exercise(
    name="intrinsic dimension",
    reference=_dimension,
    cases=_cases_dimension,
    mistakes=(
        Mistake("mean of the local ones", lambda t: (1 / _log_ratio(t).mean(1)).mean(), "You invert for each point and take the mean "
                "of that. A point with a small mean then counts far too much: your answer is too large. Take the mean of all "
                "logarithms first, and invert once, at the end."),
        Mistake("not inverted", lambda t: _log_ratio(t).mean(), "This is the mean logarithm, which is 1 / d. Invert it."),
        Mistake("the last one too", lambda t: 1 / np.log(t[:, -1:] / t).mean(), "You also take the logarithm of the last distance "
                "over itself, which is 0 and tells nothing. There are k - 1 ratios, not k."),
        Mistake("upside down", lambda t: 1 / np.log(t[:, :-1] / t[:, -1:]).mean(), "Your ratio is upside down, and the answer "
                "negative. The farthest of the k goes above."),
        Mistake("the nearest below", lambda t: 1 / np.log(t[:, 1:] / t[:, :1]).mean(), "You divide by the nearest distance. Each "
                "distance is compared with the *farthest* of the k: log(T_k / T_j)."),
        Mistake("no logarithm", lambda t: 1 / (t[:, -1:] / t[:, :-1]).mean(), "The logarithm is missing. The volume grows as the "
                "distance to the power d; the logarithm brings d down."),
        Mistake("another base", lambda t: 1 / np.log2(t[:, -1:] / t[:, :-1]).mean(), "You took another base. Only the natural "
                "logarithm, `np.log`, gives the dimension itself."),
    ),
    hints=("For each point, log(T_k / T_j) for j = 1 to k - 1. In d dimensions these have the mean 1 / d.",
           "`distance[:, -1:]` is T_k as a column, `distance[:, :-1]` are the others.",
           "One mean over the whole table, and 1 over it."),
)


def _cells(points, dimension):
    cells = 2.0**dimension
    return -cells * np.expm1(points * np.log1p(-1 / cells))


cells = Exercise(
    name="occupied cells",
    reference=_cells,
    cases=lambda: [(1, 3), (10, 2), (1000, 8), (1000, 30), (200_000, 128)],
    mistakes=(
        Mistake("rounded away", lambda n, d: 2.0**d * (1 - (1 - 2.0**-d) ** n), "Right on paper, and right in few dimensions. "
                "But 1 - 1/2^128 is rounded to exactly 1, and all cells come out empty. Write the power with `np.log1p`, and "
                "1 - exp(...) with `np.expm1`."),
        Mistake("the smaller of the two", lambda n, d: min(float(n), 2.0**d), "This is the *largest* number that can be occupied. "
                "Points meet in a cell by chance, so it is a little less."),
        Mistake("empty cells", lambda n, d: 2.0**d * np.exp(n * np.log1p(-(2.0**-d))), "These are the expected *empty* cells. "
                "The occupied ones are the rest."),
        Mistake("a share", lambda n, d: -np.expm1(n * np.log1p(-(2.0**-d))), "This is the probability that one cell is occupied. "
                "There are 2^d cells."),
        Mistake("points a cell", lambda n, d: n / 2.0**d, "This is the mean number of points in a cell. Asked is how many cells "
                "have at least one."),
        Mistake("d squared", lambda n, d: -(d**2) * np.expm1(n * np.log1p(-1 / d**2)), "You have d^2 cells. Each "
                "dimension cuts every cell in two: 2^d."),
    ),
    hints=("One point misses a given cell with probability 1 - 1/2^d. When do all n points miss it?",
           "A cell is occupied with probability 1 - (1 - 1/2^d)^n. Multiply with the number of cells.",
           "For d = 128 the computer rounds 1 - 1/2^d to 1. `np.log1p(-p)` is log(1 - p) and `-np.expm1(a)` is 1 - exp(a), both "
           "without rounding."),
)
