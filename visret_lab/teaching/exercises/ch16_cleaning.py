"""Exercises of chapter 16, with the classic mistakes of match graphs, boxes and their measures."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _distances(seed, rows, columns):
    """Distances between two sets of descriptors of which about half belong together."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(rows, 8)), rng.normal(size=(columns, 8))
    n = min(rows, columns) * 2 // 3
    b[:n] = a[:n] + rng.normal(0, 0.45, (n, 8))
    b[n - 1] = b[0] + 0.02  # two windows that look alike
    return np.linalg.norm(a[:, None] - b[None], axis=2)


def _passed(d, ratio):
    """First neighbours of the rows that pass the ratio test: {row: column}."""
    near = np.sort(d, axis=1)
    return {i: int(d[i].argmin()) for i in range(len(d)) if near[i, 0] < ratio * near[i, 1]}


def _mutual(d, ratio):
    there, back = _passed(d, ratio), _passed(d.T, ratio)
    return sorted((i, j) for i, j in there.items() if back.get(j) == i)


def _one_side(d, ratio):
    return sorted(_passed(d, ratio).items())


def _nearest_back(d, ratio):
    return sorted((i, j) for i, j in _passed(d, ratio).items() if d[:, j].argmin() == i)


def _either(d, ratio):
    return sorted(set(_passed(d, ratio).items()) | {(i, j) for j, i in _passed(d.T, ratio).items()})


mutual = Exercise(
    name="matches from both sides",
    reference=_mutual,
    cases=lambda: [(_distances(0, 12, 15), 0.8), (_distances(1, 20, 14), 0.8), (_distances(2, 16, 16), 0.9), (_distances(3, 25, 25), 0.7)],
    mistakes=(
        Mistake("from one side", _one_side,
                "You tested from the first picture only. Then several of its points may go to one point of the other picture."),
        Mistake("no ratio on the way back", _nearest_back,
                "On the way back you ask for the nearest point, but not for the ratio. Both directions take the same test."),
        Mistake("one of the two", _either,
                "You keep a match that holds from *one* of the sides. It must hold from both: and, not or."),
        Mistake("no ratio", lambda d, ratio: sorted((i, int(d[i].argmin())) for i in range(len(d)) if d[:, d[i].argmin()].argmin() == i),
                "There is no ratio test: a window that has a twin next to it is matched as if it were unique."),
        Mistake("squared", lambda d, ratio: _mutual(d, ratio**2),
                "The ratio is of distances, and yours is stricter: did you square it? With distances that are not squared it "
                "stays as it is."),
    ),
    hints=("For each row: is the smallest distance less than `ratio` times the second smallest? The same for each column.",
           "`np.sort(d, axis=1)[:, :2]` holds the two smallest of each row; for the columns take `d.T`.",
           "Keep (i, j) if j is the neighbour of i, i is the neighbour of j, and both passed."),
)


def _weights(seed, nodes, edges):
    rng = np.random.default_rng(seed)
    w = np.zeros((nodes, nodes), int)
    for _ in range(edges):
        i, j = rng.choice(nodes, 2, replace=False)
        w[i, j] = w[j, i] = rng.integers(3, 20)
    return w


def _chain():
    """A chain of five, whose ends are far from each other; a triangle with heavy edges; one more node."""
    w = np.zeros((9, 9), int)
    for i, j, n in ((0, 3, 9), (3, 5, 8), (5, 7, 8), (7, 8, 12), (1, 2, 40), (2, 4, 40), (1, 4, 40), (4, 8, 7)):
        w[i, j] = w[j, i] = n
    return w


def _reach(w, least, strict=False, rounds=None):
    a = w > least if strict else w >= least
    seen, best = set(), []
    for start in range(len(w)):
        if start in seen:
            continue
        part, front = {start}, {start}
        for _ in range(len(w) if rounds is None else rounds):
            front = {int(j) for i in front for j in np.flatnonzero(a[i])} - part
            part |= front
        seen |= part
        best = part if len(part) > len(best) else best
    return sorted(best) if len(best) > 1 else []


def _heaviest(w, least):
    a = np.where(w >= least, w, 0)
    parts = [set(_reach_from(a, s)) for s in range(len(w))]
    best = max(parts, key=lambda p: (a[np.ix_(sorted(p), sorted(p))].sum(), -min(p)))
    return sorted(best) if len(best) > 1 else []


def _reach_from(a, start):
    part, front = {start}, {start}
    while front:
        front = {int(j) for i in front for j in np.flatnonzero(a[i])} - part
        part |= front
    return sorted(part)


