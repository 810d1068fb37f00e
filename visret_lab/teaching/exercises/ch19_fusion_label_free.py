"""Exercises of chapter 19, with the classic mistakes of fusion and of triplets without labels."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _between(scores, low, high):
    flat = low == high
    return np.where(flat, 0.0, (scores - low) / np.where(flat, 1, high - low))


def _scaled(scores):
    return _between(scores, scores.min(axis=1, keepdims=True), scores.max(axis=1, keepdims=True))


def _cases_scaled():
    rng = np.random.default_rng(0)
    flat = rng.integers(2, 60, (4, 6)).astype(float)
    flat[2] = 5.0  # a query for which a system found nothing
    return [(rng.normal(3, 2, (3, 7)),), (flat,)]


def _undivided(scores):
    low, high = scores.min(axis=1, keepdims=True), scores.max(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return (scores - low) / (high - low)


scaled = Exercise(
    name="scores on one scale",
    reference=_scaled,
    cases=_cases_scaled,
    mistakes=(
        Mistake("all queries together", lambda s: _between(s, s.min(), s.max()),
                "You took the smallest and the largest score of *all* queries. A query with many matches then presses the others "
                "to almost 0. "
                "Each row has its own."),
        Mistake("columns", lambda s: _between(s, s.min(axis=0), s.max(axis=0)),
                "You scaled each *image* over the queries. A search compares images for one query: a row is scaled."),
        Mistake("not a number", _undivided,
                "A row in which all scores are the same gives 0 / 0. Such a system has nothing to say for this query: its row is 0."),
        Mistake("flat row of ones", lambda s: np.where(s.min(axis=1, keepdims=True) == s.max(axis=1, keepdims=True), 1.0, _scaled(s)),
                "A row in which all scores are the same became 1. It changes no order, but it is not the 0 that is asked for, and a sum of "
                "systems would no longer say how sure they are together."),
        Mistake("over the largest", lambda s: s / s.max(axis=1, keepdims=True),
                "You only divided by the largest score. The smallest must become 0, too: subtract it first."),
        Mistake("z", lambda s: (s - s.mean(axis=1, keepdims=True)) / np.where(s.std(axis=1, keepdims=True) > 0,
                                                                              s.std(axis=1, keepdims=True), 1),
                "That is the z rule: mean 0 and deviation 1. Here the smallest becomes 0 and the largest 1."),
    ),
    hints=("Smallest and largest of each row: `scores.min(axis=1, keepdims=True)`.",
           "(s - low) / (high - low). Where high equals low, divide by 1 instead, and the row is 0.",
           "`np.where(low == high, 1, high - low)`."),
)


def _weighed(a, b, w, scale=_scaled):
    return w * scale(a) + (1 - w) * scale(b)


def _cases_weighed():
    cases = []
    for seed, w in enumerate((0.3, 0.8, 0.6)):
        rng = np.random.default_rng(seed)
        cases.append((rng.integers(0, 60, (3, 8)).astype(float), rng.uniform(-0.2, 1, (3, 8)), w))
    return cases


weighed = Exercise(
    name="a weighted sum of two systems",
    reference=lambda a, b, w: _weighed(a, b, w),
    cases=_cases_weighed,
    mistakes=(
        Mistake("raw scores", lambda a, b, w: _weighed(a, b, w, lambda s: s),
                "You added the scores as they are. Matches are counted in tens and cosines end at 1: the first system alone "
                "decides. Bring both "
                "to one scale first."),
        Mistake("scaled afterwards", lambda a, b, w: _scaled(_weighed(a, b, w, lambda s: s)),
                "You added first and scaled the sum. That changes no order: it is still the sum of raw scores. Scale each system."),
        Mistake("weights swapped", lambda a, b, w: _weighed(b, a, w),
                "The weights are swapped: w belongs to the first system, 1 - w to the second."),
        Mistake("second with weight 1", lambda a, b, w: w * _scaled(a) + _scaled(b),
                "The second system has weight 1. With 1 - w, the ends of the scale are the two systems alone."),
        Mistake("product", lambda a, b, w: _scaled(a) ** w * _scaled(b) ** (1 - w),
                "That is a weighted product. One system that gives an image 0 then throws it out, whatever the other says. A sum "
                "is asked for."),
    ),
    hints=("First bring each system to 0..1 for each query, as in the first exercise.",
           "Then w times the first plus (1 - w) times the second."),
)


def _by_ranks(systems, fade=60, first=1, order=lambda s: np.argsort(np.argsort(-s, axis=1, kind="stable"), axis=1, kind="stable")):
    return sum(1 / (fade + first + order(s)) for s in systems)


by_ranks = Exercise(
    name="fusion by ranks",
    reference=lambda systems: _by_ranks(systems),
    cases=lambda: [([np.random.default_rng(i).normal(size=(3, 9)) for i in pair],) for pair in ((0, 1), (2, 3), (4, 5, 6))],
    mistakes=(
        Mistake("order for rank", lambda systems: _by_ranks(systems, order=lambda s: np.argsort(-s, axis=1, kind="stable")),
                "`argsort` says which image stands at a place. You need the place of each image: sort the order once more, or "
                "write the places "
                "with `np.put_along_axis`."),
        Mistake("worst first", lambda systems: _by_ranks([-s for s in systems]),
                "Your first place went to the *smallest* score. A larger score is better."),
        Mistake("from 0", lambda systems: _by_ranks(systems, first=0),
                "Your ranks begin at 0. The best image has rank 1, so its share is 1 / 61."),
        Mistake("no 60", lambda systems: _by_ranks(systems, fade=0),
                "The 60 is missing. Without it the first place counts twice as much as the second, and one system's first result "
                "can hardly be "
                "overruled."),
        Mistake("sum of ranks", lambda systems: sum(
            1 + np.argsort(np.argsort(-s, axis=1, kind="stable"), axis=1, kind="stable") for s in systems),
                "You added the ranks. Then a small value is good, and an image that one system puts last can never come back. Add "
                "1 / (60 + rank)."),
    ),
    hints=("The rank of an image is its place in the list, from 1.", "`np.argsort(np.argsort(-s, axis=1), axis=1) + 1` are the ranks.",
           "Add 1 / (60 + rank) over the systems."),
)


def _honest(weights, ap, other):
    best = np.nanmean(ap[:, other], axis=1).argmax()
    return np.array([weights[best], np.nanmean(ap[best, ~other])])


def _cases_honest():
    cases = []
    for seed in (0, 1, 4):
        rng = np.random.default_rng(seed)
        weights, other = np.linspace(0, 1, 6), np.arange(12) % 2 == 0
        ap = rng.uniform(0.2, 0.9, (6, 12))
        ap[1, other] += 0.2  # best where it may be chosen
        ap[4, ~other] += 0.3  # best on the queries that are reported, and over all
        ap[:, 5] = np.nan  # a query without positives
        cases.append((weights, ap, other))
    return cases


honest = Exercise(
    name="a weight that was chosen on other queries",
    reference=_honest,
    cases=_cases_honest,
    mistakes=(
        Mistake("chosen on the test", lambda w, ap, o: (lambda b: np.array([w[b], np.nanmean(ap[b, ~o])]))(
            np.nanmean(ap[:, ~o], axis=1).argmax()),
                "You chose the weight on the queries that you report. It fits them better than any others: your figure is too high."),
        Mistake("chosen on all", lambda w, ap, o: (lambda b: np.array([w[b], np.nanmean(ap[b, ~o])]))(np.nanmean(ap, axis=1).argmax()),
                "You chose the weight on all queries, and the reported ones are among them. Use only those of `other`."),
        Mistake("reported on all", lambda w, ap, o: (lambda b: np.array([w[b], np.nanmean(ap[b])]))(np.nanmean(ap[:, o], axis=1).argmax()),
                "You reported the mean over all queries. Those on which the weight was chosen do not belong in the report."),
        Mistake("best of each query", lambda w, ap, o: np.array([_honest(w, ap, o)[0], np.nanmean(np.nanmax(ap[:, ~o][:, ~np.isnan(
            ap[0, ~o])], axis=0))]),
                "You took the best weight of *each* query. Nobody knows it when the query comes; it needs the answer."),
        Mistake("not a number", lambda w, ap, o: (lambda b: np.array([w[b], ap[b, ~o].mean()]))(ap[:, o].mean(axis=1).argmax()),
                "A query without positives has no AP: it is NaN, and so is every mean with it. Use `np.nanmean`."),
        Mistake("place of the weight",
                lambda w, ap, o: (lambda b: np.array([b, np.nanmean(ap[b, ~o])]))(np.nanmean(ap[:, o], axis=1).argmax()),
                "You returned the place of the weight in the list and not the weight."),
    ),
    hints=("`ap[:, other]` are the columns of the queries on which you may choose.",
           "Mean over these queries for each weight, then `argmax`: the row of the weight.",
           "Report the mean of that row over `~other`. Both means are `np.nanmean`."),
)


def _ruled(matches, cosine, own, half=0.5, least=0.5, most=1.0, above=15.0, itself=False, equal=False):
    score = half * (matches + cosine)
    good = score >= above if equal else score > above
    found = np.where(good, 1, np.where((score >= least) & (score <= most), -1, 0))
    if not itself:
        found[own] = 0
    return found


def _case_ruled(seed, own):
    rng = np.random.default_rng(seed)
    matches = rng.choice([0, 0, 1, 1, 2, 4, 14, 16, 20, 29, 30, 31, 60], 16)
    cosine = rng.uniform(0.05, 0.95, 16)
    matches[own], cosine[own] = 200, 1.0
    matches[:4], cosine[:4] = (16, 29, 1, 30), (0.5, 1.0, 0.6, 0.5)  # 16 matches are half of what is needed; 29 and a cosine of 1 give 15
    return matches, cosine, own


ruled = Exercise(
    name="positives and negatives of a list",
    reference=lambda m, c, own: _ruled(m, c, own),
    cases=lambda: [_case_ruled(0, 7), _case_ruled(1, 15), _case_ruled(2, 4)],
    mistakes=(
        Mistake("the anchor itself", lambda m, c, own: _ruled(m, c, own, itself=True),
                "The anchor is among its own positives. It has all matches with itself, and a triplet with it teaches nothing."),
        Mistake("no halves", lambda m, c, own: _ruled(m, c, own, half=1.0),
                "The score is *half* the matches plus half the cosine. Without the halves, 15 matches are enough for a positive, not 30."),
        Mistake("cosine forgotten", lambda m, c, own: _ruled(m, np.zeros_like(c), own),
                "The cosine is missing. It decides at the edges: 30 matches are above 15 only with a "
                "cosine above 0; 2 matches with a cosine above 0 are above 1, and so no negative."),
        Mistake("everything low is negative", lambda m, c, own: _ruled(m, c, own, least=-np.inf),
                "You took everything below 1 as negative. A score below 1/2 belongs to images that no system finds alike: far "
                "away, and easy."),
        Mistake("everything else is negative", lambda m, c, own: _ruled(m, c, own, least=-np.inf, most=15.0),
                "You took everything that is not positive as negative. An image with 20 matches may well show the same thing: the "
                "rule leaves "
                "it out."),
        Mistake("15 is enough", lambda m, c, own: _ruled(m, c, own, equal=True),
                "A score of exactly 15 is not above 15."),
    ),
    hints=("score = (matches + cosine) / 2.", "1 where the score is above 15; -1 where it lies from 1/2 to 1; 0 elsewhere.",
           "Last, set the place of the anchor to 0."),
)


def _judged(found, anchors, names):
    known = names[anchors] != ""
    same = names[anchors[known]][:, None] == names
    rows = found[known]
    return np.array([same[rows == 1].mean(), same[rows == -1].mean()])


def _judged_all(found, anchors, names):
    same = names[anchors][:, None] == names
    return np.array([same[found == 1].mean(), same[found == -1].mean()])


def _named_only(found, anchors, names):
    known = names[anchors] != ""
    same = names[anchors[known]][:, None] == names
    rows = np.where(names != "", found[known], 0)
    return np.array([same[rows == 1].mean(), same[rows == -1].mean()])


def _judged_anchors(found, anchors, names):
    rows = [a for a in range(len(found)) if names[anchors[a]] != ""]
    same = [names == names[anchors[a]] for a in rows]
    return np.array([np.mean([s[found[a] == which].mean() for a, s in zip(rows, same, strict=True) if (found[a] == which).any()])
                     for which in (1, -1)])


def _case_judged(seed, count, asked):
    rng = np.random.default_rng(seed)
    names = rng.choice(["", "tower", "bridge", "church"], count, p=[0.4, 0.2, 0.2, 0.2])
    anchors = np.sort(rng.permutation(count)[:asked])
    names[anchors[:3]] = "tower", "", "bridge"  # an anchor that nobody knows is always among them
    same = (names[anchors][:, None] == names) & (names != "")
    found = np.where(rng.random(same.shape) < np.where(same, 0.8, 0.15), 1, rng.choice([-1, 0], same.shape))
    found[np.arange(asked), anchors] = 0
    return found, anchors, names


judged = Exercise(
    name="how often the rule is right",
    reference=_judged,
    cases=lambda: [_case_judged(0, 12, 5), _case_judged(1, 15, 6), _case_judged(2, 14, 4)],
    mistakes=(
        Mistake("anchors without a name", _judged_all, "Anchors without a name are still among your rows, and \"\" == \"\" is taken for "
                "the same thing. That nobody knows two images does not mean that they show the same."),
        Mistake("images without a name left out", _named_only, "You left out the images without a name. Here they "
                "count as other things: a positive that shows no named thing is a wrong one."),
        Mistake("mean of the anchors", _judged_anchors, "You took a share for each anchor, and the mean of these. An anchor with one "
                "positive then weighs as much as one with twenty: count all pairs together."),
        Mistake("the other share", lambda f, a, n: np.array([_judged(f, a, n)[0], 1 - _judged(f, a, n)[1]]), "Your second number says how "
                "many negatives are right. Asked is the share that is wrong: they show the anchor's thing."),
        Mistake("not found", lambda f, a, n: np.array([_judged(f, a, n)[0], _judged(np.where(f == 0, -1, f), a, n)[1]]), "You counted all "
                "that are no positives as negatives. Those with 0 are left out by the rule: take -1 only."),
    ),
    hints=("Which rows count: `known = names[anchors] != \"\"`.", "`same = names[anchors[known]][:, None] == names` says for each pair "
           "whether both show the same thing.",
           "`same[found[known] == 1].mean()` is the first share; the second has -1 in place of 1."),
)
