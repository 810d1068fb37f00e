"""Exercises of chapter 24, with the classic mistakes of pictures and sentences in one space."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _views(seed, n, a, b):
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, 3))
    return (2 + hidden @ rng.normal(size=(3, a)) + rng.normal(size=(n, a)), 3 + hidden @ rng.normal(size=(3, b)) + rng.normal(size=(n, b)))


def _rho(x, y, r, centre=True, roots="both", regular=True, values="single"):
    x, y = (v - v.mean(axis=0) if centre else v for v in (x, y))
    n = len(x) - 1
    lx, ly = (np.linalg.cholesky(v.T @ v / n + (r if regular else 0) * np.eye(v.shape[1])) for v in (x, y))
    middle = x.T @ y / n
    if roots in ("both", "x"):
        middle = np.linalg.solve(lx, middle)
    if roots == "both":
        middle = np.linalg.solve(ly, middle.T).T
    s = np.linalg.svd(middle, compute_uv=False)
    return s**2 if values == "squared" else s


def _correlations(x, y, r):
    return _rho(x, y, r)


correlations = Exercise(
    name="canonical correlations",
    reference=_correlations,
    cases=lambda: [(*_views(0, 60, 5, 4), 0.1), (*_views(1, 40, 3, 6), 0.5), (*_views(2, 80, 4, 4), 0.01)],
    mistakes=(
        Mistake("not centred", lambda x, y, r: _rho(x, y, r, centre=False),
                "You did not take the means off. Both views then 'correlate' through their means, and the first value is far too large."),
        Mistake("one side whitened", lambda x, y, r: _rho(x, y, r, roots="x"),
                "Only x is whitened. Whiten y too: solve with its Cholesky factor from the other side."),
        Mistake("no regulariser", lambda x, y, r: _rho(x, y, 0),
                "r is not used. Add r to the diagonal of both covariances before Cholesky."),
        Mistake("nothing whitened", lambda x, y, r: _rho(x, y, r, roots="none"),
                "These are singular values of the covariance between the views. A direction of large variance wins there; whiten both."),
        Mistake("squared", lambda x, y, r: _rho(x, y, r, values="squared"),
                "You returned squares, the eigenvalues of C C^T. Correlations are the singular values themselves."),
    ),
    hints=("Take the means off, then `cxx = x.T @ x / (n - 1) + r * np.eye(d)`, and cyy in the same way; cxy has no r.",
           "`np.linalg.cholesky` gives L with C = L L^T. `np.linalg.solve(lx, cxy)` is L_x^-1 C_xy; transpose, and do it for y.",
           "`np.linalg.svd(m, compute_uv=False)` gives the correlations, largest first."),
)


def _unit(v):
    return v / np.linalg.norm(v, axis=1, keepdims=True)


def _scaled(x, y, rho, p):
    return _unit(x * rho**p) @ _unit(y * rho**p).T


scaled = Exercise(
    name="the scaled cosine",
    reference=_scaled,
    cases=lambda: [(np.random.default_rng(s).normal(size=(4, 3)), np.random.default_rng(s + 9).normal(size=(5, 3)),
                    np.array([0.9, 0.6, 0.2]), p) for s, p in ((0, 4), (1, 2), (2, 1))],
    mistakes=(
        Mistake("not scaled", lambda x, y, r, p: _unit(x) @ _unit(y).T,
                "This is the plain cosine: a component of correlation .2 counts as much as one of .9."),
        Mistake("scaled after", lambda x, y, r, p: (_unit(x) * r**p) @ (_unit(y) * r**p).T,
                "You scaled after the norm, so the rows have no unit length any more and the result is no cosine."),
        Mistake("one side", lambda x, y, r, p: _unit(x * r**p) @ _unit(y).T,
                "Only one side is scaled. Both must be: the cosine compares vectors of one space."),
        Mistake("no norm", lambda x, y, r, p: (x * r**p) @ (y * r**p).T,
                "An inner product without the norms prefers long vectors: some sentences would answer every question."),
        Mistake("divided", lambda x, y, r, p: _unit(x / r**p) @ _unit(y / r**p).T,
                "You divided. That makes the components that agree least count most."),
    ),
    hints=("Multiply the columns of both by rho ** p.", "Then bring each row to unit length, and only then take inner products."),
)


def _places(s, owner):
    own = s[np.arange(len(s)), owner]
    ahead = s >= own[:, None]
    return ahead.sum(axis=1)


def _best_place(s, owner, pick=np.min):
    order = np.argsort(-s, axis=0, kind="stable")
    return np.array([pick(np.flatnonzero(owner[order[:, i]] == i)) + 1 for i in range(s.shape[1])])


def _cases_scores():
    return [(np.random.default_rng(k).permutation(2 * n * n).reshape(2 * n, n) / 10, np.random.default_rng(k).permutation(
        np.repeat(np.arange(n), 2))) for k, n in ((0, 4), (1, 5), (2, 3))]


places = Exercise(
    name="the place of the best sentence",
    reference=_best_place,
    cases=_cases_scores,
    mistakes=(
        Mistake("worst sentence", lambda s, o: _best_place(s, o, np.max),
                "You took the last of the right sentences. A picture is answered when the *first* of its sentences comes."),
        Mistake("from zero", lambda s, o: _best_place(s, o) - 1,
                "Your places begin at 0. R@1 counts places up to 1: the first place is 1."),
        Mistake("other direction", lambda s, o: _places(s, o),
                "These are places of pictures for each sentence. Asked is the other direction: sort the sentences of each column."),
        Mistake("smallest first", lambda s, o: _best_place(-s, o),
                "You sorted upwards. These are similarities: the largest comes first."),
        Mistake("mean of places", lambda s, o: _best_place(s, o, np.mean),
                "You took the mean place of the right sentences. Recall asks for the best one."),
    ),
    hints=("For picture i (a column), sort the sentences (rows) by falling similarity: `order = np.argsort(-s[:, i])`.",
           "`owner[order] == i` marks the right ones; the position of the first mark, counted from 0, plus 1 is the place."),
)


def _hinge(d, owner, m, hardest, wrong=None, pick=None, mean=True, sign=1):
    found = []
    for j, i in enumerate(owner):
        others = d[i][owner != i] if wrong is None else d[i][wrong(j, owner)]
        h = np.sort(np.maximum(0, m + sign * (d[i, j] - others)))[::-1]
        h = h[:hardest] if pick is None else pick(h)
        found.append(h.mean() if mean else h.sum())
    return np.mean(found)


def _ranking(d, owner, m, hardest):
    return _hinge(d, owner, m, hardest)


def _cases_distances():
    return [(np.random.default_rng(k).uniform(0.4, 1.0, (n, 2 * n)), np.repeat(np.arange(n), 2), m, h)
            for k, n, m, h in ((0, 5, 0.1, 3), (1, 6, 0.2, 4), (2, 4, 0.3, 2))]


ranking = Exercise(
    name="the ranking loss with owners",
    reference=_ranking,
    cases=_cases_distances,
    mistakes=(
        Mistake("sibling as negative", lambda d, o, m, h: _hinge(d, o, m, h, lambda j, own: np.arange(len(own)) != j),
                "Another sentence of the same picture stands among your negatives. It is right: leave out all whose owner is the picture."),
        Mistake("all violations", lambda d, o, m, h: _hinge(d, o, m, 10**6),
                "You averaged over all negatives. Only the `hardest` largest hinges count."),
        Mistake("easiest", lambda d, o, m, h: _hinge(d, o, m, h, pick=lambda v: v[-h:]),
                "You took the smallest hinges. The hardest violations are the largest."),
        Mistake("sum", lambda d, o, m, h: _hinge(d, o, m, h, mean=False),
                "You summed the hinges of an anchor. Take their mean, or the loss changes with `hardest`."),
        Mistake("sign", lambda d, o, m, h: _hinge(d, o, m, h, sign=-1),
                "The sign is the wrong way round: these are distances, so the right sentence must be *nearer*: m + d(right) - d(wrong)."),
        Mistake("no margin", lambda d, o, m, h: _hinge(d, o, 0, h),
                "The margin is missing: a right sentence that is nearer by a hair costs nothing."),
    ),
    hints=("For sentence j with picture i = owner[j], the negatives are the columns whose owner is not i.",
           "`np.maximum(0, m + d[i, j] - d[i, owner != i])`, sorted, the largest `hardest`, their mean; then the mean over j."),
)


def _iou(a, b, union=None):
    low, high = np.maximum(a[:, :2], b[:2]), np.minimum(a[:, 2:], b[2:])
    inside = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(a[:, 2:] - a[:, :2], axis=1), np.prod(b[2:] - b[:2])
    return inside / (areas[0] + areas[1] - inside if union is None else union(*areas, inside))


def _overlap(boxes, box):
    return _iou(boxes, box)


def _unclipped(a, b):
    low, high = np.maximum(a[:, :2], b[:2]), np.minimum(a[:, 2:], b[2:])
    inside = np.prod(high - low, axis=1)
    return inside / (np.prod(a[:, 2:] - a[:, :2], axis=1) + np.prod(b[2:] - b[:2]) - inside)


def _cases_boxes():
    boxes = np.array([[0.0, 0, 10, 10], [5, 5, 15, 20], [20, 20, 30, 30], [2, 3, 8, 9]])
    return [(boxes, np.array([2.0, 2, 12, 9])), (boxes, np.array([4.0, 1, 9, 16])), (boxes + 3, np.array([0.0, 0, 12, 12]))]


overlap = Exercise(
    name="intersection over union",
    reference=_overlap,
    cases=_cases_boxes,
    mistakes=(
        Mistake("counted twice", lambda a, b: _iou(a, b, lambda p, q, i: p + q),
                "The intersection is in both areas: take it off once from their sum."),
        Mistake("negative sides", _unclipped,
                "Boxes that do not meet have negative sides; two negative ones make a positive area. Clip the sides at 0."),
        Mistake("smaller area", lambda a, b: _iou(a, b, lambda p, q, i: np.minimum(p, q)),
                "You divided by the smaller area. A tiny box inside the true one would then be perfect."),
        Mistake("area of the true box", lambda a, b: _iou(a, b, lambda p, q, i: q),
                "You divided by the area of the true box. A box that covers the whole picture would then be perfect."),
    ),
    hints=("The intersection runs from the larger of the left ends to the smaller of the right ends; the same for top and bottom.",
           "Clip its sides at 0. Union = both areas minus the intersection."),
)


def _kernel_rho(kx, ky, r, count, centre=True, per_row=True, root=True, both=True, squared=False):
    n, sides = len(kx), []
    for k, regular in ((kx, True), (ky, both)):
        if centre:
            k = k - k.mean(axis=0) - k.mean(axis=1)[:, None] + k.mean()
        v, e = np.linalg.eigh(k)
        v = np.where(v > 1e-9 * v.max(), v, 0)
        share = np.divide(v, v + (r * (n - 1) if per_row else r) * regular, out=np.zeros(n), where=v > 0)
        sides.append((e * (np.sqrt(share) if root else share)) @ e.T)
    rho = np.linalg.svd(sides[0] @ sides[1], compute_uv=False)[:count]
    return rho**2 if squared else rho


def _kernel_correlations(kx, ky, r, count):
    return _kernel_rho(kx, ky, r, count)


def _unwhitened(kx, ky, r, count):
    kx, ky = (k - k.mean(axis=0) - k.mean(axis=1)[:, None] + k.mean() for k in (kx, ky))
    return np.linalg.svd(kx @ ky, compute_uv=False)[:count]


def _cases_kernels():
    """Two cases of linear kernels, whose answers are those of `correlations`, and one of curved kernels."""
    linear = [(x @ x.T, y @ y.T, r, min(x.shape[1], y.shape[1])) for x, y, r in correlations.cases()[:2]]
    curved = [np.exp(-0.1 * ((v[:, None] - v) ** 2).sum(axis=2)) for v in _views(5, 30, 3, 3)]
    return [*linear, (*curved, 0.05, 6)]


kernel = Exercise(
    name="correlations in the space of a kernel",
    reference=_kernel_correlations,
    cases=_cases_kernels,
    mistakes=(
        Mistake("not centred", lambda kx, ky, r, c: _kernel_rho(kx, ky, r, c, centre=False),
                "The kernels are not centred. Inner products around the origin 'correlate' through the means; take off the means of rows "
                "and columns, and add the mean of all."),
        Mistake("r without n - 1", lambda kx, ky, r, c: _kernel_rho(kx, ky, r, c, per_row=False),
                "You added r, but a kernel is n - 1 times as large as a covariance: the regulariser is r (n - 1)."),
        Mistake("no root", lambda kx, ky, r, c: _kernel_rho(kx, ky, r, c, root=False),
                "The root is missing: H is the root of K (K + c I)^-1. Without it each side is shrunk twice."),
        Mistake("one side", lambda kx, ky, r, c: _kernel_rho(kx, ky, r, c, both=False),
                "Only the side of x is regularised. A kernel of the other side that has full rank then agrees with anything."),
        Mistake("squared", lambda kx, ky, r, c: _kernel_rho(kx, ky, r, c, squared=True),
                "You returned squares, as an eigenproblem gives them. Take their roots: correlations are the singular values of H_x H_y."),
        Mistake("not whitened", _unwhitened,
                "These are singular values of K_x K_y. Directions of large variance win there; divide by K + c I first, and take the "
                "root."),
    ),
    hints=("Centre: `k - k.mean(axis=0) - k.mean(axis=1)[:, None] + k.mean()`.",
           "`v, e = np.linalg.eigh(k)`, and `v = np.maximum(v, 0)`: rounding makes some of them a little negative.",
           "H is `(e * np.sqrt(v / (v + r * (n - 1)))) @ e.T`: the same vectors, shrunk eigenvalues.",
           "`np.linalg.svd(hx @ hy, compute_uv=False)[:count]` is the answer."),
)