def _degree(w, least):
    return [int(i) for i in np.flatnonzero((w >= least).any(axis=1))]


component = Exercise(
    name="the largest component",
    reference=_reach,
    cases=lambda: [(_chain(), 8), (_chain() + 2 * (_chain() > 0), 10), (2 * _chain(), 15), (_weights(0, 12, 14), 8),
                   (_weights(1, 15, 16), 10), (np.zeros((4, 4), int), 1)],
    mistakes=(
        Mistake("more than", lambda w, least: _reach(w, least, strict=True),
                "You dropped the edges with exactly `least` inliers. `least` is the smallest weight that stays."),
        Mistake("not pruned", lambda w, least: _reach(w, 1),
                "You did not prune: weak edges tie everything together."),
        Mistake("one step", lambda w, least: _reach(w, least, rounds=1),
                "You stopped at the neighbours of a picture. Its neighbours' neighbours belong to the component as well, and so on."),
        Mistake("the heaviest", _heaviest,
                "You took the component with the most inliers. A few near-duplicates have very many; what counts is the number "
                "of *pictures*."),
        Mistake("every node with an edge", _degree,
                "You kept every picture with an edge. Two pictures of a room match each other, too: they are a component of their own."),
    ),
    hints=("First set all weights below `least` to 0. Then start at a picture and collect all that can be reached.",
           "Keep a set `front` of new pictures; replace it by their neighbours that are not collected yet, until it is empty.",
           "`scipy.sparse.csgraph.connected_components` gives the number of its component for each picture; `np.bincount` counts."),
)


def _median(points, rounds=300, power=1.0, start="mean", mean=False):
    y = points.mean(axis=0) if start == "mean" else np.median(points, axis=0)
    for _ in range(rounds):
        weight = 1 / np.maximum(np.linalg.norm(points - y, axis=1), 1e-9) ** power
        y = (points * weight[:, None]).sum(axis=0) / weight.sum()
    return y


def _boxes(seed, count, wild):
    rng = np.random.default_rng(seed)
    points = np.array([40.0, 30, 200, 160]) + rng.normal(0, 15, (count, 4))
    points[:wild] += rng.uniform(100, 400, (wild, 4))
    return points


median = Exercise(
    name="the geometric median",
    reference=_median,
    cases=lambda: [(_boxes(0, 9, 2),), (_boxes(1, 14, 1),), (_boxes(2, 7, 2)[:, :2],), (_boxes(3, 21, 5),)],
    rtol=0.0, atol=0.05,
    mistakes=(
        Mistake("the mean", lambda x: x.mean(axis=0),
                "That is the mean. One box at the other end of the picture carries it away."),
        Mistake("side by side", lambda x: np.median(x, axis=0),
                "You took the median of each number by itself. It is no bad box, but not the one with the least sum of distances: "
                "the four numbers of a box belong together."),
        Mistake("one round", lambda x: _median(x, rounds=1),
                "One round is not enough: the weights change when the point moves. Repeat until nothing changes."),
        Mistake("squared", lambda x: _median(x, rounds=60, power=2.0),
                "Your weights are 1 / distance squared. The derivative of a distance gives 1 / distance."),
        Mistake("a picture of the set", lambda x: x[np.linalg.norm(x[:, None] - x[None], axis=2).sum(axis=1).argmin()],
                "You chose one of the given boxes, the medoid. The median may lie between them."),
    ),
    hints=("Start at the mean. Repeat some hundred times: distances to the current point, weights, weighted mean.",
           "The weight of a point is 1 / its distance; guard against 0 by `np.maximum(distance, 1e-9)`.",
           "The new point is `(points * weight[:, None]).sum(axis=0) / weight.sum()`."),
)


def _moved(box, matrix):
    a, t = matrix[:, :2], matrix[:, 2]
    middle, half = a @ ((box[:2] + box[2:]) / 2) + t, (box[2:] - box[:2]) / 2 * np.linalg.norm(a, axis=0)
    return np.r_[middle - half, middle + half]


def _corners(box, matrix):
    x0, y0, x1, y1 = box
    points = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) @ matrix[:, :2].T + matrix[:, 2]
    return np.r_[points.min(axis=0), points.max(axis=0)]


def _map(angle, sx, sy, tx, ty):
    c, s = np.cos(angle), np.sin(angle)
    return np.c_[np.array([[c, -s], [s, c]]) @ np.diag([sx, sy]), [tx, ty]]


