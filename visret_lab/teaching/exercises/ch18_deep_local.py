"""Exercises of chapter 18, with the classic mistakes of learning and judging local descriptors."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _patches(seed, count, side=6):
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 255, (count, side, side)) * rng.uniform(0.2, 1, (count, 1, 1)) + rng.uniform(0, 90, (count, 1, 1))


def _light(x, center=lambda x: x.mean(axis=(1, 2), keepdims=True), spread=lambda x: x.std(axis=(1, 2), keepdims=True)):
    return (x - center(x)) / (spread(x) + 1e-7)


light = Exercise(
    name="a patch without its light",
    reference=_light,
    cases=lambda: [(_patches(0, 4),), (_patches(1, 3, 5),), (np.concatenate([_patches(2, 2), np.full((1, 6, 6), 80.0)]),)],
    mistakes=(
        Mistake("one mean for all", lambda x: _light(x, lambda x: x.mean(), lambda x: x.std()),
                "You took one mean and one deviation for all patches together. Each patch has a light of its own, so each has its own two "
                "numbers."),
        Mistake("pixel by pixel", lambda x: _light(x, lambda x: x.mean(0, keepdims=True), lambda x: x.std(0, keepdims=True)),
                "You took mean and deviation of each *pixel* over the patches. That is how a data set is standardised; here the light of "
                "each *patch* must go: the axes are 1 and 2."),
        Mistake("the mean only", lambda x: _light(x, spread=lambda x: 1.0),
                "The mean is off, but the contrast has stayed: a patch in fog would still differ from the same one in the sun."),
        Mistake("the contrast only", lambda x: _light(x, center=lambda x: 0.0),
                "The contrast is gone, but the mean has stayed: brighter by 20 is still another patch."),
        Mistake("the variance", lambda x: _light(x, spread=lambda x: x.var(axis=(1, 2), keepdims=True)),
                "You divided by the variance. Twice the contrast is four times the variance: what is left still depends on it."),
        Mistake("from 0 to 1", lambda x: _light(x, lambda x: x.min(axis=(1, 2), keepdims=True),
                                                lambda x: np.ptp(x, axis=(1, 2), keepdims=True)),
                "You stretched each patch from 0 to 1. It removes the light too, but a single bright pixel decides everything; HardNet "
                "takes mean and deviation."),
        Mistake("unit length", lambda x: x / (np.linalg.norm(x, axis=(1, 2), keepdims=True) + 1e-7),
                "You brought the pixels to length 1. The mean has stayed; L2 is for the descriptor at the end."),
    ),
    hints=("Two numbers for each patch: the mean of its pixels, and their standard deviation.",
           "`x.mean(axis=(1, 2), keepdims=True)` keeps the shape N x 1 x 1, so that it can be taken off x.",
           "Add 1e-7 to the deviation: a patch without contrast must not give a division by zero."),
)


def _matrix(seed, n):
    return np.random.default_rng(seed).uniform(0.1, 1.9, (n, n)) - 0.08 * np.eye(n)


def _off(d):
    return d + 10 * np.eye(len(d))


def _negatives(d):
    return np.minimum(_off(d).min(axis=1), _off(d).min(axis=0))


negatives = Exercise(
    name="the hardest negative of each pair",
    reference=_negatives,
    cases=lambda: [(_matrix(0, 5),), (_matrix(1, 8),), (np.where(np.eye(6, dtype=bool), 0.01, _matrix(2, 6)),)],
    mistakes=(
        Mistake("the pair itself", lambda d: np.minimum(d.min(axis=1), d.min(axis=0)),
                "Your minimum may fall on the diagonal. There stands the pair's own positive: a descriptor that works would be its own "
                "negative. Mask the diagonal first."),
        Mistake("rows only", lambda d: _off(d).min(axis=1),
                "You looked along the row: the positives that are nearest to the anchor. The column counts too: an *anchor* of another "
                "pair may be nearer to this pair's positive. That is the swap."),
        Mistake("columns only", lambda d: _off(d).min(axis=0),
                "You looked along the column only: the anchors that are nearest to the positive. The row counts too."),
        Mistake("the larger of the two", lambda d: np.maximum(_off(d).min(axis=1), _off(d).min(axis=0)),
                "Of the two negatives you took the one that is farther. The harder one is the *nearer*."),
        Mistake("the easiest", lambda d: np.maximum((d - 10 * np.eye(len(d))).max(axis=1), (d - 10 * np.eye(len(d))).max(axis=0)),
                "You took the farthest. From a negative that is far away already nothing can be learnt: the hardest is the nearest."),
        Mistake("the mean of the two", lambda d: (_off(d).min(axis=1) + _off(d).min(axis=0)) / 2,
                "You took the mean of both. The loss pushes one patch away: the nearer of the two."),
        Mistake("the diagonal set to 0", lambda d: np.minimum(*((d * (1 - np.eye(len(d)))).min(axis=k) for k in (1, 0))),
                "You masked the diagonal with 0. Under a minimum the mask must be *large*, for 0 is always the smallest."),
    ),
    hints=("d[i, j] is the distance of anchor i and positive j. Which entries of the matrix are negatives of pair i?",
           "Row i and column i, without the diagonal: `d + 10 * np.eye(len(d))` puts it out of reach.",
           "`np.minimum` of the smallest of each row and the smallest of each column."),
)


def _unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def _pairs(seed, n, dim, noise):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(n, dim))
    return _unit(a), _unit(a + noise * rng.normal(size=(n, dim)))


def _distances(a, p):
    return np.sqrt(np.maximum(2 - 2 * a @ p.T, 0) + 1e-6)


def _loss(a, p, margin, reduce=np.mean, of=_distances, sign=1, floor=0.0):
    d = of(a, p)
    return float(reduce(np.maximum(margin + sign * (np.diag(d) - _negatives(d)), floor)))


loss = Exercise(
    name="the loss of a batch",
    reference=_loss,
    cases=lambda: [(*_pairs(0, 6, 4, 0.7), 1.0), (*_pairs(1, 9, 5, 0.4), 0.5), (*_pairs(2, 4, 3, 1.2), 1.0)],
    mistakes=(
        Mistake("the sum", lambda a, p, m: _loss(a, p, m, np.sum),
                "You summed over the batch. With the mean, a larger batch does not mean a larger step."),
        Mistake("squared distances", lambda a, p, m: _loss(a, p, m, of=lambda a, p: np.maximum(2 - 2 * a @ p.T, 0)),
                "Those are squared distances: 2 - 2 a.p. HardNet takes the root. With squares a margin of 1 asks for something else."),
        Mistake("similarities", lambda a, p, m: _loss(a, p, m, of=lambda a, p: a @ p.T),
                "You put inner products where distances belong: the largest is then the nearest, and the loss drives pairs apart."),
        Mistake("upside down", lambda a, p, m: _loss(a, p, m, sign=-1),
                "The sign is turned: you ask that the positive be farther than the negative."),
        Mistake("no floor", lambda a, p, m: _loss(a, p, m, floor=-np.inf),
                "The max(0, ...) is missing. A pair that is won already would go on pulling, and outweigh those that are not."),
        Mistake("no margin", lambda a, p, m: _loss(a, p, 0.0),
                "The margin is missing: it is enough then that the positive is nearer by a hair, one point for all has no loss."),
        Mistake("the hardest positive", lambda a, p, m: float(np.mean(np.maximum(m + np.diag(_distances(a, p)).max()
                                                                                  - _negatives(_distances(a, p)), 0))),
                "You set every negative against the *largest* positive distance. Each pair has its own positive: the diagonal."),
    ),
    hints=("Distances of unit vectors: sqrt(2 - 2 a.p), with 1e-6 under the root. As a matrix: `2 - 2 * a @ p.T`.",
           "Positives stand on the diagonal; the negatives are what the exercise before gives.",
           "The mean of max(0, margin + positive - negative)."),
)


def _maps(seed, *shapes):
    rng = np.random.default_rng(seed)
    return [rng.random(shape) for shape in shapes]


def _select(scores, scales, stride, count, places=None, order=None):
    found = []
    for score, scale in zip(scores, scales, strict=True):
        y, x = np.mgrid[: score.shape[0], : score.shape[1]]
        at = [(stride * (g.ravel() + 0.5)) / scale - 0.5 for g in (x, y)] if places is None else places(x.ravel(), y.ravel(), stride, scale)
        found.append(np.c_[*at, score.ravel()])
    rows = np.concatenate(found)
    return rows[np.argsort(-rows[:, 2] if order is None else order(rows[:, 2]), kind="stable")[:count], :2]


def _each(scores, scales, stride, count):
    return np.concatenate([_select([s], [c], stride, count // len(scores)) for s, c in zip(scores, scales, strict=True)])


keypoints = Exercise(
    name="keypoints from attention",
    reference=_select,
    cases=lambda: [(_maps(0, (4, 5), (6, 8)), [0.5, 1.0], 8, 6), (_maps(1, (3, 7), (5, 9), (7, 12)), [0.7, 1.0, 1.4], 16, 9),
                   (_maps(2, (6, 6)), [2.0], 8, 4)],
    mistakes=(
        Mistake("the lowest", lambda s, c, t, n: _select(s, c, t, n, order=lambda v: v),
                "These are the positions with the *lowest* scores. `np.argsort` sorts upwards: sort -score."),
        Mistake("as many of each size", _each,
                "You took the same number from each size of the picture. The sizes compete: a score is a score, and where the thing is "
                "seen well in one size, most points come from there."),
        Mistake("places of the small picture", lambda s, c, t, n: _select(
            s, c, t, n, places=lambda x, y, t, c: [t * (g + 0.5) - 0.5 for g in (x, y)]),
                "Your places are pixels of the *resized* picture. Divide by the scale: points of all sizes must lie in one picture, or "
                "no homography fits."),
        Mistake("multiplied by the scale", lambda s, c, t, n: _select(
            s, c, t, n, places=lambda x, y, t, c: [t * (g + 0.5) * c - 0.5 for g in (x, y)]),
                "You multiplied by the scale. A pixel of a picture at half the size stands for two of the original: divide."),
        Mistake("rows for x", lambda s, c, t, n: _select(
            s, c, t, n, places=lambda x, y, t, c: [t * (g + 0.5) / c - 0.5 for g in (y, x)]),
                "x and y are swapped: x runs along the columns, the second index of the map."),
        Mistake("half a pixel", lambda s, c, t, n: _select(
            s, c, t, n, places=lambda x, y, t, c: [t * (g + 0.5) / c for g in (x, y)]),
                "Your places are half a pixel too large: they are counted from the border. (0, 0) is the middle of the first pixel, so "
                "take off 1/2 at the end."),
        Mistake("half a pixel of the resized picture", lambda s, c, t, n: _select(
            s, c, t, n, places=lambda x, y, t, c: [(t * (g + 0.5) - 0.5) / c for g in (x, y)]),
                "You took off the half pixel before you divided by the scale. It is half a pixel of the *original*: divide first."),
        Mistake("the corner", lambda s, c, t, n: _select(
            s, c, t, n, places=lambda x, y, t, c: [t * g / c for g in (x, y)]),
                "You gave the upper left corner of each cell. A position speaks for the pixels around its *middle*: half a cell further, "
                "which at stride 16 is 8 pixels."),
    ),
    hints=("Every position of every map is a candidate: list x, y and score of all, over all sizes, in one array.",
           "Position i of a map looks at stride * (i + 1/2) of its picture, counted from the border: divide by the scale, and take off the "
           "half pixel at the end.",
           "`np.argsort(-score, kind=\"stable\")[:count]`."),
)


def _scene(seed, count, shift=(12.0, -5.0), lean=2e-3):
    rng = np.random.default_rng(seed)
    homography = np.array([[1.1, 0.1, shift[0]], [-0.05, 0.9, shift[1]], [lean, -lean / 2, 1.0]])
    a = rng.uniform(0, 100, (count, 2))
    moved = np.c_[a, np.ones(count)] @ homography.T
    b = moved[:, :2] / moved[:, 2:] + rng.normal(size=(count, 2)) * rng.choice([0.5, 2.5, 30], (count, 1))
    order = np.r_[np.arange(count // 3), count // 3 + rng.permutation(count - count // 3)]
    matches = np.stack([np.arange(count), np.argsort(order)], axis=1)[rng.permutation(count)[: count - 4]]
    return a, np.concatenate([b[order], rng.uniform(0, 100, (5, 2))]), matches, homography, 3.0


def _move(a, h, divide=True):
    moved = np.c_[a, np.ones(len(a))] @ h.T
    return moved[:, :2] / moved[:, 2:] if divide else moved[:, :2]


def _right(a, b, m, h, t, move=_move, count=None):
    error = np.linalg.norm(move(a[m[:, 0]], h) - b[m[:, 1]], axis=1)
    return float((error <= t).sum() / (len(m) if count is None else count(a, b, m)))


right = Exercise(
    name="the share of right matches",
    reference=_right,
    cases=lambda: [_scene(0, 30), _scene(1, 24, (-8.0, 3.0)), _scene(2, 40, (0.0, 20.0), 4e-3)],
    mistakes=(
        Mistake("not divided", lambda a, b, m, h, t: _right(a, b, m, h, t, lambda p, h: _move(p, h, False)),
                "The third number was thrown away without dividing by it. After H a point is (x w, y w, w)."),
        Mistake("the wrong way", lambda a, b, m, h, t: _right(a, b, m, np.linalg.inv(h), t),
                "Your homography goes from the second picture to the first. This one takes points of the first to the second."),
        Mistake("over all points", lambda a, b, m, h, t: _right(a, b, m, h, t, count=lambda a, b, m: len(a)),
                "You divided by the number of points. The share is of the *matches*: it asks how often the descriptor was right when it "
                "spoke. (The other is a recall, and another question.)"),
        Mistake("row with row", lambda a, b, m, h, t: float((np.linalg.norm(_move(a[: len(m)], h) - b[: len(m)], axis=1) <= t).mean()),
                "You compared row i with row i. The matches say which row of the second picture belongs to which of the first."),
        Mistake("each direction", lambda a, b, m, h, t: float((np.abs(_move(a[m[:, 0]], h) - b[m[:, 1]]).mean(axis=1) <= t).mean()),
                "You averaged |dx| and |dy|. The error is the length of the difference."),
        Mistake("the mean error", lambda a, b, m, h, t: float(np.linalg.norm(_move(a[m[:, 0]], h) - b[m[:, 1]], axis=1).mean()),
                "That is the mean error in pixels. One wild match decides it; count those within the threshold instead."),
    ),
    hints=("Move the first picture's points by the homography: (x, y, 1) times H, then divide by the third number.",
           "`matches[:, 0]` are rows of the first set of points, `matches[:, 1]` of the second.",
           "The share of errors of at most `threshold`: `(error <= threshold).mean()`."),
)
