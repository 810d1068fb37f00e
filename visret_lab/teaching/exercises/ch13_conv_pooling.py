"""Exercises of chapter 13, with the classic mistakes of pooling the maps of a convolution."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _maps(seed, channels, height, width):
    """Maps as they stand behind a ReLU: about a third of the entries are 0."""
    return np.maximum(np.random.default_rng(seed).normal(0.5, 1.0, (channels, height, width)), 0)


def _unit(v, axis=-1):
    return v / np.linalg.norm(v, axis=axis, keepdims=True)


def _gem(x, p):
    return (np.maximum(x, 1e-2) ** p).mean(axis=(1, 2)) ** (1 / p)


gem = Exercise(
    name="the generalised mean",
    reference=_gem,
    cases=lambda: [(_maps(0, 4, 5, 7), 3.0), (_maps(1, 3, 6, 4), 1.0), (_maps(2, 2, 4, 4), 6.5),
                   (np.concatenate([_maps(3, 2, 3, 5), np.zeros((1, 3, 5))]), 2.0)],
    mistakes=(
        Mistake("no root", lambda x, p: (np.maximum(x, 1e-2) ** p).mean(axis=(1, 2)),
                "The root is missing: without it a channel that is twice as strong counts 2^p times as much."),
        Mistake("the sum", lambda x, p: (np.maximum(x, 1e-2) ** p).sum(axis=(1, 2)) ** (1 / p),
                "You summed. It is a generalised *mean*: with the sum, a larger image gets larger numbers."),
        Mistake("root of each", lambda x, p: ((np.maximum(x, 1e-2) ** p) ** (1 / p)).mean(axis=(1, 2)),
                "You took the root before the mean, so power and root cancel, and p does nothing. The order is: power, "
                "mean, root."),
        Mistake("power and root swapped", lambda x, p: (np.maximum(x, 1e-2) ** (1 / p)).mean(axis=(1, 2)) ** p,
                "Power and root are swapped: your larger p favours the *weak* positions. The power p comes first."),
        Mistake("zeros left out", lambda x, p: np.array([(m[m > 0] ** p).mean() ** (1 / p) if (m > 0).any() else 1e-2 for m in x]),
                "You left out the positions where nothing fires. They count: a channel that fires at one place is weaker "
                "than one that fires everywhere."),
        Mistake("no floor", lambda x, p: (x**p).mean(axis=(1, 2)) ** (1 / p),
                "The floor of 0.01 is missing. At 0 the root has an infinite slope: the first training step through a "
                "silent channel ends in NaN."),
        Mistake("the floor at the end", lambda x, p: np.maximum((x**p).mean(axis=(1, 2)) ** (1 / p), 1e-2),
                "Your floor is on the result. It belongs to each entry, before the power: there the slope is what must "
                "stay finite."),
        Mistake("the maximum", lambda x, p: np.maximum(x, 1e-2).max(axis=(1, 2)),
                "That is MAC, where p has gone to infinity. Here p is given."),
    ),
    hints=("Three steps for each channel: raise to the power p, take the mean over all positions, take the p-th root.",
           "`x.mean(axis=(1, 2))` is the mean over the positions of each channel.",
           "Before the power comes the floor: `np.maximum(x, 0.01)`."),
)


def _gauss(height, width, sigma, y0, x0):
    y, x = np.arange(height)[:, None] - y0, np.arange(width)[None] - x0
    return np.exp(-(y**2 + x**2) / (2 * sigma**2))


def _prior(height, width):
    return _gauss(height, width, min(height, width) / 6, (height - 1) / 2, (width - 1) / 2)


def _stretched(height, width):
    y, x = (np.arange(n) - (n - 1) / 2 for n in (height, width))
    return np.exp(-((y[:, None] / (height / 6)) ** 2 + (x / (width / 6)) ** 2) / 2)


prior = Exercise(
    name="the centre prior of SPoC",
    reference=_prior,
    cases=lambda: [(9, 9), (6, 10), (15, 8), (7, 12)],
    mistakes=(
        Mistake("a third", lambda h, w: _gauss(h, w, min(h, w) / 3, (h - 1) / 2, (w - 1) / 2),
                "Your sigma is a third of the shorter *side*. SPoC takes a third of the distance from the centre to the "
                "border, which is half a side: min(H, W) / 6. (A third of the side is the prior of BLCF.)"),
        Mistake("the longer side", lambda h, w: _gauss(h, w, max(h, w) / 6, (h - 1) / 2, (w - 1) / 2),
                "You took the longer side. The *nearest* border counts."),
        Mistake("off by half", lambda h, w: _gauss(h, w, min(h, w) / 6, h / 2, w / 2),
                "Your centre lies half a position too far down and right. Positions are 0 ... H-1, so their middle is "
                "(H - 1) / 2."),
        Mistake("rounded", lambda h, w: _gauss(h, w, min(h, w) / 6, h // 2, w // 2),
                "You rounded the centre to a position. On an even side the middle lies *between* two positions."),
        Mistake("no 2", lambda h, w: _gauss(h, w, min(h, w) / 6 / 2**0.5, (h - 1) / 2, (w - 1) / 2),
                "The 2 in 2 sigma^2 is missing: your hill is too narrow."),
        Mistake("sums to 1", lambda h, w: _prior(h, w) / _prior(h, w).sum(),
                "You divided by the sum. It would do no harm before an L2, but here the weight at the centre is 1."),
        Mistake("an ellipse", _stretched,
                "You used one sigma for the rows and another for the columns. SPoC has one: the hill is round on any map."),
    ),
    hints=("Squared distance of each position from the middle of the map, then exp(-d^2 / (2 sigma^2)).",
           "`np.arange(height) - (height - 1) / 2` counts the rows from the middle; the same for columns.",
           "sigma = min(height, width) / 6."),
)


def _steps(length, side, count):
    half, step = side // 2 - 1, (length - side) / (count - 1) if count > 1 else 0.0
    return [int(np.floor(half + i * step)) - half for i in range(count)]


def _grid(height, width, off=0, both=False, level_side=lambda short, level: 2 * short // (level + 1), swapped=False, extra=()):
    short, long = min(height, width), max(height, width)
    cost = [abs(1 - (long - short) / (m - 1) / short - 0.4) for m in range(2, 8)]
    more = 0 if short == long else int(np.argmin(cost)) + 1 + off
    found = list(extra)
    for level in (1, 2, 3):
        side = level_side(short, level)
        rows = level + more * (both or (height > width) != swapped)
        columns = level + more * (both or (width > height) != swapped)
        if short == long:
            rows = columns = level
        found += [(t, s, side) for t in _steps(height, side, max(rows, 1)) for s in _steps(width, side, max(columns, 1))]
    return [tuple(map(int, w)) for w in found]


def _published(height, width):
    short, long = min(height, width), max(height, width)
    cost = [abs(1 - (long - short) / (m - 1) / short - 0.4) for m in range(2, 8)]
    more = 0 if short == long else int(np.argmin(cost)) + 1
    found = []
    for level in (1, 2, 3):
        side = 2 * short // (level + 1)
        tops = _steps(height, side, level + more * (height > width))
        lefts = _steps(width, side, level + more * (width > height))
        found += [(t, s, side) for t in tops for s in lefts]
    return found


grid = Exercise(
    name="the windows of R-MAC",
    reference=_published,
    cases=lambda: [(24, 32), (32, 24), (20, 20), (15, 40)],
    mistakes=(
        Mistake("off by one", lambda h, w: _grid(h, w, off=-1),
                "One window too few along the longer side. `np.argmin` counts from 0, and the published code from 1: the "
                "number of windows that are added is the index *plus one*."),
        Mistake("m is added", lambda h, w: _grid(h, w, off=1),
                "One window too many along the longer side: at level l there are l + m - 1, not l + m."),
        Mistake("the wrong side", lambda h, w: _grid(h, w, swapped=True),
                "The windows were added along the *shorter* side. Look at a map of 24 x 32: its columns are the longer side."),
        Mistake("along both", lambda h, w: _grid(h, w, both=True),
                "You added windows along both sides. On the shorter one there are l at level l, whatever the shape."),
        Mistake("the whole map too", lambda h, w: _grid(h, w, extra=[(0, 0, min(h, w))]),
                "One window too many, in front. Some public code adds the whole map as a region of its own (15 and 21 "
                "instead of 14 and 20); the published grid has none."),
        Mistake("halves and thirds", lambda h, w: _grid(h, w, level_side=lambda s, level: s // level),
                "Your windows are too small: at level l the side is floor(2 w / (l + 1)), so that neighbours overlap."),
    ),
    hints=("On the shorter side w: l windows at level l. On the longer: l + m - 1.",
           "Choose m from 2 ... 7 with the smallest |1 - (long - w) / ((m - 1) w) - 0.4|; on a square map m = 1.",
           "Starts of n windows of side s along a side of e positions: c = s // 2 - 1; floor(c + i (e - s) / (n - 1)) - c "
           "for i = 0 ... n - 1."),
)


def _whiten(v, mean, axes):
    return (v - mean) @ axes.T


def _rmac(regions, mean, axes):
    return _unit(_unit(_whiten(_unit(regions), mean, axes)).sum(axis=0))


def _cases_rmac():
    cases = []
    for seed, count, dim, kept in ((0, 6, 5, 3), (1, 14, 8, 8), (2, 4, 6, 2)):
        rng = np.random.default_rng(seed)
        cases.append((np.abs(rng.normal(size=(count, dim))) * rng.uniform(0.5, 4, (count, 1)), rng.normal(0.2, 0.1, dim),
                      rng.normal(size=(kept, dim))))
    return cases


rmac = Exercise(
    name="from windows to one vector",
    reference=_rmac,
    cases=_cases_rmac,
    mistakes=(
        Mistake("the sum is whitened", lambda r, m, a: _unit(_whiten(_unit(_unit(r).sum(0)), m, a)),
                "You whitened the sum. The PCA was learnt from vectors of *windows*, and is for these: whiten each window, "
                "and sum then."),
        Mistake("no L2 before", lambda r, m, a: _unit(_unit(_whiten(r, m, a)).sum(0)),
                "The windows go into the PCA as they are. It was learnt from windows of unit length: L2 comes before it, "
                "too."),
        Mistake("no L2 between", lambda r, m, a: _unit(_whiten(_unit(r), m, a).sum(0)),
                "After the whitening the windows have different lengths, and the long ones decide the sum. L2 once more "
                "before the sum."),
        Mistake("no L2 at the end", lambda r, m, a: _unit(_whiten(_unit(r), m, a)).sum(0),
                "The sum is not of length 1: an image whose windows are alike would get larger scores from every query."),
        Mistake("the maximum", lambda r, m, a: _unit(_unit(_whiten(_unit(r), m, a)).max(0)),
                "You took the maximum over the windows: that is MAC again. R-MAC *sums* the windows."),
        Mistake("mean not removed", lambda r, m, a: _unit(_unit(_unit(r) @ a.T).sum(0)),
                "The mean of the PCA was not taken off. Then all windows share a large part that says nothing."),
        Mistake("not whitened", lambda r, m, a: _unit(_unit(r).sum(0)),
                "There is no whitening: `mean` and `axes` are not used."),
    ),
    hints=("L2 of each window, whitening of each window, L2 of each window, sum, L2 of the sum.",
           "Whitening: subtract `mean`, then multiply with `axes.T`.",
           "`np.linalg.norm(v, axis=1, keepdims=True)` are the lengths of the rows."),
)


def _rarity(x):
    share = (x > 0).mean(axis=(1, 2))
    fires = share > 0
    return np.where(fires, np.log(share.sum() / np.where(fires, share, 1)), 0)


def _rarity_eps(x, eps=1e-6):
    share = (x > 0).mean(axis=(1, 2)) + eps
    return np.log(share.sum() / share)


def _sparse(seed, channels, height, width, silent):
    rng = np.random.default_rng(seed)
    x = rng.random((channels, height, width)) * (rng.random((channels, height, width)) < rng.uniform(0.05, 0.9, (channels, 1, 1)))
    x[silent] = 0
    return x


rarity = Exercise(
    name="the channel weights of CroW",
    reference=_rarity,
    cases=lambda: [(_sparse(0, 5, 6, 7, [2]),), (_sparse(1, 4, 5, 5, []),), (_sparse(2, 6, 4, 9, [0, 5]),)],
    mistakes=(
        Mistake("epsilon", _rarity_eps,
                "A small number in every share gives a channel that never fires the *largest* weight of all. Its weight is 0."),
        Mistake("upside down", lambda x: -_rarity(x),
                "Your weights are negative: the fraction stands upside down. The rarer a channel, the larger its weight."),
        Mistake("no sum", lambda x: (lambda q: np.where(q > 0, -np.log(np.where(q > 0, q, 1)), 0))((x > 0).mean(axis=(1, 2))),
                "This is log(1 / Q_c). The sum of all shares is missing above the line."),
        Mistake("the mean", lambda x: (lambda q: np.where(q > 0, np.log(q.mean() / np.where(q > 0, q, 1)), 0))((x > 0).mean(axis=(1, 2))),
                "You put the mean of the shares above the line, and some weights became negative. It is their sum."),
        Mistake("strength", lambda x: (lambda q: np.where(q > 0, np.log(q.sum() / np.where(q > 0, q, 1)), 0))(x.mean(axis=(1, 2))),
                "You took how *strongly* a channel fires. Q is how *often*: the share of positions above 0."),
        Mistake("no logarithm", lambda x: (lambda q: np.where(q > 0, q.sum() / np.where(q > 0, q, 1), 0))((x > 0).mean(axis=(1, 2))),
                "The logarithm is missing: one rare channel would outweigh all others, as a rare word would without the log "
                "of idf."),
    ),
    hints=("Q_c is the share of positions where channel c is above 0: `(x > 0).mean(axis=(1, 2))`.",
           "I_c = log(sum of all Q / Q_c). It is the idf of chapter 05, with channels for words.",
           "What if Q_c = 0? Such a channel gets the weight 0: `np.where`."),
)
