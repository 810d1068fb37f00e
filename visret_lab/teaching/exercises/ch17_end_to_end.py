"""Exercises of chapter 17, with the classic mistakes of losses, negatives and layers that learn."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _unit(v):
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-12)


def _rows(seed, count, dim):
    return _unit(np.random.default_rng(seed).normal(size=(count, dim)))


def _gaps(q, p, negatives, m):
    return m - q @ p + negatives @ q


def _cases_triplet():
    # three negatives each: in order, just inside the margin, above the positive
    cases = []
    for seed, m in ((0, 0.1), (1, 0.3), (2, 0.05)):
        q, p, far = _rows(seed, 3, 5)
        p = _unit(q + 0.7 * p)
        cases.append((q, p, np.stack([_unit(far - q), _unit(p + 0.6 * far), _unit(q + 0.3 * far)]), m))
    return cases


triplets = Exercise(
    name="the triplet loss",
    reference=lambda q, p, n, m: 0.5 * np.maximum(_gaps(q, p, n, m), 0).sum(),
    cases=_cases_triplet,
    mistakes=(
        Mistake("signs exchanged", lambda q, p, n, m: 0.5 * np.maximum(m + q @ p - n @ q, 0).sum(),
                "Positive and negative have changed places: this loss is small when the *negative* is the more similar one. With "
                "similarities it is m - q.p + q.n; the other signs belong to distances."),
        Mistake("no margin", lambda q, p, n, m: 0.5 * np.maximum(_gaps(q, p, n, 0), 0).sum(),
                "The margin is missing. Then a network that maps all pictures to one point pays nothing."),
        Mistake("margin on the wrong side", lambda q, p, n, m: 0.5 * np.maximum(_gaps(q, p, n, -m), 0).sum(),
                "You subtracted the margin: a negative may now be *more* similar than the positive by m before it pays."),
        Mistake("no hinge", lambda q, p, n, m: 0.5 * _gaps(q, p, n, m).sum(),
                "Triplets in order give a negative loss here, and pay for others. Each triplet is cut off at 0, alone."),
        Mistake("hinge of the sum", lambda q, p, n, m: 0.5 * max(_gaps(q, p, n, m).sum(), 0.0),
                "You cut off the *sum* at 0. Triplets in order then hide those that are not. Cut off each one, then add."),
        Mistake("mean", lambda q, p, n, m: 0.5 * np.maximum(_gaps(q, p, n, m), 0).mean(),
                "That is the mean over the negatives. The loss of a tuple is the sum."),
        Mistake("no half", lambda q, p, n, m: np.maximum(_gaps(q, p, n, m), 0).sum(),
                "The factor 1/2 is missing. NetVLAD's authors write it so; the equation of this page has the half."),
        Mistake("squared distances", lambda q, p, n, m: 0.5 * np.maximum(m + ((q - p)**2).sum() - ((q - n)**2).sum(1), 0).sum(),
                "These are squared distances with the margin m. On unit vectors that form with 2 m is twice ours; with m it is another "
                "loss."),
    ),
    hints=("One number for each negative: m - q.p + q.n.", "`n @ q` gives all q.n at once.",
           "`np.maximum(..., 0)` cuts off each one; then the sum, and the half."),
)


def _hard(similar, labels, own, count, one=True):
    order = np.argsort(-similar, kind="stable")
    order = order[labels[order] != own]
    if one:
        order = order[np.sort(np.unique(labels[order], return_index=True)[1])]
    return order[:count]


def _cases_hard():
    cases = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        labels = rng.permutation(np.repeat(np.arange(6), 4))
        similar = rng.uniform(-0.2, 0.5, 24)
        similar[labels == 0] += 0.4  # the query's own label comes first
        similar[labels == 1] += 0.2  # and then one label alone
        cases.append((similar, labels, 0, 3))
    return cases


negatives = Exercise(
    name="hard negatives, one of each label",
    reference=_hard,
    cases=_cases_hard,
    mistakes=(
        Mistake("own label", lambda s, c, own, n: np.array([np.flatnonzero(c == k)[s[c == k].argmax()] for k in sorted(
            set(c.tolist()), key=lambda k: -s[c == k].max())])[:n],
                "A picture of the query's own label is among them. The network would be told to push away what it should find."),
        Mistake("several of a label", lambda s, c, own, n: _hard(s, c, own, n, one=False),
                "Several of these show the same thing. They are near each other, so they teach the same lesson. Take the first of each "
                "label."),
        Mistake("thinned too late", lambda s, c, own, n: (lambda o: o[np.sort(np.unique(c[o], return_index=True)[1])])(
            _hard(s, c, own, n, one=False)),
                "You took the first pictures and then one of each label, so too few are left. Thin out first, then count."),
        Mistake("easy ones", lambda s, c, own, n: _hard(-s, c, own, n),
                "These are the *least* similar pictures. Such triplets are in order already and have no gradient."),
        Mistake("order lost", lambda s, c, own, n: np.sort(_hard(s, c, own, n)),
                "The right pictures, sorted by their number. The most similar one comes first."),
        Mistake("first of the label", lambda s, c, own, n: np.array([np.flatnonzero(c == k)[0] for k in sorted(
            set(c.tolist()) - {own}, key=lambda k: -s[c == k].max())])[:n],
                "The labels are right, but of each you took the first picture, not its most similar one."),
    ),
    hints=("Sort all pictures, the most similar first; take out those of the label `own`.",
           "Walk down the list and keep a picture if its label was not seen yet. `np.unique(..., return_index=True)` does it at once.",
           "`np.unique` sorts by label: sort the positions that it returns to come back to the order of the list."),
)


def _layer(p, mean):
    return p, -p @ mean


def _cases_layer():
    cases = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        cases.append((rng.normal(size=(4, 4)) * [[3.0], [2.0], [1.0], [0.5]], rng.normal(1, 1, 4)))
    return cases


layer = Exercise(
    name="PCA-whitening as a fully connected layer",
    reference=lambda p, mean: np.column_stack(_layer(p, mean)),
    cases=_cases_layer,
    mistakes=(
        Mistake("the mean itself", lambda p, mean: np.column_stack([p, -mean]),
                "b = -m would be subtracted *behind* the projection. The mean stands before it: P(x - m) = P x - P m."),
        Mistake("sign", lambda p, mean: np.column_stack([p, p @ mean]),
                "The sign of b is wrong: the data would move away from the origin, twice as far as they were."),
        Mistake("transposed weights", lambda p, mean: np.column_stack([p.T, -p @ mean]),
                "W is transposed. torch's Linear computes W x + b with W of size outputs x inputs, and that is P as it stands."),
        Mistake("transposed shift", lambda p, mean: np.column_stack([p, -p.T @ mean]),
                "The shift was projected with P transposed. It goes the same way as x: P m."),
        Mistake("no shift", lambda p, mean: np.column_stack([p, np.zeros(len(mean))]),
                "Without the shift the mean stays in the vectors: all become similar to each other."),
        Mistake("shift not whitened", lambda p, mean: np.column_stack([p, -_unit(p) @ mean]),
                "The shift was projected with rows of unit length. P contains the whitening: its rows have different lengths."),
    ),
    hints=("Multiply out P(x - m).", "What stands with x is W; what does not contain x is b.", "`b = -P @ m`."),
)


def _netvlad(x, centers, alpha, shares=None, sign=1, intra=True):
    if shares is None:
        scores = -alpha * ((x[:, None] - centers) ** 2).sum(axis=2)
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
    v = sign * (shares.T @ x - shares.sum(axis=0)[:, None] * centers)
    return _unit((_unit(v) if intra else v).ravel())


def _other_axis(x, centers, alpha):
    shares = np.exp(-alpha * ((x[:, None] - centers) ** 2).sum(axis=2))
    return _netvlad(x, centers, alpha, shares / shares.sum(axis=0))


def _scores(x, centers, alpha, factor, bias):
    scores = factor * alpha * x @ centers.T + bias * alpha * (centers**2).sum(axis=1)
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return _netvlad(x, centers, alpha, shares / shares.sum(axis=1, keepdims=True))


def _hard_shares(x, centers):
    return np.eye(len(centers))[((x[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)]


vlad_layer = Exercise(
    name="NetVLAD",
    reference=_netvlad,
    cases=lambda: [(_rows(s, 9, 4), _rows(s + 20, 3, 4) * np.array([[1.0], [0.7], [1.3]]), a) for s, a in ((0, 1.0), (1, 2.5), (2, 0.6))],
    mistakes=(
        Mistake("hard choice", lambda x, c, a: _netvlad(x, c, a, _hard_shares(x, c)),
                "Each position went to its nearest word alone: that is VLAD. NetVLAD shares it between all words, so that there is a "
                "gradient."),
        Mistake("shares over positions", _other_axis,
                "Your shares sum to 1 over the *positions*. Each position has 1 to give, so they sum to 1 over the words."),
        Mistake("words minus positions", lambda x, c, a: _netvlad(x, c, a, sign=-1),
                "The residual is x - c, not c - x: the vector points the other way."),
        Mistake("no length of the words", lambda x, c, a: _scores(x, c, a, 2, 0),
                "The term with |c|^2 is missing. It is the same for all words only if they have one length; these have not."),
        Mistake("no factor 2", lambda x, c, a: _scores(x, c, a, 1, -1),
                "In -a |x - c|^2 the product x.c has the factor 2 a."),
        Mistake("nearest is smallest", lambda x, c, a: _netvlad(x, c, -a),
                "The softmax has the wrong sign: the *farthest* word has the largest share."),
        Mistake("no intra-normalisation", lambda x, c, a: _netvlad(x, c, a, intra=False),
                "Each word's part has to be brought to unit length before all of them are. Otherwise frequent words decide alone, as in "
                "chapter 06."),
    ),
    hints=("Squared distances of all positions and words: N x K. Shares: softmax of -alpha times them, over the words.",
           "v_k = sum_i a_ik (x_i - c_k) = (sum_i a_ik x_i) - (sum_i a_ik) c_k.",
           "Unit length of each row, then of all of them in one line."),
)


def _batch(vectors, labels, m, paying=True, itself=False, others=None):
    s, total, count = vectors @ vectors.T, 0.0, 0
    for q in range(len(labels)):
        for p in range(len(labels)):
            for n in range(len(labels)):
                if (p != q or itself) and labels[p] == labels[q] and (labels[n] != labels[q] if others is None else others(q, p, n)):
                    gap = max(m - s[q, p] + s[q, n], 0.0)
                    total, count = total + gap, count + (gap > 0 or not paying)
    return total / max(count, 1)


def _distances(v, y, m):
    d, total, count = 2 - 2 * v @ v.T, 0.0, 0
    for q in range(len(y)):
        for p in range(len(y)):
            for n in range(len(y)):
                if p != q and y[p] == y[q] != y[n]:
                    gap = max(m - d[q, p] + d[q, n], 0.0)
                    total, count = total + gap, count + (gap > 0)
    return total / max(count, 1)


batch = Exercise(
    name="all triplets of a batch",
    reference=_batch,
    cases=lambda: [(_rows(s, 7, 3), np.array([0, 0, 0, 1, 1, 2, 2]), m) for s, m in ((3, 0.1), (4, 0.2), (5, 0.4))],
    mistakes=(
        Mistake("mean of all", lambda v, y, m: _batch(v, y, m, paying=False),
                "You divided by all triplets. Most of them pay nothing, and the better the network, the smaller its steps become. Divide "
                "by those that pay."),
        Mistake("sum", lambda v, y, m: _batch(v, y, m) * max(1, sum(
            1 for q in range(len(y)) for p in range(len(y)) for n in range(len(y))
            if p != q and y[p] == y[q] != y[n] and m - v[q] @ v[p] + v[q] @ v[n] > 0)),
                "That is the sum. Its size depends on the batch; divide by the number of triplets that pay."),
        Mistake("itself as positive", lambda v, y, m: _batch(v, y, m, itself=True),
                "A picture was taken as its own positive. It is always found, and teaches nothing."),
        Mistake("any other as negative", lambda v, y, m: _batch(v, y, m, others=lambda q, p, n: n not in (q, p)),
                "Pictures of the same label were taken as negatives."),
        Mistake("no margin", lambda v, y, m: _batch(v, y, 0.0),
                "The margin is missing."),
        Mistake("distances", _distances,
                "You compared distances as if they were similarities: near negatives now pay nothing."),
    ),
    hints=("Three loops: q, p of the same label but not q, n of another label.", "Each pays max(0, m - q.p + q.n).",
           "Count those that pay more than 0, and divide by their number; by 1 where there are none."),
)


def _gem(x, p):
    return (x**p).mean() ** (1 / p)


def _slope(x, p, power=True, root=True, scale=True):
    first = (x**p * np.log(x)).sum() / (p * (x**p).sum()) if power else 0.0
    second = np.log((x**p).mean()) / p**2 if root else 0.0
    return (_gem(x, p) if scale else 1.0) * (first - second)


power = Exercise(
    name="the slope of GeM's power",
    reference=_slope,
    cases=lambda: [(np.random.default_rng(s).uniform(0.1, 3, 12), p) for s, p in ((0, 3.0), (1, 1.5), (2, 6.0))],
    mistakes=(
        Mistake("root forgotten", lambda x, p: _slope(x, p, root=False),
                "p stands in the root as well, (...)^(1/p), and that has a slope too: -ln(mean) / p^2."),
        Mistake("power forgotten", lambda x, p: _slope(x, p, power=False),
                "p stands in the power of each value as well: the slope of x^p is x^p ln x."),
        Mistake("of the logarithm", lambda x, p: _slope(x, p, scale=False),
                "That is the slope of ln g. By the chain rule, g' = g (ln g)'."),
        Mistake("sum for mean", lambda x, p: _gem(x, p) * ((x**p * np.log(x)).sum() / (p * (x**p).sum()) - np.log((x**p).sum()) / p**2),
                "The logarithm is that of the *mean* of x^p, not of the sum."),
        Mistake("power rule of x", lambda x, p: _gem(x, p) ** (1 - p) * (p * x ** (p - 1)).mean() / p,
                "You took the slope for x. The power p is what is learnt here: the slope of x^p for p is x^p ln x."),
        Mistake("logarithm to base 10", lambda x, p: _slope(x, p) / np.log(10),
                "Slopes of powers need the natural logarithm, `np.log`."),
    ),
    hints=("Write g = exp( ln(mean of x^p) / p ), and take the slope of the exponent.",
           "Slope of u / p: u' / p - u / p^2, with u = ln(mean of x^p).", "u' = sum(x^p ln x) / sum(x^p)."),
)
