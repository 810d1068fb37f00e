"""Exercises of chapter 14, with the classic mistakes of bags of local convolutional features."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _unit(x, axis=-1):
    size = np.linalg.norm(x, axis=axis, keepdims=True)
    return x / np.where(size > 0, size, 1)


def _nearest(rows, centers):
    return (((rows[:, None] - centers) ** 2).sum(axis=2)).argmin(axis=1)


def _assign(maps, centers):
    rows = maps.reshape(len(maps), -1).T
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    far = ((rows[:, None] - centers) ** 2).sum(axis=2)
    return far.argmin(axis=1).reshape(maps.shape[1:])


def _cases_assign():
    rng, cases = np.random.default_rng(0), []
    for c, h, w, k in ((3, 4, 5, 6), (5, 3, 7, 8), (4, 6, 4, 10)):
        centers = _unit(rng.normal(size=(k, c))) * rng.uniform(0.2, 1.2, (k, 1))
        cases.append((np.abs(rng.normal(size=(c, h, w))) * rng.uniform(0.2, 4, (1, h, w)), centers))
    return cases


assign = Exercise(
    name="an assignment map",
    reference=_assign,
    cases=_cases_assign,
    mistakes=(
        Mistake("no L2", lambda m, c: _nearest(m.reshape(len(m), -1).T, c).reshape(m.shape[1:]),
                "The descriptors are not of length 1. Without L2 the word depends on how strongly a position fires, and not only on "
                "what fires."),
        Mistake("L2 of the channels", lambda m, c: _nearest(_unit(m.reshape(len(m), -1)).T, c).reshape(m.shape[1:]),
                "You brought each *channel* to length 1. A descriptor is one position through all channels: normalise the rows of "
                "the transposed array."),
        Mistake("largest product", lambda m, c: (_unit(m.reshape(len(m), -1).T) @ c.T).argmax(axis=1).reshape(m.shape[1:]),
                "You took the word with the largest inner product. It is the nearest one only if all words have the same length, "
                "and means do not: use the distance."),
        Mistake("farthest", lambda m, c: ((_unit(m.reshape(len(m), -1).T)[:, None] - c) ** 2).sum(2).argmax(axis=1).reshape(m.shape[1:]),
                "You took the *farthest* word: argmin of the distance, not argmax."),
        Mistake("reshaped without turning", lambda m, c: _nearest(_unit(m.reshape(-1, len(m))), c).reshape(m.shape[1:]),
                "`maps.reshape(-1, C)` mixes channels and positions: C is the first axis. Reshape to C x (h w) and transpose."),
        Mistake("columns first", lambda m, c: _assign(m.swapaxes(1, 2), c).reshape(m.shape[1:]),
                "Your words stand in the wrong places: the positions were read column by column and written row by row."),
    ),
    hints=("One descriptor a position: a C x h x w array has h w of them.",
           "`maps.reshape(C, -1).T` has one descriptor a row. Bring the rows to length 1.",
           "Squared distances to all words, argmin along the words, and reshape to h x w."),
)


def _bag(assignment, n_words, weights):
    if not weights.any():
        weights = np.ones_like(weights)
    h = np.bincount(assignment.ravel(), weights.ravel(), n_words)
    return h / np.linalg.norm(h)


def _counted(assignment, n_words, weights):
    return np.bincount(assignment.ravel(), weights.ravel(), n_words)


def _cases_bag():
    rng = np.random.default_rng(1)
    return [(rng.integers(0, 4, (4, 6)), 7, rng.uniform(size=(4, 6))), (rng.integers(0, 3, (5, 3)), 4, np.zeros((5, 3))),
            (rng.integers(0, 5, (6, 6)), 5, rng.integers(0, 2, (6, 6)).astype(float))]


bag = Exercise(
    name="a weighted bag of words",
    reference=_bag,
    cases=_cases_bag,
    mistakes=(
        Mistake("not weighted", lambda a, k, w: _unit(np.bincount(a.ravel(), minlength=k).astype(float)),
                "The weights have no effect: every position counts 1. Give them to the count."),
        Mistake("zeros stay zeros", lambda a, k, w: _unit(_counted(a, k, w)),
                "A weight map that is zero everywhere says nothing, and you made the image empty: it can never be found again. "
                "Let it count as ones."),
        Mistake("L1", lambda a, k, w: (lambda h: h / h.sum())(_counted(a, k, w if w.any() else np.ones_like(w))),
                "You divided by the sum. For the cosine the bag needs *Euclidean* length 1."),
        Mistake("not normalised", lambda a, k, w: _counted(a, k, w if w.any() else np.ones_like(w)),
                "These are the counts. Bring them to length 1, as otherwise images with larger weights win."),
        Mistake("there or not", lambda a, k, w: _unit(np.sign(_counted(a, k, w if w.any() else np.ones_like(w)))),
                "You only say which words are there. Say how often, with the weights."),
        Mistake("mean of the weights", lambda a, k, w: _unit((lambda v: _counted(a, k, v)
                / np.maximum(np.bincount(a.ravel(), minlength=k), 1))(w if w.any() else np.ones_like(w))),
                "You took the *mean* weight of each word's positions. A word that stands at many of them should count more: sum."),
    ),
    hints=("For each word, the sum of the weights of its positions.",
           "`np.bincount(words, weights, minlength)` sums weights by word; both arrays must be flat.",
           "If `weights.any()` is False, count with ones. Divide by the Euclidean norm last."),
)


def _covered(box, size, shape):
    parts = []
    for start, end, side, count in ((box[0], box[2], size[1], shape[1]), (box[1], box[3], size[0], shape[0])):
        edges = np.linspace(0, side, count + 1)
        parts.append(np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0, None) * count / side)
    return parts


def _rectangle(inside_x, inside_y):
    x, y = np.flatnonzero(inside_x), np.flatnonzero(inside_y)
    return (int(x[0]), int(y[0]), int(x[-1]) + 1, int(y[-1]) + 1) if len(x) and len(y) else (0, 0, 0, 0)


def _box(box, size, shape):
    x, y = _covered(box, size, shape)
    return _rectangle(x >= 0.5, y >= 0.5)


box = Exercise(
    name="the positions of a box",
    reference=_box,
    cases=lambda: [((108, 7, 243, 181), (240, 320), (30, 40)), ((12, 33, 61, 118), (120, 160), (16, 20)),
                   ((-20, 5, 87, 300), (200, 100), (25, 12))],
    mistakes=(
        Mistake("whole cells only", lambda b, s, g: _rectangle(*(c >= 1 - 1e-9 for c in _covered(b, s, g))),
                "You keep only the cells that lie wholly in the box. Half a cell is enough."),
        Mistake("every cell that is touched", lambda b, s, g: _rectangle(*(c > 0 for c in _covered(b, s, g))),
                "You keep every cell that the box touches. Words of the surroundings come in: at least half of it must lie inside."),
        Mistake("not scaled", lambda b, s, g: tuple(int(round(v)) for v in b),
                "These are pixels. The map has fewer positions than the picture: divide by the size of a cell."),
        Mistake("size turned", lambda b, s, g: _box(b, s[::-1], g),
                "Width and height of the picture are exchanged: `size` is (H, W), as an array's shape."),
        Mistake("rows for x", lambda b, s, g: (lambda r: (r[1], r[0], r[3], r[2]))(_box(b, s, g)),
                "x and y are exchanged in your answer: it is x0, y0, x1, y1, as the box."),
        Mistake("last cell left out", lambda b, s, g: (lambda r: (r[0], r[1], r[2] - 1, r[3] - 1))(_box(b, s, g)),
                "The last column and row are missing: x1 and y1 stand *behind* the last position."),
    ),
    hints=("A cell is W / w pixels wide and H / h high. How much of it lies in the box?",
           "Along x the covered length of cell i is min(end of i, x1) - max(start of i, x0), not below 0.",
           "Keep the cells with at least half of their width (and height) covered; the answer is the first, and one behind the last."),
)


def _sums(values, windows):
    total = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    total[1:, 1:] = values.cumsum(axis=0).cumsum(axis=1)
    x0, y0, x1, y1 = windows.T
    return total[y1, x1] - total[y0, x1] - total[y1, x0] + total[y0, x0]


def _slices(values, windows):
    return np.array([values[y0:y1, x0:x1].sum() for x0, y0, x1, y1 in windows], float)


def _without_row(values, windows):
    total = values.cumsum(axis=0).cumsum(axis=1)
    x0, y0, x1, y1 = np.minimum(windows, [values.shape[1] - 1, values.shape[0] - 1] * 2).T
    return total[y1, x1] - total[y0, x1] - total[y1, x0] + total[y0, x0]


def _integral(values):
    return np.pad(values.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))


def _cases_sums():
    rng, cases = np.random.default_rng(2), []
    for h, w in ((9, 9), (6, 6), (12, 12)):
        a, b = np.sort(rng.integers(0, w + 1, (8, 2)), axis=1), np.sort(rng.integers(0, h + 1, (8, 2)), axis=1)
        cases.append((rng.integers(0, 9, (h, w)).astype(float), np.stack([a[:, 0], b[:, 0], a[:, 1], b[:, 1]], axis=1)))
    return cases


sums = Exercise(
    name="sums over windows",
    reference=_sums,
    cases=_cases_sums,
    mistakes=(
        Mistake("corner not given back", lambda v, w: _slices(v, w) - _integral(v)[w[:, 1], w[:, 0]],
                "The part above and to the left was taken away twice. Add its corner, total[y0, x0], back once."),
        Mistake("corner taken away", lambda v, w: _slices(v, w) - 2 * _integral(v)[w[:, 1], w[:, 0]],
                "The corner total[y0, x0] has the wrong sign: it was taken away twice already, so add it."),
        Mistake("no row of zeros", _without_row,
                "Your integral image has no first row and column of zeros, so all look-ups are one position off. Pad it."),
        Mistake("x and y exchanged", lambda v, w: _slices(v, w[:, [1, 0, 3, 2]]),
                "x and y are exchanged: rows are y, `total[y, x]`."),
        Mistake("last row left out", lambda v, w: _slices(v, np.maximum(w - [0, 0, 1, 1], 0)),
                "The last row and column of each window are missing: x1 and y1 stand behind the last position."),
        Mistake("summed along one side", lambda v, w: np.array([v.cumsum(axis=0)[max(y1 - 1, 0), max(x1 - 1, 0)] for _, _, x1, y1 in w]),
                "The sum was made along one side only. Sum along both, and look up four corners."),
    ),
    hints=("total[y, x] is the sum of all values above y and to the left of x, without that row and column.",
           "Two `cumsum` and a first row and column of zeros make `total`.",
           "total[y1, x1] - total[y0, x1] - total[y1, x0] + total[y0, x0], for all windows at once."),
)


def _expand(queries, base, ranking, n):
    grown = queries + base[ranking[:, :n]].sum(axis=1)
    return grown / np.linalg.norm(grown, axis=1, keepdims=True)


def _first_only(queries, base, ranking, n):
    out = queries.copy()
    out[0] = out[0] + base[ranking[0, :n]].sum(axis=0)
    return _unit(out)


def _cases_expand():
    rng, cases = np.random.default_rng(3), []
    for q, many, k, n in ((3, 8, 5, 2), (4, 10, 6, 3), (2, 6, 4, 3)):
        ranking = np.stack([rng.permutation(many) for _ in range(q)])
        cases.append((_unit(rng.uniform(size=(q, k))), _unit(rng.uniform(size=(many, k))), ranking, n))
    return cases


expand = Exercise(
    name="query expansion",
    reference=_expand,
    cases=_cases_expand,
    mistakes=(
        Mistake("first query only", _first_only,
                "Only the first query was expanded. This is the slip of the published code: with one query nobody sees it."),
        Mistake("first list for all", lambda q, b, r, n: _unit(q + b[r[0, :n]].sum(axis=0)),
                "Every query got the images of the *first* list. Each has its own."),
        Mistake("query left out", lambda q, b, r, n: _unit(b[r[:, :n]].sum(axis=1)),
                "The query itself is missing. It is the only picture of which you know that it is right."),
        Mistake("query as much as all", lambda q, b, r, n: _unit(q + b[r[:, :n]].mean(axis=1)),
                "The query weighs as much as all images together. In the mean of n + 1 bags each has the same weight."),
        Mistake("last images", lambda q, b, r, n: _unit(q + b[r[:, -n:]].sum(axis=1)),
                "You took the *last* images of the list. The best stand first."),
        Mistake("not normalised", lambda q, b, r, n: (q + b[r[:, :n]].sum(axis=1)) / (n + 1),
                "The mean of vectors of length 1 is shorter than 1. Bring it back to length 1."),
    ),
    hints=("For each query: its own bag, and the bags of the first n of its own list.",
           "`base[ranking[:, :n]]` is Q x n x K.",
           "Sum over axis 1, add the query, divide each row by its Euclidean norm."),
)


def _score(query, window):
    cosine = (query * window).sum(axis=1) / np.maximum(np.linalg.norm(query, axis=1) * np.linalg.norm(window, axis=1), 1e-12)
    weights = np.array([0.5, 1, 1, 1, 1])
    return float((weights * cosine).sum() / weights.sum())


def _cosines(query, window):
    return (_unit(query.astype(float)) * _unit(window.astype(float))).sum(axis=1)


def _cases_score():
    rng, cases = np.random.default_rng(4), []
    for k in (6, 9, 5):
        parts = [rng.integers(0, 4, (4, k)) for _ in range(2)]
        parts[0][:, 0] += 1
        cases.append(tuple(np.concatenate([p.sum(axis=0, keepdims=True), p]) for p in parts))
    cases[0][1][0] -= cases[0][1][2]
    cases[0][1][2] = 0
    return cases


score = Exercise(
    name="the score of a window",
    reference=_score,
    cases=_cases_score,
    mistakes=(
        Mistake("all parts alike", lambda q, w: float(_cosines(q, w).mean()),
                "All five parts weigh the same. The whole window has 1/2, each quarter 1."),
        Mistake("the whole weighs double", lambda q, w: float((_cosines(q, w) * [1, 0.5, 0.5, 0.5, 0.5]).sum() / 3),
                "The weights are exchanged: 1 / 2^(L - l) grows with the level. The finer parts weigh more."),
        Mistake("not divided", lambda q, w: float((_cosines(q, w) * [0.5, 1, 1, 1, 1]).sum()),
                "The weighted cosines are added, but not divided by the sum of the weights, 4.5."),
        Mistake("divided by five", lambda q, w: float((_cosines(q, w) * [0.5, 1, 1, 1, 1]).sum() / 5),
                "You divided by the number of parts. The weights add up to 4.5."),
        Mistake("inner product", lambda q, w: float(((q * w).sum(axis=1) * [0.5, 1, 1, 1, 1]).sum() / 4.5),
                "You took the inner product of the counts. A large window has more words: divide by both lengths, the cosine."),
        Mistake("whole window only", lambda q, w: float(_cosines(q, w)[0]),
                "You compared the whole window only. The four quarters know where the words stand."),
    ),
    hints=("Five cosines: row 0 is the window, rows 1 to 4 are its quarters.",
           "An empty part has length 0: let its cosine be 0.",
           "Weights 0.5, 1, 1, 1, 1; add up weight times cosine, and divide by 4.5."),
)