move = Exercise(
    name="a box in another picture",
    reference=_moved,
    cases=lambda: [(np.array([20.0, 30, 120, 90]), _map(0.2, 1.1, 0.9, 12, -7)), (np.array([0.0, 0, 60, 80]), _map(-0.3, 0.7, 0.8, 40, 5)),
                   (np.array([100.0, 50, 220, 210]), _map(0.1, 1.5, 1.2, -80, -20))],
    mistakes=(
        Mistake("four corners", _corners,
                "You put a box around the four moved corners. It grows with every turn: there and back again, it is larger than before."),
        Mistake("two corners", lambda b, m: np.r_[m[:, :2] @ b[:2] + m[:, 2], m[:, :2] @ b[2:] + m[:, 2]],
                "You moved two opposite corners. After a turn the box between them is too flat or too tall."),
        Mistake("sides not scaled", lambda b, m: np.r_[_middle(b, m) - (b[2:] - b[:2]) / 2, _middle(b, m) + (b[2:] - b[:2]) / 2],
                "The centre is right, but the sides kept their length: the zoom of the map is missing."),
        Mistake("rows for columns", lambda b, m: np.r_[_middle(b, m) - (b[2:] - b[:2]) / 2 * np.linalg.norm(m[:, :2], axis=1),
                                                       _middle(b, m) + (b[2:] - b[:2]) / 2 * np.linalg.norm(m[:, :2], axis=1)],
                "You took the lengths of the *rows* of A. The image of the x direction is its first *column*."),
        Mistake("no shift", lambda b, m: _moved(b, np.c_[m[:, :2], [0, 0]]),
                "The shift t is missing."),
    ),
    hints=("The centre moves by A centre + t. Then the sides.",
           "A vector along x of length w becomes A (w, 0), of length w times the norm of A's first column.",
           "`np.linalg.norm(matrix[:, :2], axis=0)` are the norms of the two columns."),
)


def _middle(box, matrix):
    return matrix[:, :2] @ ((box[:2] + box[2:]) / 2) + matrix[:, 2]


def _measures(kept, labels):
    kept, labels = np.asarray(kept, bool), np.asarray(labels)
    good = np.isin(labels, ["good", "ok"])
    return (float((labels != "absent")[kept].mean()) if kept.any() else float("nan"), float(kept[good].mean()))


def _strict(kept, labels):
    good = np.isin(labels, ["good", "ok"])
    return float(good[kept].mean()), float(kept[good].mean())


def _all_seen(kept, labels):
    seen = labels != "absent"
    return float(seen[kept].mean()), float(kept[seen].mean())


def _verdicts(seed, count, share):
    rng = np.random.default_rng(seed)
    labels = rng.choice(["good", "ok", "junk", "absent"], count, p=[0.3, 0.2, 0.15, 0.35])
    kept = rng.random(count) < np.where(labels == "absent", 0.1, share)
    labels[:4], kept[:4] = ["good", "ok", "junk", "absent"], [True, False, True, True]
    return kept, labels


measures = Exercise(
    name="precision and recall",
    reference=_measures,
    cases=lambda: [_verdicts(0, 30, 0.7), _verdicts(1, 42, 0.5), _verdicts(2, 25, 0.9)],
    mistakes=(
        Mistake("swapped", lambda k, y: _measures(k, y)[::-1],
                "Precision and recall are swapped. Precision: of the *kept*, how many are right. Recall: of the *good*, how many "
                "are kept."),
        Mistake("junk is wrong", _strict,
                "You counted junk as wrong. It shows the landmark, though badly: it is not a wrong picture. It is left out of the recall "
                "only."),
        Mistake("junk is wanted", _all_seen,
                "You counted junk in the recall. Nobody can be blamed for losing a picture that shows next to nothing."),
        Mistake("accuracy", lambda k, y: (float((k == (y != "absent")).mean()), _measures(k, y)[1]),
                "Your first number is the accuracy: it also rewards wrong pictures that were thrown away."),
        Mistake("share of all", lambda k, y: (float((k & (y != "absent")).mean()), float((k & np.isin(y, ["good", "ok"])).mean())),
                "You divided by the number of all pictures. Precision is divided by the kept ones, recall by the good ones."),
    ),
    hints=("Precision looks at the kept pictures only: `labels[kept]`. Right is what is not absent.",
           "Recall looks at the good and ok pictures only: which share of them is kept?",
           "`np.isin(labels, [\"good\", \"ok\"])` picks these."),
)
