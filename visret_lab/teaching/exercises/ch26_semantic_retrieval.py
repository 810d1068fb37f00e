"""Exercises of chapter 26, with the classic mistakes of captions as teachers, graded relevance, and queries of a picture plus words."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _unit(rows):
    size = np.linalg.norm(rows, axis=-1, keepdims=True)
    return rows / np.where(size > 0, size, 1)


def _similarity(vectors, owner, count, first=False, each=False, mean=False, inner=False, shift=0):
    if each:
        vectors = _unit(vectors)
    if mean:  # the mean of the similarities of all pairs of captions
        s = _unit(vectors) @ _unit(vectors).T
        return np.array([[s[np.ix_(owner == i, owner == j)].mean() if (owner == i).any() and (owner == j).any() else 0.0
                          for j in range(count)] for i in range(count)])
    rows = np.zeros((count, vectors.shape[1]))
    for v, i in zip(vectors, owner, strict=True):
        if first:
            rows[i] = v if not rows[i].any() else rows[i]
        else:
            rows[i] += v
    rows = rows if inner else _unit(rows)
    return rows @ rows.T + shift


def _assigned(vectors, owner, count):
    rows = np.zeros((count, vectors.shape[1]))
    rows[owner] += vectors  # an index that stands twice is written once
    return _unit(rows) @ _unit(rows).T


def _divided(vectors, owner, count):
    rows = np.zeros((count, vectors.shape[1]))
    np.add.at(rows, owner, vectors)
    with np.errstate(all="ignore"):
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ rows.T


def _cases_similarity():
    rng = np.random.default_rng(0)
    return [(rng.random((6, 4)), np.array([0, 0, 1, 2, 2, 2]), 3), (rng.random((7, 5)) * 3, np.array([1, 0, 3, 3, 1, 0, 0]), 5)]


teacher = Exercise(
    name="how alike are the captions?",
    reference=_similarity,
    cases=_cases_similarity,
    mistakes=(
        Mistake("written once", _assigned,
                "`rows[owner] += vectors` writes each index once: of a picture's captions only the last counts. `np.add.at(rows, owner, "
                "vectors)` adds up all."),
        Mistake("first caption", lambda *case: _similarity(*case, first=True),
                "You take the first caption of each picture. Add up all of them: each names what another leaves out."),
        Mistake("inner product", lambda *case: _similarity(*case, inner=True),
                "The sums are not brought to length 1. A picture with many captions would be like everything. Take the cosine."),
        Mistake("mean over pairs", lambda *case: _similarity(*case, mean=True),
                "That is the mean similarity of single captions. A picture is then not even like itself by 1. Add up the captions first, "
                "then take one cosine."),
        Mistake("nan", _divided,
                "A picture without captions gives 0 / 0. Its row and its column are 0: nobody said anything about it."),
        Mistake("each to length 1", lambda *case: _similarity(*case, each=True),
                "Captions go into the sum as they are; only the sum is brought to length 1."),
    ),
    hints=("Three steps: add up the captions of each picture, bring each sum to length 1, take all inner products.",
           "`rows = np.zeros((count, vectors.shape[1]))`, then `np.add.at(rows, owner, vectors)`.",
           "`size = np.linalg.norm(rows, axis=1, keepdims=True)`, `rows = rows / np.where(size > 0, size, 1)`, `rows @ rows.T`."),
)


def _triplets(s, rows, gap, turn=True, strict=False, distinct=True, absolute=True, within=True):
    found = []
    for q, i, j in rows:
        if distinct and len({q, i, j}) < 3:
            continue
        d = s[q, i] - s[q, j] if within else s[q, i] - s[i, j]
        if turn and d < 0:
            i, j = j, i
        size = abs(d) if absolute else d
        if (size > gap) if strict else (size >= gap):
            found.append((q, i, j))
    return np.array(found, np.int64).reshape(-1, 3)


def _wrong_way(s, rows, gap):
    found = _triplets(s, rows, gap)
    return found[:, [0, 2, 1]]


def _cases_triplets():
    found = []
    for seed, n, gap in ((0, 6, 0.25), (1, 7, 0.375), (2, 8, 0.125)):
        rng = np.random.default_rng(seed)
        s = np.round(rng.random((n, n)) * 8) / 8
        s = (s + s.T) / 2
        np.fill_diagonal(s, 1)
        found.append((s, rng.integers(n, size=(40, 3)), gap))
    return found


draw = Exercise(
    name="triplets by the teacher",
    reference=_triplets,
    cases=_cases_triplets,
    mistakes=(
        Mistake("wrong way round", _wrong_way,
                "In your triplets the second picture is *less* alike than the third. The order is query, positive, negative."),
        Mistake("not turned", lambda *case: _triplets(*case, turn=False),
                "Where the third picture is the more alike one, change second and third: the triplet is still good."),
        Mistake("thrown away", lambda *case: _triplets(*case, turn=False, absolute=False),
                "You keep only those that happen to come in the right order, half of them. Change second and third where the teacher says "
                "so."),
        Mistake("itself", lambda *case: _triplets(*case, distinct=False),
                "Some of your triplets hold a picture twice. A picture is its own best positive, and teaches nothing: leave such rows "
                "out."),
        Mistake("gap not reached", lambda *case: _triplets(*case, strict=True),
                "A difference of exactly `gap` is clear enough: at least the gap, so >=."),
        Mistake("other pair", lambda *case: _triplets(*case, within=False),
                "Compare s[q, +] with s[q, -]: both with the query. You compare the query's with that of the other two."),
    ),
    hints=("Row by row: leave it out where two of the three are the same picture.",
           "`d = s[q, i] - s[q, j]`; where d < 0 change i and j; keep the row where abs(d) >= gap.",
           "Return `np.array(found, int).reshape(-1, 3)`, so that no triplet is an empty array of three columns."),
)


def _hinge(a, b, c, margin, half=True, sign=1, floor=True, margin_sign=1, squared=False):
    gap = sign * (-(a * b).sum(axis=1) + (a * c).sum(axis=1))
    if squared:
        gap = ((a - b) ** 2).sum(axis=1) - ((a - c) ** 2).sum(axis=1)
    cost = margin_sign * margin + gap
    cost = np.maximum(0, cost) if floor else cost
    return cost / 2 if half else cost


def _visual(phi, triplets, margin, total=False, after=False, **wrong):
    q, p, n = (phi[triplets[:, k]] for k in range(3))
    if after:
        return float(max(0.0, _hinge(q, p, n, margin, floor=False).mean()))
    cost = _hinge(q, p, n, margin, **wrong)
    return float(cost.sum() if total else cost.mean())


def _cases_visual():
    found = []
    for seed, n, margin in ((0, 7, 0.1), (1, 5, 0.3), (2, 6, 0.2)):
        rng = np.random.default_rng(seed)
        found.append((_unit(rng.normal(size=(n, 4))), np.array([rng.permutation(n)[:3] for _ in range(9)]), margin))
    return found


visual = Exercise(
    name="pictures find pictures",
    reference=_visual,
    cases=_cases_visual,
    mistakes=(
        Mistake("turned", lambda *case: _visual(*case, sign=-1),
                "The signs are turned: your loss is small where the *negative* is near. It is m minus the similarity of the positive, plus "
                "that of the negative."),
        Mistake("no half", lambda *case: _visual(*case, half=False), "The factor 1/2 is missing."),
        Mistake("margin taken away", lambda *case: _visual(*case, margin_sign=-1),
                "The margin is added: a positive that is only just ahead still costs. Yours lets a negative win by m for nothing."),
        Mistake("no floor", lambda *case: _visual(*case, floor=False),
                "Without max(0, .) a triplet that is already in order earns money, and pays for others that are wrong."),
        Mistake("floor of the mean", lambda *case: _visual(*case, after=True),
                "max(0, .) belongs to each triplet, then comes the mean. You took it once, of the mean."),
        Mistake("sum", lambda *case: _visual(*case, total=True), "That is the sum. Return the mean over the triplets."),
        Mistake("squared distances", lambda *case: _visual(*case, squared=True),
                "These are squared distances; the loss has inner products. On unit vectors they differ by the factor 2, so your margin is "
                "worth only half."),
    ),
    hints=("Take the three columns of `rows` at once: `q, p, n = phi[rows].transpose(1, 0, 2)`, each T x D.",
           "Inner products row by row: `(q * p).sum(axis=1)`.",
           "`np.maximum(0, m - (q * p).sum(axis=1) + (q * n).sum(axis=1)).mean() / 2`."),
)


def _joint(phi, theta, triplets, margin, parts="vab", mean=False, cross="phi"):
    q, p, n = triplets.T
    all_ = {"v": (phi[q], phi[p], phi[n]), "a": (phi[q], theta[p], theta[n]), "b": (theta[q], phi[p], phi[n]),
            "t": (theta[q], theta[p], theta[n]), "x": (phi[q], theta[p], phi[n])}
    cost = [_hinge(*all_[k], margin).mean() for k in parts]
    return float(np.mean(cost) if mean else np.sum(cost))


def _joint_hinge(phi, theta, triplets, margin):
    q, p, n = triplets.T
    total = sum(_hinge(a, b, c, margin, floor=False, half=False) for a, b, c in (
        (phi[q], phi[p], phi[n]), (phi[q], theta[p], theta[n]), (theta[q], phi[p], phi[n])))
    return float(np.maximum(0, total).mean() / 2)


def _cases_joint():
    found = []
    for (phi, triplets, margin), seed in zip(_cases_visual(), (5, 6, 7), strict=True):
        found.append((phi, _unit(np.random.default_rng(seed).normal(size=phi.shape)), triplets, margin))
    return found


joint = Exercise(
    name="with captions in the space",
    reference=_joint,
    cases=_cases_joint,
    mistakes=(
        Mistake("pictures alone", lambda *case: _joint(*case, parts="v"), "Only L_v is there. L_t1 and L_t2 have the captions in them."),
        Mistake("captions alone", lambda *case: _joint(*case, parts="ab"), "L_v is missing: pictures find pictures, too."),
        Mistake("captions with captions", lambda *case: _joint(*case, parts="vt"),
                "You let captions find captions. In L_t1 a *picture* asks and captions answer, in L_t2 a *caption* asks and pictures "
                "answer; a loss among captions alone moves no picture."),
        Mistake("one way twice", lambda *case: _joint(*case, parts="vaa"),
                "Both losses have a picture that asks. In L_t2 the caption of q asks: theta_q with phi_+ and phi_-."),
        Mistake("mixed answers", lambda *case: _joint(*case, parts="vxb"),
                "In L_t1 both answers are captions, theta_+ and theta_-. You have a caption on one side and a picture on the other."),
        Mistake("mean of three", lambda *case: _joint(*case, mean=True), "Add the three losses up; you took their mean."),
        Mistake("one floor", _joint_hinge,
                "max(0, .) belongs to each of the three losses. With one floor for their sum, a good L_v pays for a bad L_t1."),
    ),
    hints=("Write a small function of three matrices: `cost(a, b, c)` for who asks, the positive, the negative.",
           "L_v: (phi, phi, phi). L_t1: (phi, theta, theta). L_t2: (theta, phi, phi).",
           "The row numbers are `q, p, n = rows.T`; add up the three means."),
)


def _ndcg(ranking, grades, k, base=2.0, first=2, best="all", discount=True, order_of=False, divide=True, gain=lambda g: 2**g - 1):
    worth = gain(np.asarray(grades, float))
    got = worth[ranking][:k] if not order_of else worth[:k]
    if best == "all":
        top = np.sort(worth)[::-1][:k]
    elif best == "retrieved":
        top = np.sort(worth[ranking[:k]])[::-1]
    else:
        top = np.sort(worth)[::-1]
    weigh = (lambda n: 1 / np.log2(np.arange(first, n + first))) if discount else (lambda n: np.ones(n))
    if base != 2.0:
        weigh = lambda n: 1 / np.maximum(np.log2(np.arange(1, n + 1)), 1)  # noqa: E731
    found = got @ weigh(len(got))
    return float(found / (top @ weigh(len(top)))) if divide else float(found)


def _cases_ndcg():
    found = []
    for seed, n, k in ((0, 8, 3), (1, 10, 10), (2, 6, 4)):
        rng = np.random.default_rng(seed)
        found.append((rng.permutation(n), rng.permutation(np.arange(n) % 4), k))
    return found


graded = Exercise(
    name="NDCG",
    reference=_ndcg,
    cases=_cases_ndcg,
    mistakes=(
        Mistake("not normalised", lambda *case: _ndcg(*case, divide=False),
                "That is the DCG. Divide by the DCG of the best possible order."),
        Mistake("best of the retrieved", lambda *case: _ndcg(*case, best="retrieved"),
                "Your ideal order is made of the k items that were found. Then a method that finds ten bad items, and sorts them well, "
                "gets 1. The best order is that of *all* items, cut at k."),
        Mistake("ideal not cut", lambda *case: _ndcg(*case, best="whole"),
                "The ideal sum goes over all items, the found one only over k. Cut both at k."),
        Mistake("discount from 1", lambda *case: _ndcg(*case, base=1),
                "The discount is log2(position + 1): the first counts fully, the second by 1 / log2(3). Yours lets first and second count "
                "alike, as an older form does."),
        Mistake("no discount", lambda *case: _ndcg(*case, discount=False),
                "Every position counts alike in your sum. Divide the gain at position i (from 1) by log2(i + 1)."),
        Mistake("one place late", lambda *case: _ndcg(*case, first=3),
                "Positions begin at 1, so the first is divided by log2(2) = 1. You begin one place later: with `enumerate` from 0 it is "
                "log2(n + 2)."),
        Mistake("gains by position", lambda *case: _ndcg(*case, order_of=True),
                "You read the gains in the order of the ids. The item at position i is ranking[i]: its gain is gains[ranking[i]]."),
        Mistake("linear gains", lambda *case: _ndcg(*case, gain=lambda g: g),
                "You took the grades themselves for the gains, as the chapter does with its cosines. Here the gain of grade g is 2^g - 1."),
        Mistake("without the minus one", lambda *case: _ndcg(*case, gain=lambda g: 2**g),
                "Your gain of grade 0 is 1: what has nothing to do with the query adds to the sum. The gain is 2^g - 1."),
    ),
    hints=("First the gains, `2.0**grades - 1`; then those in the order of the ranking: `gains[ranking][:k]`.",
           "Discounts of n positions: `1 / np.log2(np.arange(2, n + 2))`.",
           "The ideal: `np.sort(gains)[::-1][:k]` with the same discounts. Return the quotient."),
)


def _query(image, plus, minus, weight, unit=True, sign=1, weigh_all=False, own_weight=1.0, early=False, plain=False):
    image, plus, minus = (np.asarray(v, float) for v in (image, plus, minus))
    if plain:
        found = image + weight * plus - minus
    elif weigh_all:
        found = weight * (image + plus - minus)
    elif early:
        found = _unit(image + weight * plus) - weight * minus
    else:
        found = own_weight * image + sign * weight * (plus - minus)
    return _unit(found) if unit else found


def _cases_query():
    found = []
    for seed, weight in ((0, 0.5), (1, 1.5), (2, 2.0)):
        a, b, c = _unit(np.random.default_rng(seed).normal(size=(3, 5)))
        found.append((a, b, c, weight))
    return found


words = Exercise(
    name="a picture plus words",
    reference=_query,
    cases=_cases_query,
    mistakes=(
        Mistake("not normalised", lambda *case: _query(*case, unit=False),
                "The direction is right, the length is not. For one query the ranking stays the same, but similarities are no cosines, and "
                "two queries cannot be compared. Bring it to length 1."),
        Mistake("turned", lambda *case: _query(*case, sign=-1), "You add what is to go, and take away what is to come."),
        Mistake("weight on one side", lambda *case: _query(*case, plain=True),
                "The weight belongs to both words: weight * (plus - minus)."),
        Mistake("weight without effect", lambda *case: _query(*case, weigh_all=True),
                "The weight does nothing: it is not used, or it multiplies the picture, too, and goes when the query is brought to length "
                "1. It belongs to the words alone."),
        Mistake("unit too early", lambda *case: _query(*case, early=True),
                "Bring the query to length 1 once, at the end. After the first word the scale of the second would be another one."),
        Mistake("words alone", lambda *case: _query(*case, own_weight=0.0), "The picture is missing in your query."),
    ),
    hints=("All three are vectors of one length in one space: add them.",
           "`found = image + weight * (plus - minus)`.",
           "`found / np.linalg.norm(found)`."),
)


def _agree(a, b, rows, ties="half", same="q", gaps=False):
    q, i, j = rows.T
    left, right = ((a[q, i] - a[q, j], b[q, i] - b[q, j]) if same == "q" else (a[q, i] - a[i, j], b[q, i] - b[i, j]))
    if gaps:
        return float(np.corrcoef(left, right)[0, 1])
    if ties == "half":
        return float(((1 + np.sign(left) * np.sign(right)) / 2).mean())
    if ties == "right":
        return float((left * right >= 0).mean())
    if ties == "wrong":
        return float((left * right > 0).mean())
    if ties == "equal":
        return float((np.sign(left) == np.sign(right)).mean())
    clear = left * right != 0
    return float((left * right > 0)[clear].mean())


def _cases_agree():
    found = []
    for seed, n in ((0, 6), (1, 8), (2, 7)):
        rng = np.random.default_rng(seed)
        a, b = (np.round(rng.random((n, n)) * 4) / 4 for _ in range(2))
        found.append((a, b, np.array([rng.permutation(n)[:3] for _ in range(60)])))
    return found


agreement = Exercise(
    name="do two judges agree?",
    reference=_agree,
    cases=_cases_agree,
    mistakes=(
        Mistake("ties agree", lambda *case: _agree(*case, ties="right"),
                "You count a tie as agreement. A judge who finds all pictures equally alike would agree with everybody. A tie counts 1/2, "
                "as a coin would."),
        Mistake("ties disagree", lambda *case: _agree(*case, ties="wrong"),
                "You count a tie as disagreement. Chance would then be less than one half. A tie counts 1/2."),
        Mistake("ties equal ties", lambda *case: _agree(*case, ties="equal"),
                "Equal signs also hold where both are 0: two judges who say nothing then agree. Where either has a tie count 1/2."),
        Mistake("ties left out", lambda *case: _agree(*case, ties="out"),
                "You leave ties out, so the two figures of two methods are over other questions. Count a tie as 1/2 and keep it."),
        Mistake("other pair", lambda *case: _agree(*case, same="i"),
                "Both similarities are with q: s[q, i] against s[q, j]."),
        Mistake("correlation", lambda *case: _agree(*case, gaps=True),
                "That is the correlation of the differences. Asked is the share of questions that get the same answer."),
    ),
    hints=("For each judge, the sign of s[q, i] - s[q, j] says who is more alike; 0 is a tie.",
           "The product of the two signs is 1 (agree), -1 (disagree) or 0 (a tie).",
           "`((1 + np.sign(left) * np.sign(right)) / 2).mean()`."),
)
