"""Exercises of chapter 21, with the classic mistakes of networks that compare."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def _rows(seed, count, dim):
    return _unit(np.random.default_rng(seed).normal(size=(count, dim)))


def _relu(x):
    return np.maximum(x, 0)


def _score(stacked, w1, c1, w, c):
    return float(w @ _relu(w1 @ stacked + c1) + c)


def _one_way(a, b, *net):
    return _score(np.concatenate([a, b]), *net)


def _net(seed, dim, hidden):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(hidden, 2 * dim)), rng.normal(size=hidden), rng.normal(size=hidden), float(rng.normal())


def _no_relu(a, b, w1, c1, w, c):
    return (sum(float(w @ (w1 @ np.concatenate(x) + c1) + c) for x in ((a, b), (b, a)))) / 2


both = Exercise(
    name="the mean of both orders",
    reference=lambda a, b, *net: (_one_way(a, b, *net) + _one_way(b, a, *net)) / 2,
    cases=lambda: [(*_rows(seed, 2, dim), *_net(seed + 20, dim, hidden)) for seed, dim, hidden in ((0, 3, 5), (1, 4, 8), (2, 2, 6))],
    mistakes=(
        Mistake("one order", _one_way,
                "You asked once, for [a; b]. The network gives another value for [b; a]; the mean of both is wanted."),
        Mistake("the other order", lambda a, b, *net: _one_way(b, a, *net),
                "You asked once, for [b; a]. Ask in both orders and take the mean."),
        Mistake("sum", lambda a, b, *net: _one_way(a, b, *net) + _one_way(b, a, *net),
                "You added both orders up. A ranking does not change by it, but the value no longer stands beside a cosine: divide by 2."),
        Mistake("larger", lambda a, b, *net: max(_one_way(a, b, *net), _one_way(b, a, *net)),
                "You took the larger of both orders. It is symmetric, too, but it believes whichever order errs upwards."),
        Mistake("difference", lambda a, b, *net: (_score(np.concatenate([a - b, b - a]), *net) + _score(np.concatenate([b - a, a - b]),
                                                                                                        *net)) / 2,
                "You gave the network differences. It learnt from the two vectors themselves, one after the other: [a; b]."),
        Mistake("mean of vectors", lambda a, b, *net: _score(np.concatenate([(a + b) / 2, (a + b) / 2]), *net),
                "You took the mean of the *vectors* and asked once. The network is not linear: take the mean of its two answers."),
        Mistake("no ReLU", _no_relu,
                "The ReLU behind the first layer is missing. Without it all layers together are one linear map, and s(a, b) is a part of a "
                "plus a part of b: the same ranking for every query."),
    ),
    hints=("One order: `x = np.concatenate([a, b])`, then `w @ np.maximum(w1 @ x + c1, 0) + c`.",
           "Write it as a function of (first, second), call it twice with the vectors exchanged.",
           "The mean of both: their sum, divided by 2."),
)


def _loss(score, cosine, same, delta):
    return float(np.abs(score - cosine - delta * np.where(same, 1, -1)).mean())


def _pairs(seed, count):
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, count), rng.uniform(-1, 1, count), np.arange(count) % 3 == 0


loss = Exercise(
    name="the loss around the cosine",
    reference=_loss,
    cases=lambda: [(*_pairs(0, 7), 0.2), (*_pairs(1, 8), 0.4), (*_pairs(2, 5), 0.8)],
    mistakes=(
        Mistake("sign of delta", lambda s, c, y, d: _loss(s, c, ~y, d),
                "The sign of delta is turned round: matches would be pulled *below* their cosine. It is cosine + delta for a match."),
        Mistake("sum", lambda s, c, y, d: _loss(s, c, y, d) * len(s),
                "You added up; here the loss is the mean over the pairs. With a sum, a batch twice as large takes steps twice as large."),
        Mistake("square", lambda s, c, y, d: float(((s - c - d * np.where(y, 1, -1)) ** 2).mean()),
                "You squared the differences. The loss takes their absolute value: a pair that is far off pulls no harder than another."),
        Mistake("hinge", lambda s, c, y, d: float(np.where(y, _relu(c + d - s), _relu(s - c + d)).mean()),
                "Your loss is 0 once a pair lies beyond its goal. This one pulls it back: a match is to have cosine + delta, no more."),
        Mistake("no cosine", lambda s, c, y, d: float(np.abs(s - np.where(y, d, -d)).mean()),
                "The cosine is missing. The goal of a pair is its own cosine, moved by delta, not delta itself."),
        Mistake("matches only", lambda s, c, y, d: float(np.abs(s - c - d * y).mean()),
                "Pairs of different things are to lie *below* their cosine by delta; you left them at it."),
    ),
    hints=("Each pair has a goal: its cosine plus delta for the same thing, minus delta for another.",
           "`goal = cosine + delta * np.where(same, 1, -1)`.",
           "The mean of `np.abs(score - goal)`."),
)


def _with_cosine(a, g, c, aside=True, unit=True, along=None):
    side = g - (a @ g) * a if aside else g
    side = _unit(side) if unit else side
    return c * a + (np.sqrt(1 - c**2) if along is None else along) * side


def _cases_cosine():
    return [(*_rows(seed, 1, 5), 2 * np.random.default_rng(seed + 9).normal(size=5), c) for seed, c in ((0, 0.3), (1, -0.8), (2, 0.95))]


wanted = Exercise(
    name="a vector with a given cosine",
    reference=_with_cosine,
    cases=_cases_cosine,
    mistakes=(
        Mistake("raw", lambda a, g, c: _unit(g),
                "You took the random vector as it is. Its cosine with a is what chance gives: near 0 in many dimensions, and never c."),
        Mistake("not aside", lambda a, g, c: _with_cosine(a, g, c, aside=False, unit=True),
                "The random vector still has a part along a, so the cosine is not c. Take out (a.g) a first."),
        Mistake("not unit", lambda a, g, c: _with_cosine(a, g, c, unit=False),
                "What is left of g has some length. Bring it to length 1 before you mix, or the result is not of length 1."),
        Mistake("1 - c", lambda a, g, c: _with_cosine(a, g, c, along=1 - c),
                "The shares of a mixture do not add up to 1 here; their *squares* do: c and the root of 1 - c^2."),
        Mistake("root forgotten", lambda a, g, c: _with_cosine(a, g, c, along=1 - c**2),
                "The root is missing: the part aside has the length sqrt(1 - c^2)."),
        Mistake("normalised mixture", lambda a, g, c: _unit(c * a + (1 - abs(c)) * _unit(g - (a @ g) * a)),
                "You mixed by c and 1 - |c| and brought the sum to length 1. That changes the cosine: it is c only if the other share is "
                "sqrt(1 - c^2)."),
    ),
    hints=("Two directions are enough: a, and one at right angles to it.",
           "`side = g - (a @ g) * a`, brought to length 1.",
           "Pythagoras: `c * a + np.sqrt(1 - c**2) * side` has length 1, and its product with a is c."),
)


def _first(query, images, w1, c1, swap=False, bias=1, own=True):
    dim = len(query)
    left, right = (w1[:, dim:], w1[:, :dim]) if swap else (w1[:, :dim], w1[:, dim:])
    return images @ right.T + bias * c1 + (left @ query if own else 0)


prepared = Exercise(
    name="the first layer, prepared",
    reference=_first,
    cases=lambda: [(_rows(s, 1, d)[0], _rows(s + 5, n, d), *_net(s + 30, d, h)[:2])
                   for s, d, n, h in ((0, 3, 6, 4), (1, 4, 5, 7), (2, 2, 8, 5))],
    mistakes=(
        Mistake("halves exchanged", lambda *x: _first(*x, swap=True),
                "The halves of the matrix are exchanged. The query stands first in the pair, so the *left* half is its own."),
        Mistake("bias twice", lambda *x: _first(*x, bias=2),
                "The bias came in twice, once with each part. The layer has it once."),
        Mistake("no bias", lambda *x: _first(*x, bias=0),
                "The bias is missing."),
        Mistake("no query", lambda *x: _first(*x, own=False),
                "That is what a database keeps; the query's own part is still to be added to every row."),
        Mistake("ReLU too early", lambda q, x, w1, c1: _relu(x @ w1[:, len(q):].T + c1) + _relu(w1[:, : len(q)] @ q),
                "You took the ReLU of each part. It belongs behind the sum: ReLU(u + v) is not ReLU(u) + ReLU(v)."),
        Mistake("left half twice", lambda q, x, w1, c1: (x + q) @ w1[:, : len(q)].T + c1,
                "Both parts went through the left half. Then the order would not matter; the right half belongs to the image."),
    ),
    hints=("A matrix times a stacked vector is a sum: left half times the first, right half times the second.",
           "`images @ w1[:, D:].T` has one row an image.",
           "Add `w1[:, :D] @ query` and `c1` to every row. No ReLU yet."),
)


def _hard(score, cosine, labels):
    same = labels[:, None] == labels
    worse = np.where(same, score < cosine, score > cosine)
    return worse & ~np.eye(len(labels), dtype=bool)


def _rule(score, cosine, labels, rule):
    return rule(score, cosine, labels[:, None] == labels) & ~np.eye(len(labels), dtype=bool)


def _cases_hard():
    cases = []
    for seed, n in ((0, 6), (1, 7), (2, 8)):
        rng = np.random.default_rng(seed)
        x = _rows(seed, n, 3)
        cases.append((x @ x.T + 0.4 * rng.normal(size=(n, n)), x @ x.T, np.arange(n) % 3))
    return cases


hard = Exercise(
    name="which pairs are hard",
    reference=_hard,
    cases=_cases_hard,
    mistakes=(
        Mistake("inverted", lambda s, c, y: _rule(s, c, y, lambda s, c, m: np.where(m, s > c, s < c)),
                "You chose the pairs where the network is *better* than the cosine. Hard are those where it is worse."),
        Mistake("itself", lambda s, c, y: np.where(y[:, None] == y, s < c, s > c),
                "An image with itself is no pair of the training: the diagonal stays False."),
        Mistake("other things only", lambda s, c, y: _rule(s, c, y, lambda s, c, m: ~m & (s > c)),
                "You forgot the matches that lie *below* their cosine. There are few of them, and they are the ones a search misses."),
        Mistake("one order", lambda s, c, y: np.triu(_hard(s, c, y)),
                "You looked at one order only. s(a, b) and s(b, a) differ, so one of them may be hard and the other not."),
        Mistake("below 0", lambda s, c, y: _rule(s, c, y, lambda s, c, m: np.where(m, s < 0, s > 0)),
                "You compared with 0. The measure is the pair's own cosine: the network has to be better than what it replaces."),
        Mistake("same rule for both", lambda s, c, y: _rule(s, c, y, lambda s, c, m: s < c),
                "For different things it is good to lie below the cosine. The rule turns round with the label."),
    ),
    hints=("`same = labels[:, None] == labels` is N x N.",
           "Where same: hard if score < cosine. Elsewhere: hard if score > cosine. `np.where` takes both.",
           "At last `& ~np.eye(N, dtype=bool)`."),
)


def _oasis(x, triplets, most, start=None, least=min, outer=lambda q, way: np.outer(q, way), margin=1.0, guard=True, size=None):
    w, paid = np.eye(x.shape[1]) if start is None else start(x.shape[1]), 0
    for q, p, n in triplets:
        way = x[p] - x[n]
        loss = margin - x[q] @ w @ way
        paid += loss > 0
        if loss > 0 or not guard:
            v = outer(x[q], way)
            w = w + least(most, loss / ((v**2).sum() if size is None else size(x[q], way))) * v
    return w, paid / len(triplets)


def _paid_at_last(x, triplets, most):
    w, _ = _oasis(x, triplets, most)
    q, p, n = x[triplets].transpose(1, 0, 2)
    return w, float((1 - ((q @ w) * (p - n)).sum(axis=1) > 0).mean())


def _cases_oasis():
    cases = []
    for seed, most in ((0, 0.3), (1, 0.1), (2, 1.0)):
        rng = np.random.default_rng(seed)
        x = 1.4 * _rows(seed, 7, 3)
        cases.append((x, np.stack([rng.permutation(7)[:3] for _ in range(12)]), most))
    return cases


oasis = Exercise(
    name="OASIS",
    reference=_oasis,
    cases=_cases_oasis,
    mistakes=(
        Mistake("no min", lambda x, t, c: _oasis(x, t, c, least=lambda most, step: step),
                "The step has no upper bound. One wrong label may then turn W over; C is the longest step."),
        Mistake("always C", lambda x, t, c: _oasis(x, t, c, least=lambda most, step: most),
                "You always go the whole C. The step is as short as it may be: loss / |V|^2, if that is less than C."),
        Mistake("max", lambda x, t, c: _oasis(x, t, c, least=max),
                "You took the *larger* of the two. C bounds the step from above: min(C, loss / |V|^2)."),
        Mistake("starts at zero", lambda x, t, c: _oasis(x, t, c, start=lambda d: np.zeros((d, d))),
                "W starts as the identity: before the first triplet the similarity is the inner product that you had."),
        Mistake("transposed", lambda x, t, c: _oasis(x, t, c, outer=lambda q, way: np.outer(way, q)),
                "Your V is turned round. In s(q, p) = q' W p the query multiplies the rows of W: V = q (p - n)'."),
        Mistake("away", lambda x, t, c: _oasis(x, t, c, outer=lambda q, way: -np.outer(q, way)),
                "W moves the wrong way: towards the negative. V is q (p - n)', and it is added."),
        Mistake("no guard", lambda x, t, c: _oasis(x, t, c, guard=False),
                "A triplet that is right by more than 1 costs nothing and must not move W; yours is pulled back to the margin."),
        Mistake("query forgotten", lambda x, t, c: _oasis(x, t, c, size=lambda q, way: way @ way),
                "|V|^2 is the sum of all squares of the matrix V = q (p - n)', that is |q|^2 |p - n|^2. The query's length is missing."),
        Mistake("counted at the end", _paid_at_last,
                "W is right. But you asked with the last W which triplets pay. Count while you read: each pays, or not, when its turn "
                "comes."),
        Mistake("a number", lambda x, t, c: (_oasis(x, t, c)[0], _oasis(x, t, c)[1] * len(t)),
                "W is right. Your second answer is the number of triplets that paid; divide by how many there are."),
    ),
    hints=("`w = np.eye(D)`, then one triplet (q, p, n) after the other: numbers of rows of x.",
           "`loss = 1 - x[q] @ w @ (x[p] - x[n])`; nothing happens where it is not above 0.",
           "`v = np.outer(x[q], x[p] - x[n])` and `w = w + min(C, loss / (v**2).sum()) * v`; count how often you came here."),
)
