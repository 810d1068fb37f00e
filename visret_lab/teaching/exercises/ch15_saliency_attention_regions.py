"""Exercises of chapter 15, with the classic mistakes of saliency, class activation maps and attention."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake

CELL = 4  # of the exercise: 16 in the published code


def _grid(saliency, height, width):
    cells = saliency.reshape(height, saliency.shape[0] // height, width, saliency.shape[1] // width)
    grid = cells.max(axis=(1, 3))
    return grid / grid.max() if grid.max() > 0 else np.ones_like(grid)


def _cases_grid():
    rng = np.random.default_rng(0)
    small = np.full((12, 16), 0.2)
    small[5, 9] = 0.8
    return [(rng.random((12, 16)) ** 3, 3, 4), (small, 3, 4), (np.zeros((8, 12)), 2, 3), (rng.random((6, 20)), 3, 5)]


def _cells(s, h, w):
    return s.reshape(h, s.shape[0] // h, w, s.shape[1] // w)


to_grid = Exercise(
    name="a saliency map on the grid",
    reference=_grid,
    cases=_cases_grid,
    mistakes=(
        Mistake("mean instead of maximum", lambda s, h, w: _safe(_cells(s, h, w).mean(axis=(1, 3))),
                "You took the mean of each cell. A small salient thing is thinned out by what is around it: take the maximum."),
        Mistake("zero map", lambda s, h, w: _over(_cells(s, h, w).max(axis=(1, 3))),
                "A map that is zero everywhere gave zeros (or nan): the whole picture would be deleted. No opinion is no weighting: "
                "return ones."),
        Mistake("not divided", lambda s, h, w: _cells(s, h, w).max(axis=(1, 3)) if s.any() else np.ones((h, w)),
                "The largest weight is not 1. Divide by the largest of the *grid*."),
        Mistake("divided by the sum", lambda s, h, w: (lambda g: g / g.sum() if g.any() else np.ones_like(g))(_cells(s, h, w).max((1, 3))),
                "You divided by the sum. The weights are no probabilities: the largest has to be 1."),
        Mistake("one pixel of each cell", lambda s, h, w: _safe(s[:: s.shape[0] // h, :: s.shape[1] // w]),
                "You took one pixel of each cell. What lies between those is never looked at: take the maximum of all."),
        Mistake("rows for columns", lambda s, h, w: _safe(s.reshape(s.shape[0] // h, h, s.shape[1] // w, w).max(axis=(0, 2))),
                "Your cells are not blocks: you took every h-th row together. Reshape to (h, rows of a cell, w, columns of a cell)."),
    ),
    hints=("Cut the map into h x w blocks of equal size, and take the largest value of each.",
           "`saliency.reshape(h, H // h, w, W // w)` has the rows of a block on axis 1, its columns on axis 3.",
           "Then divide by the largest, unless it is 0: then all weights are 1."),
)


def _safe(g):
    return g / g.max() if g.max() > 0 else np.ones_like(g)


def _over(g):
    return np.divide(g, g.max(), out=np.zeros_like(g), where=g.max() > 0)


def _unit(v):
    size = np.linalg.norm(v)
    return v / size if size > 0 else v


def _similarity(query, image, weights):
    return float(_unit(query.sum(axis=(1, 2))) @ _unit((image * weights).sum(axis=(1, 2))))


def _cases_similarity():
    rng = np.random.default_rng(1)
    return [(rng.random((5, 3, 4)) ** 2, rng.random((5, 3, 4)) ** 2, rng.random((3, 4)) ** 2) for _ in range(4)]


weighted = Exercise(
    name="search with a weighted database",
    reference=_similarity,
    cases=_cases_similarity,
    mistakes=(
        Mistake("query weighted as well", lambda q, x, w: float(_unit((q * w).sum((1, 2))) @ _unit((x * w).sum((1, 2)))),
                "You weighted the query as well. What is asked for is known: it is all of the box. Only the images of the database are "
                "weighted (and this map is the image's, not the query's)."),
        Mistake("query weighted instead", lambda q, x, w: float(_unit((q * w).sum((1, 2))) @ _unit(x.sum((1, 2)))),
                "The weights went to the query. They belong to the image of the database."),
        Mistake("not weighted", lambda q, x, w: float(_unit(q.sum((1, 2))) @ _unit(x.sum((1, 2)))),
                "The weights were not used."),
        Mistake("no L2", lambda q, x, w: float(q.sum((1, 2)) @ (x * w).sum((1, 2))),
                "The vectors are not of length 1: an image with large weights would win for that alone."),
        Mistake("L2 before the weights", lambda q, x, w: float(_unit(q.sum((1, 2))) @ (
            (x / np.linalg.norm(x, axis=0)) * w).sum((1, 2)) / np.linalg.norm(((x / np.linalg.norm(x, axis=0)) * w).sum((1, 2)))),
                "You brought each position to length 1 before the sum. Then strong and weak positions count alike; here the sum of the "
                "maps is asked for, and L2 at the end."),
        Mistake("maximum", lambda q, x, w: float(_unit(q.max((1, 2))) @ _unit((x * w).max((1, 2)))),
                "You took the maximum over the positions. The sum is asked for."),
    ),
    hints=("Image: multiply the maps by the weights, position by position, and sum over the positions. Query: only the sum.",
           "`(image * weights).sum(axis=(1, 2))`: NumPy repeats the weights over the channels.",
           "Bring both sums to length 1; their inner product is the similarity."),
)


def _residual(grey):
    f = np.fft.fft2(grey)
    amplitude, phase = np.log(np.abs(f)), np.angle(f)
    mean = sum(np.roll(amplitude, (a, b), (0, 1)) for a in (-1, 0, 1) for b in (-1, 0, 1)) / 9
    return np.abs(np.fft.ifft2(np.exp(amplitude - mean + 1j * phase))) ** 2


def _mean9(x):
    return sum(np.roll(x, (a, b), (0, 1)) for a in (-1, 0, 1) for b in (-1, 0, 1)) / 9


def _residual_of(amplitude):
    return amplitude - _mean9(amplitude)


def _cases_residual():
    rng = np.random.default_rng(2)
    return [(rng.random((8, 10)) + 0.2,), (rng.random((9, 7)) + 0.5,), (rng.random((6, 6)),)]


def _back(g, log_amplitude):
    return np.abs(np.fft.ifft2(np.exp(log_amplitude + 1j * np.angle(np.fft.fft2(g))))) ** 2


spectral = Exercise(
    name="the spectral residual",
    reference=_residual,
    cases=_cases_residual,
    mistakes=(
        Mistake("no logarithm", lambda g: _back(g, np.log(np.abs(np.abs(np.fft.fft2(g)) - _mean9(np.abs(np.fft.fft2(g)))) + 1e-12)),
                "You took the mean off the amplitudes. Take it off their *logarithms*: the curve that natural pictures share is one of "
                "logarithms."),
        Mistake("the mean kept", lambda g: _back(g, _mean9(np.log(np.abs(np.fft.fft2(g))))),
                "You kept the mean, which is what all pictures share. The residual is the log amplitude *minus* it."),
        Mistake("phase lost", lambda g: np.abs(np.fft.ifft2(np.exp(_residual_of(np.log(np.abs(np.fft.fft2(g))))))) ** 2,
                "The phase is missing. It says *where* things are: without it the map has no place."),
        Mistake("not squared", lambda g: np.sqrt(_residual(g)),
                "This is the absolute value. The map is its square."),
        Mistake("real part", lambda g: np.real(np.fft.ifft2(np.exp(_residual_of(np.log(np.abs(np.fft.fft2(g))))))),
                "You took the real part and lost the phase: keep i times the phase in the exponent, and take the squared absolute value."),
        Mistake("the picture again", lambda g: np.abs(np.fft.ifft2(np.fft.fft2(g))) ** 2,
                "Nothing was taken away: this is the square of the picture itself."),
        Mistake("not back", lambda g: np.exp(np.log(np.abs(np.fft.fft2(g))) - _mean9(np.log(np.abs(np.fft.fft2(g))))) ** 2,
                "This is still a spectrum. Go back by `np.fft.ifft2`."),
    ),
    hints=("Five steps: spectrum, log amplitude and phase, mean over 3 x 3 neighbours, difference, back.",
           "`np.roll(a, (i, j), (0, 1))` shifts a spectrum, which goes round at its border; nine such shifts over 9 are the mean.",
           "Back: `np.abs(np.fft.ifft2(np.exp(residual + 1j * phase))) ** 2`."),
)


def _cam(maps, weight, k):
    m = np.maximum(np.tensordot(weight[k], maps, axes=1), 0)
    return m / m.max() if m.max() > 0 else m


def _cases_cam():
    rng = np.random.default_rng(3)
    cases = [(np.maximum(rng.normal(size=(5, 3, 4)), 0), rng.normal(size=(5, 5)), k) for k in (0, 2, 4)]
    return [*cases, (np.ones((2, 2, 3)), np.array([[-1.0, -2.0], [1.0, 3.0]]), 0)]


def _clip(m):
    m = np.maximum(m, 0)
    return m / m.max() if m.max() > 0 else m


cam = Exercise(
    name="a class activation map",
    reference=_cam,
    cases=_cases_cam,
    mistakes=(
        Mistake("column of the weights", lambda f, w, k: _clip(np.tensordot(w[:, k % w.shape[1]][: len(f)], f[: len(w)], axes=1)),
                "You took a column of the weights. Row k belongs to class k: one weight for each channel."),
        Mistake("mean over the channels", lambda f, w, k: _clip(f.mean(axis=0)),
                "You took the mean of the channels: the same map for every class. Weigh each channel by its weight for class k."),
        Mistake("negative kept", lambda f, w, k: (lambda m: m / max(m.max(), 1e-9))(np.tensordot(w[k], f, axes=1)),
                "There are negative values left: places that speak *against* the class. Set them to 0."),
        Mistake("absolute value", lambda f, w, k: (lambda m: m / m.max())(np.abs(np.tensordot(w[k], f, axes=1))),
                "You took absolute values: what speaks against the class counts as if it spoke for it. Set negative values to 0."),
        Mistake("minimum to 0", lambda f, w, k: (lambda m: (m - m.min()) / max(m.max() - m.min(), 1e-9))(np.tensordot(w[k], f, axes=1)),
                "You shifted the map so that its smallest value is 0. Then a place that speaks against the class can have a positive "
                "weight. Set negative values to 0 instead."),
        Mistake("not divided", lambda f, w, k: np.maximum(np.tensordot(w[k], f, axes=1), 0),
                "The largest value is not 1. Divide by it (unless it is 0)."),
        Mistake("weights clipped", lambda f, w, k: _clip(np.tensordot(np.maximum(w[k], 0), f, axes=1)),
                "You set negative *weights* to 0. A channel may speak against the class where it fires; only the sum is cut at 0."),
    ),
    hints=("The map is a sum of the channels, each times its weight for class k.",
           "`np.tensordot(weight[k], maps, axes=1)` is that sum: C and C x h x w give h x w.",
           "Then `np.maximum(m, 0)`, and divide by the largest where it is above 0."),
)


def _softplus(x):
    return np.log1p(np.exp(x))


def _attend(regions, whole, hidden, bias, out):
    both = np.concatenate([regions, np.tile(whole, (len(regions), 1))], axis=1)
    a = _softplus(np.tanh(both @ hidden.T + bias) @ out)
    rows = regions / np.linalg.norm(regions, axis=1, keepdims=True)
    v = (a[:, None] * rows).mean(axis=0)
    return v / np.linalg.norm(v)


def _cases_attend():
    rng = np.random.default_rng(4)
    return [(rng.random((6, 3)), rng.random(3), rng.normal(size=(4, 6)), rng.normal(size=4), rng.normal(size=4) * 2) for _ in range(3)]


def _with(weights_of, unit=True, last=True):
    def function(regions, whole, hidden, bias, out):
        a = weights_of(regions, whole, hidden, bias, out)
        rows = regions / np.linalg.norm(regions, axis=1, keepdims=True) if unit else regions
        v = (a[:, None] * rows).mean(axis=0)
        return v / np.linalg.norm(v) if last else v
    return function


def _logits(r, w, h, b, o):
    return np.tanh(np.concatenate([r, np.tile(w, (len(r), 1))], axis=1) @ h.T + b) @ o


attend = Exercise(
    name="regional attention",
    reference=_attend,
    cases=_cases_attend,
    mistakes=(
        Mistake("no softplus", _with(_logits),
                "The weights may be negative: a window would be *taken away*. Softplus, log(1 + exp(x)), makes them positive."),
        Mistake("softmax", _with(lambda *x: np.exp(_logits(*x)) / np.exp(_logits(*x)).sum()),
                "You made the weights sum to one over the windows (softmax). Here each window is judged for itself: softplus."),
        Mistake("without context", _with(lambda r, w, h, b, o: _softplus(np.tanh(np.concatenate([r, r], axis=1) @ h.T + b) @ o)),
                "The picture as a whole was not used: you joined each window with itself. Join it with `whole`."),
        Mistake("context first", _with(lambda r, w, h, b, o: _softplus(np.tanh(
            np.concatenate([np.tile(w, (len(r), 1)), r], axis=1) @ h.T + b) @ o)),
                "Window and picture are joined in the other order. The first columns of `hidden` are for the window."),
        Mistake("windows not of length 1", _with(lambda *x: _softplus(_logits(*x)), unit=False),
                "The windows were summed as they are. Each is brought to length 1 first, or strong windows count twice."),
        Mistake("no L2 at the end", _with(lambda *x: _softplus(_logits(*x)), last=False),
                "The vector is not of length 1. L2 is the last step."),
        Mistake("equal weights", _with(lambda r, *x: np.ones(len(r))),
                "All windows have the same weight: this is R-MAC without attention."),
        Mistake("no bias", _with(lambda r, w, h, b, o: _softplus(_logits(r, w, h, 0 * b, o))),
                "The bias of the hidden layer is missing."),
    ),
    hints=("For each window: join its vector with that of the picture, hidden layer, tanh, output, softplus. That is its weight.",
           "`np.concatenate([regions, np.tile(whole, (len(regions), 1))], axis=1)` joins them all at once; `@ hidden.T + bias` is the "
           "hidden layer.",
           "Weights times the windows of length 1, mean over the windows, L2."),
)


def _area(plane, inside):
    gap = plane[inside][:, None] - plane[~inside]
    return float((gap > 0).mean() + (gap == 0).mean() / 2)


def _cases_area():
    cases = []
    for seed, (top, left) in ((5, (1, 1)), (6, (0, 2))):
        plane, inside = np.round(np.random.default_rng(seed).random((5, 7)), 1), np.zeros((5, 7), bool)
        inside[top : top + 3, left : left + 3] = True
        cases.append((plane + 0.2 * inside, inside))
    return [*cases, (np.full((5, 7), 0.3), cases[0][1])]


area = Exercise(
    name="does the map find the object?",
    reference=_area,
    cases=_cases_area,
    mistakes=(
        Mistake("ties won", lambda p, m: float((p[m][:, None] >= p[~m]).mean()),
                "You counted equal values as won. A map that says the same everywhere would then get 1. A tie is a coin toss: 1/2."),
        Mistake("ties lost", lambda p, m: float((p[m][:, None] > p[~m]).mean()),
                "You counted equal values as lost. A map that says the same everywhere would then get 0. A tie is a coin toss: 1/2."),
        Mistake("outside", lambda p, m: 1 - _area(p, m),
                "You counted the pairs in which the *outside* is larger."),
        Mistake("share of the sum", lambda p, m: float(p[m].sum() / p.sum()),
                "That is the share of the map that lies inside the box. A large box gets a large share by its size alone."),
        Mistake("one threshold", lambda p, m: float(((p > p.mean()) == m).mean()),
                "You cut the map at one threshold and counted what is right. The area takes all pairs, so no threshold has to be chosen."),
    ),
    hints=("The values inside are `plane[inside]`, those outside `plane[~inside]`.",
           "`plane[inside][:, None] - plane[~inside]` has one number for each pair.",
           "The share of pairs above 0, plus half the share of pairs that are 0."),
)
