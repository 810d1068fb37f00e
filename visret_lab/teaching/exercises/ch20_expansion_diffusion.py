"""Exercises of chapter 20, with the classic mistakes of expansion, graphs and walks."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def _rows(seed, count, dim, shift=0.0):
    return _unit(np.random.default_rng(seed).normal(shift, 1, (count, dim)))


def _order(q, base, own):
    order = np.argsort(-(base @ q), kind="stable")
    return order[order != own]


def _expanded(q, base, n, own):
    return _unit(q + base[_order(q, base, own)[:n]].sum(axis=0))


def _cases_expanded():
    # the own picture is not always the most similar one: a crop may be more like another picture
    cases = []
    for seed, own_rank in ((0, 0), (1, 2), (2, 0)):
        base = _rows(seed, 12, 4)
        q = _unit(base[3] + 0.4 * _rows(seed + 10, 1, 4)[0])
        cases.append((q, base, 4, int(np.argsort(-(base @ q), kind="stable")[own_rank])))
    return cases


expanded = Exercise(
    name="expansion without the own picture",
    reference=_expanded,
    cases=_cases_expanded,
    mistakes=(
        Mistake("own picture added", lambda q, b, n, own: _expanded(q, b, n, -1),
                "The query's own picture was added. It shows what was cut away from the query, and a protocol that removes it from the "
                "list does not allow to learn from it. Take it out before you count to n."),
        Mistake("the first dropped", lambda q, b, n, own: _unit(q + b[np.argsort(-(b @ q), kind="stable")[1 : n + 1]].sum(axis=0)),
                "You dropped the *first* result. The own picture need not be first: look for its id, `own`."),
        Mistake("taken out too late", lambda q, b, n, own: (lambda o: _unit(q + b[o[o != own]].sum(axis=0)))(
            np.argsort(-(b @ q), kind="stable")[:n]),
                "You counted to n first and took the own picture out then, so n - 1 results were added. Take it out before."),
        Mistake("no query", lambda q, b, n, own: _unit(b[_order(q, b, own)[:n]].sum(axis=0)),
                "The query is missing from the sum. It is the only vector of which we are sure."),
        Mistake("mean of results", lambda q, b, n, own: _unit(q + b[_order(q, b, own)[:n]].mean(axis=0)),
                "You added the *mean* of the results, so all of them together have the weight of the query. AQE gives each result the "
                "same weight as the query."),
        Mistake("no length", lambda q, b, n, own: q + b[_order(q, b, own)[:n]].sum(axis=0),
                "The sum is not of length 1. The order of one list does not change by it, but every later step (a threshold, a power, "
                "another mean) expects unit length."),
        Mistake("the last", lambda q, b, n, own: _unit(q + b[_order(-q, b, own)[:n]].sum(axis=0)),
                "You added the *least* similar images: the similarities were sorted as distances."),
    ),
    hints=("Similarities with all images, sorted from large to small; take out the id `own`; add the first n vectors to q.",
           "`order = np.argsort(-(base @ q), kind=\"stable\")`, then `order[order != own]`.",
           "At the end divide by `np.linalg.norm(...)`."),
)


def _weighted(q, base, n, alpha, weights=lambda s, alpha: np.maximum(s, 0) ** alpha, self_weight=1.0):
    s = base @ q
    first = np.argsort(-s, kind="stable")[:n]
    return _unit(self_weight * q + weights(s[first], alpha) @ base[first])


weighted = Exercise(
    name="the weights of alpha-QE",
    reference=_weighted,
    # n reaches results with negative similarity
    cases=lambda: [(_rows(3, 1, 3)[0], _rows(4, 10, 3), 8, 3.0), (_rows(5, 1, 4)[0], _rows(6, 9, 4), 9, 2.0),
                   (_rows(7, 1, 3)[0], _rows(8, 10, 3), 9, 0.5)],
    mistakes=(
        Mistake("negative power", lambda q, b, n, a: _weighted(q, b, n, a, lambda s, a: s**a),
                "A negative similarity was raised to the power. Its root is NaN, and its square is positive: the image is added for being "
                "unlike. Such a result gets weight 0."),
        Mistake("absolute value", lambda q, b, n, a: _weighted(q, b, n, a, lambda s, a: np.abs(s) ** a),
                "You took the absolute value. An image that points away from the query is then added as if it were near. Its weight is 0."),
        Mistake("sign kept", lambda q, b, n, a: _weighted(q, b, n, a, lambda s, a: np.sign(s) * np.abs(s) ** a),
                "You subtract results of negative similarity. That is another method; alpha-QE gives them weight 0."),
        Mistake("no power", lambda q, b, n, a: _weighted(q, b, n, a, lambda s, a: np.maximum(s, 0)),
                "The power alpha is missing: the weight is max(q.x, 0) to the power alpha."),
        Mistake("no weights", lambda q, b, n, a: _weighted(q, b, n, a, lambda s, a: np.ones_like(s)),
                "All results have weight 1: that is AQE, where alpha is 0."),
        Mistake("no query", lambda q, b, n, a: _weighted(q, b, n, a, self_weight=0.0),
                "The query is missing from the sum. Its weight is 1, its similarity with itself."),
        Mistake("weights sum to 1", lambda q, b, n, a: _weighted(q, b, n, a, lambda s, a: np.maximum(s, 0) ** a
                                                                 / (np.maximum(s, 0) ** a).sum()),
                "You divided the weights by their sum. Then all results together weigh as much as the query; here each has its own "
                "similarity to the power, as the query has 1."),
    ),
    hints=("As AQE, but each of the first n vectors is multiplied by a weight before it is added.",
           "The weight is `np.maximum(s, 0) ** alpha` with s = q.x.",
           "`weights @ base[first]` is the weighted sum of the rows."),
)


def _augmented(base, k, weights=None, skip=True, itself=1.0):
    s = base @ base.T
    if skip:
        np.fill_diagonal(s, -np.inf)
    w = (k - np.arange(k)) / k if weights is None else weights(k)
    near = np.argsort(-s, axis=1, kind="stable")[:, :k]
    return itself * base + np.einsum("k,nkd->nd", w, base[near])


augmented = Exercise(
    name="the augmented database",
    reference=lambda base, k: _unit(_augmented(base, k)),
    cases=lambda: [(_rows(10, 9, 4, 0.3), 4), (_rows(11, 7, 3, 0.3), 2), (_rows(12, 8, 5, 0.3), 5)],
    mistakes=(
        Mistake("itself twice", lambda b, k: _unit(_augmented(b, k, skip=False)),
                "Each image is its own nearest neighbour, so it was added twice, and a neighbour was lost. Put the diagonal to minus "
                "infinity before you sort."),
        Mistake("off by one", lambda b, k: _unit(_augmented(b, k, lambda k: (k - 1 - np.arange(k)) / k)),
                "Your weights begin at (k - 1) / k and end at 0, so the last neighbour is wasted. They are (k - r) / k for "
                "r = 0 ... k - 1."),
        Mistake("equal weights", lambda b, k: _unit(_augmented(b, k, lambda k: np.ones(k))),
                "All neighbours have weight 1. Here they fall from 1 for the nearest to 1 / k for the last."),
        Mistake("reversed", lambda b, k: _unit(_augmented(b, k, lambda k: (1 + np.arange(k)) / k)),
                "Your weights *rise* with the rank: the farthest neighbour counts most."),
        Mistake("not itself", lambda b, k: _unit(_augmented(b, k, itself=0.0)),
                "The image itself is missing. It has weight 1."),
        Mistake("no length", lambda b, k: _augmented(b, k),
                "The rows are not of length 1. Images with near neighbours are then longer, and rank higher for every query."),
        Mistake("one after the other", lambda b, k: _one_by_one(b, k),
                "You changed the rows one after the other, so later images are averaged with neighbours that were changed already, and the "
                "result depends on the order of the database. Read from the old rows, write to new ones."),
    ),
    hints=("All pairs of similarities: `base @ base.T`; an image must not be its own neighbour.",
           "Weights of the sorted neighbours: `(k - np.arange(k)) / k`.",
           "For image i: `base[i] + weights @ base[near[i]]`; then bring all rows to length 1."),
)


def _one_by_one(base, k):
    base, w = base.copy(), (k - np.arange(k)) / k
    for i in range(len(base)):
        s = base @ base[i]
        s[i] = -np.inf
        base[i] = _unit(base[i] + w @ base[np.argsort(-s, kind="stable")[:k]])
    return base


def _linked(base, k, gamma, join="and", skip=True, clip=True):
    s = base @ base.T
    ranked = s.copy()
    if skip:
        np.fill_diagonal(ranked, -np.inf)
    names = np.zeros(s.shape, bool)
    np.put_along_axis(names, np.argsort(-ranked, axis=1, kind="stable")[:, :k], True, axis=1)
    both = {"and": names & names.T, "or": names | names.T, "one": names}[join]
    return np.where(both, np.maximum(s, 0) ** gamma if clip else s**gamma, 0)


linked = Exercise(
    name="the mutual graph",
    reference=lambda base, k, gamma: _linked(base, k, gamma),
    cases=lambda: [(_rows(20, 9, 3), 5, 3.0), (_rows(21, 8, 2), 5, 2.0), (_rows(22, 10, 3), 6, 3.0)],
    mistakes=(
        Mistake("one direction", lambda b, k, g: _linked(b, k, g, "one"),
                "Your matrix is not symmetric: i names j, but j does not name i. Keep a link only where *both* name each other."),
        Mistake("either", lambda b, k, g: _linked(b, k, g, "or"),
                "One name is enough for your links, so a hub is tied to everything that names it. Both have to."),
        Mistake("self-loops", lambda b, k, g: _linked(b, k, g, skip=False),
                "Each image is its own nearest neighbour: it takes one of the k places and stands on the diagonal. A walk that stays where "
                "it is says nothing. Put the diagonal to minus infinity before you sort."),
        Mistake("one place lost", lambda b, k, g: _linked(b, k - 1, g),
                "Each image was counted among its own k nearest, so only k - 1 others were left. Put the diagonal to minus infinity "
                "*before* you sort; to set it to 0 afterwards is too late."),
        Mistake("negative power", lambda b, k, g: _linked(b, k, g, clip=False),
                "A negative similarity was raised to the power. A walk needs weights of at least 0: clip the similarity first."),
        Mistake("no power", lambda b, k, g: _linked(b, k, 1.0),
                "The power gamma is missing: it makes near neighbours count for more than far ones."),
        Mistake("zeros and ones", lambda b, k, g: (_linked(b, k, 1.0) > 0).astype(float),
                "Your links are 0 and 1. A link has the weight max(x_i.x_j, 0) to the power gamma."),
    ),
    hints=("First a matrix of booleans: does i have j among its k nearest others?",
           "`np.put_along_axis(names, ids, True, axis=1)` sets k places in each row; `names & names.T` is where both agree.",
           "`np.where(names & names.T, np.maximum(s, 0) ** gamma, 0)`."),
)


def _transition(a):
    d = a.sum(axis=1)
    scale = np.where(d > 0, 1 / np.sqrt(np.where(d > 0, d, 1)), 0)
    return scale[:, None] * a * scale


def _graph(seed, n, isolated):
    rng = np.random.default_rng(seed)
    a = np.triu(rng.uniform(0.2, 1, (n, n)) * (rng.random((n, n)) < 0.5), 1)
    a[isolated] = 0
    a[:, isolated] = 0
    return a + a.T


transition = Exercise(
    name="the transition matrix",
    reference=_transition,
    cases=lambda: [(_graph(0, 6, []),), (_graph(1, 7, [2]),), (_graph(2, 8, [0, 7]),)],
    mistakes=(
        Mistake("rows only", lambda a: a / np.where(a.sum(axis=1) > 0, a.sum(axis=1), 1)[:, None],
                "You divided by the degree of the row only. The matrix is then not symmetric, and conjugate gradients are not defined for "
                "it. Divide by the root of both degrees."),
        Mistake("no root", lambda a: (lambda d: a / np.outer(d, d))(np.where(a.sum(axis=1) > 0, a.sum(axis=1), 1)),
                "You divided by both degrees, without the root. Then the largest eigenvalue is no longer 1: the walk dies out where "
                "degrees are large, and may grow without end where they are small."),
        Mistake("multiplied", lambda a: (lambda d: a * np.sqrt(np.outer(d, d)))(a.sum(axis=1)),
                "You multiplied by the roots of the degrees. The power of D is *minus* one half."),
        Mistake("not a number", lambda a: (lambda d: a / np.sqrt(np.outer(d, d)))(a.sum(axis=1)),
                "An isolated image has degree 0, and 0 / 0 is not a number. One NaN is enough to spoil all scores of a query. Its row and "
                "column stay 0."),
        Mistake("a number of neighbours", lambda a: (lambda d: a / np.sqrt(np.outer(d, d)))(np.maximum((a > 0).sum(axis=1), 1)),
                "You took the *number* of links for the degree. It is the sum of their weights."),
        Mistake("a loop for the isolated", lambda a: _transition(a) + np.diag((a.sum(axis=1) == 0).astype(float)),
                "You gave isolated images a loop. With it, what starts there counts 1 / (1 - alpha) times: a hundred times, and no "
                "link was followed."),
    ),
    hints=("Degrees: `a.sum(axis=1)`. Then multiply each row and each column by 1 / root of its degree.",
           "`scale[:, None] * a * scale` multiplies rows and columns.",
           "Where the degree is 0, the scale is 0: `np.where(d > 0, 1 / np.sqrt(np.where(d > 0, d, 1)), 0)`."),
)


def _solved(a, y, tolerance, direction="conjugate", length=None, update=True, limit=None, more=0):
    """(f, steps); a wrong way may never arrive, or run away, so each ends after 20 steps."""
    f, r, p, steps = np.zeros_like(y), y.copy(), y.copy(), 0
    limit = tolerance * np.linalg.norm(y) if limit is None else limit
    while limit < np.linalg.norm(r) < np.inf and steps < 20:
        step = length(r, p, a) if length else (r @ r) / (p @ a @ p)
        f = f + step * p
        fresh = r - step * (a @ p) if update else y - f
        ratio = (fresh @ fresh) / (r @ r)
        p = {"conjugate": fresh + ratio * p, "steepest": fresh, "inverse": fresh + p / ratio, "root": fresh + ratio**0.5 * p,
             "minus": fresh - ratio * p}[direction]
        r, steps = fresh, steps + 1
    return f, steps + more


def _definite(seed, n):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, n))
    return x @ x.T + 2 * np.eye(n), rng.normal(size=n)


solved = Exercise(
    name="conjugate gradients",
    reference=_solved,
    cases=lambda: [(*_definite(0, 6), 0.2), (*_definite(1, 8), 0.05), (*_definite(2, 5), 0.01)],
    mistakes=(
        Mistake("steepest descent", lambda *case: _solved(*case, "steepest"),
                "You go into the residual itself each time. That is steepest descent: it goes to and fro across a valley. Add "
                "(r'.r' / r.r) times the last direction."),
        Mistake("upside down", lambda *case: _solved(*case, "inverse"),
                "The fraction for the direction stands upside down: it is the new r.r over the old one."),
        Mistake("norms", lambda *case: _solved(*case, "root"),
                "You took the norms of the residuals for the direction. Their *squares* belong there: r'.r' / r.r."),
        Mistake("subtracted", lambda *case: _solved(*case, "minus"),
                "You subtracted the last direction. It is added: p = r' + (r'.r' / r.r) p."),
        Mistake("residual in the step", lambda *case: _solved(*case, length=lambda r, p, a: (r @ r) / (r @ a @ r)),
                "The length of the step was computed with the residual in place of the direction: it is r.r / p.A p."),
        Mistake("residual without A", lambda *case: _solved(*case, update=False),
                "Your residual is y - f. What is missing is y - A f, or, step by step, r - step A p."),
        Mistake("absolute", lambda *case: _solved(*case, limit=case[2]),
                "You compare the residual with the tolerance itself. It is meant relative to y: stop where |r| <= tolerance * |y|. Else "
                "the same query, written in other units, would take another number of steps."),
        Mistake("squared", lambda *case: _solved(*case, limit=(case[2] * np.linalg.norm(case[1]))**0.5),
                "You compare r.r, the *square* of the length, with the limit. Take the root, or square the limit."),
        Mistake("no count", lambda *case: _solved(*case)[0], "f is right. Return the number of steps too: `return f, steps`."),
        Mistake("one too many", lambda *case: _solved(*case, more=1),
                "f is right, and you count one step more than was taken: a step is counted when f has moved."),
    ),
    hints=("Three vectors: f, begun at 0; r and p, both begun at y. Go on while |r| > tolerance * |y|, and count.",
           "step = r.r / p.A p;  f + step p;  r' = r - step A p;  p = r' + (r'.r' / r.r) p.",
           "In NumPy: `(r @ r) / (p @ a @ p)`. Keep the old r until the new direction is made."),
)
