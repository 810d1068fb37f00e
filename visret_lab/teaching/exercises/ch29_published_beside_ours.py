"""Exercises of chapter 29: the causes by which two numbers of one engine differ, and a small detective's case at the end."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _three(ranks, n, before=None, start=1.0, divide=None, first=0):
    """Trapezoid, finite sum, hit to hit."""
    r = np.sort(np.asarray(ranks, float)) + first
    j = np.arange(len(r))
    at = (j + 1) / (r + 1)
    last = np.concatenate([[start], at])[: len(at)]
    drop = np.divide(j, r, out=np.ones_like(r), where=r > 0) if before is None else before(j, r)
    return np.array([(at + drop).sum() / 2, at.sum(), (at + last).sum() / 2]) / (divide or n)


formulas = Exercise(
    name="three formulas, one list",
    reference=_three,
    cases=lambda: [(np.array([1, 4, 5, 9]), 4), (np.array([0, 1, 7]), 5), (np.array([5, 2, 30]), 3), (np.array([0]), 2)],
    mistakes=(
        Mistake("divided by the found", lambda ranks, n: _three(ranks, n, divide=len(ranks)),
                "You divide by the positives in the list. n is the number that *exist*: a list that stops early must pay for it."),
        Mistake("zero at the top",
                lambda ranks, n: _three(ranks, n, before=lambda j, r: np.divide(j, r, out=np.zeros_like(r), where=r > 0)),
                "In the trapezoid the precision before a positive at position 0 is 1 by definition; yours is 0."),
        Mistake("hits begin at zero", lambda ranks, n: _three(ranks, n, start=0.0),
                "From hit to hit begins with the precision 1 before the first positive; yours begins with 0."),
        Mistake("one formula twice", lambda ranks, n: _three(ranks, n)[[2, 1, 2]],
                "Your trapezoid joins the hits. Just before the j-th positive, counted from 0, the list holds j positives in r_j "
                "places: j / r_j, "
                "which is lower than the precision at the last hit."),
        Mistake("positions from one", lambda ranks, n: _three(ranks, n, first=1),
                "The positions are counted from 0: the precision at position r is (j + 1) / (r + 1), not over r + 2."),
        Mistake("not sorted", lambda ranks, n: _unsorted(ranks, n),
                "The positions come in any order. Sort them first, or the j-th one is not the j-th."),
    ),
    hints=("Sort the positions. `j = np.arange(len(r))` counts the positives that come before each.",
           "`at = (j + 1) / (r + 1)` is the precision at each hit; its sum over n is the finite sum. The other two take the mean of "
           "`at` and of "
           "something before it.",
           "Trapezoid: j / r, and 1 where r is 0. Hit to hit: `np.concatenate([[1.0], at])[:len(at)]`. Divide all by n."),
)


def _unsorted(ranks, n):
    r = np.asarray(ranks, float)
    j = np.arange(len(r))
    at = (j + 1) / (r + 1)
    drop = np.divide(j, r, out=np.ones_like(r), where=r > 0)
    return np.array([(at + drop).sum() / 2, at.sum(), (at + np.concatenate([[1.0], at])[: len(at)]).sum() / 2]) / n


def _places(ranking, positive, junk, own):
    kept = ranking[~np.isin(ranking, junk) & (ranking != own)]
    return np.flatnonzero(np.isin(kept, np.setdiff1d(positive, [own])))


def _cases_places():
    rng, cases = np.random.default_rng(29), []
    for size, place in ((14, 0), (20, 3), (25, 0)):  # the own picture need not be first: a crop may be more like another one
        ranking = rng.permutation(size)
        own = int(ranking[place])
        some = rng.permutation(ranking[ranking != own])
        cases.append((ranking, np.sort(np.append(some[:5], own)), np.sort(some[5:9]), own))
    return cases


def _shifted(ranking, positive, junk, own, count):
    p = np.flatnonzero(np.isin(ranking, np.setdiff1d(positive, [own])))
    out = np.flatnonzero(np.isin(ranking, np.append(junk, own)))
    return count(p, out)


judge = Exercise(
    name="junk and the own picture",
    reference=_places,
    cases=_cases_places,
    mistakes=(
        Mistake("own counted", lambda ranking, positive, junk, own: _places(ranking, positive, junk, -1),
                "You count the query's own picture as a positive, the gift of the classic rule. Take it out of the list, and out of the "
                "positives."),
        Mistake("own as negative", lambda ranking, positive, junk, own: np.flatnonzero(np.isin(ranking[~np.isin(ranking, junk)],
                                                                                           np.setdiff1d(positive, [own]))),
                "You took the own picture from the positives, and left it in the list: now it is a negative, and pushes positives down."),
        Mistake("first dropped", lambda ranking, positive, junk, own: np.flatnonzero(np.isin(
            ranking[1:][~np.isin(ranking[1:], junk)], positive)),
                "You dropped the *first* image of the list. The own picture need not be first: look for its id, `own`."),
        Mistake("junk as negative", lambda ranking, positive, junk, own: _places(ranking, positive, [], own),
                "Junk still stands in your list and pushes the positives down. It was never there."),
        Mistake("junk as positive", lambda ranking, positive, junk, own: _places(ranking, np.union1d(positive, junk), [], own),
                "You count junk as found. It is neither right nor wrong: take it out of the list."),
        Mistake("all junk subtracted", lambda ranking, positive, junk, own: _shifted(ranking, positive, junk, own,
                                                                                     lambda p, out: p - len(out)),
                "You subtract all junk from every position. Only what stands *before* a positive pushes it down."),
        Mistake("since the last hit", lambda ranking, positive, junk, own: _shifted(
            ranking, positive, junk, own, lambda p, out: p - np.diff(np.searchsorted(out, p), prepend=0)),
                "You subtract the junk since the last positive only: the counter was set back at each positive. It goes on counting."),
    ),
    hints=("Take everything out of the list that does not count, then look where the positives stand.",
           "`kept = ranking[~np.isin(ranking, junk) & (ranking != own)]`.",
           "`np.flatnonzero(np.isin(kept, positive))`: the own picture is not in `kept` any more, so it cannot be counted."),
)


def _on_maps(box, size, longest, stride):
    scale = longest / max(size)
    x0, y0, x1, y1 = (v * scale / stride for v in box)
    return np.array([np.floor(x0), np.floor(y0), np.ceil(x1), np.ceil(y1)], np.int64)


def _int(values):
    return np.array(values, np.int64)


boxes = Exercise(
    name="a box, carried to the maps",
    reference=_on_maps,
    cases=lambda: [((100, 40, 500, 300), (1000, 600), 500, 16), ((11, 130, 390, 777), (600, 900), 362, 32),
                   ((0, 0, 640, 480), (640, 480), 320, 16), ((7, 9, 100, 45), (320, 240), 640, 8)],
    mistakes=(
        Mistake("not resized", lambda box, size, longest, stride: _on_maps(box, size, max(size), stride),
                "The box is in pixels of the *original*; the network saw the resized picture. Multiply by longest / longer side first."),
        Mistake("by the width", lambda box, size, longest, stride: _on_maps(box, (size[0], 0), longest, stride),
                "You scale by the width. `longest` is the *longer* side, and that is the height where a picture stands upright."),
        Mistake("by the shorter side", lambda box, size, longest, stride: _on_maps(box, (min(size), 0), longest, stride),
                "You scale by the shorter side: `longest` is what the longer one becomes."),
        Mistake("rounded", lambda box, size, longest, stride: _int(np.round(np.array(box) * longest / max(size) / stride)),
                "You round. A position that the box only touches belongs to it: floor on the left and above, ceil on the right and "
                "below. A "
                "thin box could vanish."),
        Mistake("cut off", lambda box, size, longest, stride: _int(np.floor(np.array(box) * longest / max(size) / stride)),
                "You cut all four off. The right and the lower end are excluded, so they must go *up* to the next whole number."),
        Mistake("ends included", lambda box, size, longest, stride: _on_maps(box, size, longest, stride) - [0, 0, 1, 1],
                "Your right and lower ends name the last position. In Python's slices, and in our boxes, the end is excluded."),
        Mistake("scaled backwards", lambda box, size, longest, stride: _on_maps(box, (longest, 0), max(size), stride),
                "You divide by the scale where you should multiply: a box shrinks with its picture."),
    ),
    hints=("Two steps: from the original to the resized picture, then from pixels to positions of the maps.",
           "`scale = longest / max(size)`; then each corner times scale, over stride.",
           "`np.floor` for x0 and y0, `np.ceil` for x1 and y1; four integers."),
)


def _whiten(learn, base, asked, rows=None, center=None, unit=True, power=0.5, same=True, count=2):
    rows = learn if rows is None else rows
    mean = (rows if center is None else center).mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((rows - rows.mean(axis=0)).T))
    values, vectors = values[::-1][:count], vectors[:, ::-1][:, :count]

    def turn(x, m):
        z = (x - m) @ vectors / values**power
        return z / np.linalg.norm(z, axis=1, keepdims=True) if unit else z

    return turn(asked, mean if same else asked.mean(axis=0)) @ turn(base, mean).T


def _cases_whiten():
    cases = []
    for seed, n in ((1, 30), (2, 50)):
        rng = np.random.default_rng(seed)
        mix = rng.normal(size=(5, 5)) * [3, 2, 1, 0.5, 0.2]
        learn, base, asked = (rng.normal(size=(k, 5)) @ mix.T + rng.normal(size=5) for k in (n, 12, 4))
        cases.append((learn, base, asked))
    return cases


leak = Exercise(
    name="whitening that has not seen the exam",
    reference=_whiten,
    cases=_cases_whiten,
    mistakes=(
        Mistake("learnt on the database", lambda learn, base, asked: _whiten(learn, base, asked, rows=base),
                "You learn on the set that is searched. A paper that does so must say so; here, learn on `learn`."),
        Mistake("learnt on everything", lambda learn, base, asked: _whiten(learn, base, asked, rows=np.concatenate([learn, base, asked])),
                "You learn on everything that is at hand, the queries among it. `learn` alone."),
        Mistake("mean of the database", lambda learn, base, asked: _whiten(learn, base, asked, center=base),
                "The directions are right, but the mean is that of the searched set. It is learnt, too: a small leak is a leak."),
        Mistake("own mean of the queries", lambda learn, base, asked: _whiten(learn, base, asked, same=False),
                "You take the queries' own mean off the queries. A user asks one question at a time: it would become zero."),
        Mistake("no whitening", lambda learn, base, asked: _whiten(learn, base, asked, power=0.0),
                "You turn and cut, and do not divide by the standard deviations."),
        Mistake("by the variance", lambda learn, base, asked: _whiten(learn, base, asked, power=1.0),
                "You divide by the variances. The standard deviation is their root."),
        Mistake("not unit", lambda learn, base, asked: _whiten(learn, base, asked, unit=False),
                "Bring images and queries to length 1 after the whitening; on the page it cost much to forget that."),
        Mistake("weakest directions", lambda learn, base, asked: _weakest(learn, base, asked),
                "`eigh` gives the smallest first: you keep the two weakest directions."),
    ),
    hints=("Mean and covariance of `learn`; `np.linalg.eigh` gives the smallest eigenvalues first.",
           "Keep the last two columns, and divide each coordinate by the root of its eigenvalue.",
           "The same mean, directions and roots for `base` and `asked`; then length 1; then `asked @ base.T`."),
)


def _weakest(learn, base, asked):
    mean = learn.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(learn.T))
    a, b = ((x - mean) @ vectors[:, :2] / np.sqrt(values[:2]) for x in (asked, base))
    return (a / np.linalg.norm(a, axis=1, keepdims=True)) @ (b / np.linalg.norm(b, axis=1, keepdims=True)).T


def _paired(before, after, drawn):
    return np.quantile((after - before)[drawn].mean(axis=1), [0.025, 0.975])


def _cases_paired():
    cases = []
    for seed, q in ((3, 12), (4, 30)):
        rng = np.random.default_rng(seed)
        hard = rng.random(q)
        cases.append((hard, np.clip(hard + 0.03 + 0.02 * rng.normal(size=q), 0, 1.2), rng.integers(q, size=(400, q))))
    return cases


paired = Exercise(
    name="the interval of a difference",
    reference=_paired,
    cases=_cases_paired,
    mistakes=(
        Mistake("unpaired", lambda before, after, drawn: np.quantile(after[drawn[::-1]].mean(axis=1) - before[drawn].mean(axis=1),
                                                                     [0.025, 0.975]),
                "You draw other queries for the second run. The same draw must serve both: the pairing is what makes the interval narrow."),
        Mistake("difference of ends", lambda before, after, drawn: np.quantile(after[drawn].mean(axis=1), [0.025, 0.975])
                - np.quantile(before[drawn].mean(axis=1), [0.025, 0.975]),
                "You subtract the ends of two intervals. Take the difference within each draw first, and the quantiles last."),
        Mistake("queries, not means", lambda before, after, drawn: np.quantile(after - before, [0.025, 0.975]),
                "These are quantiles of single queries. The interval is of their *mean*: draw, take the mean, repeat."),
        Mistake("turned", lambda before, after, drawn: _paired(after, before, drawn),
                "Your sign is turned: a gain is after minus before."),
        Mistake("ninety per cent", lambda before, after, drawn: np.quantile((after - before)[drawn].mean(axis=1), [0.05, 0.95]),
                "You leave 5 % on each side; 95 % in the middle leave 2.5 %."),
        Mistake("overlap", lambda before, after, drawn: np.array([np.quantile(after[drawn].mean(axis=1), 0.025)
                                                                  - np.quantile(before[drawn].mean(axis=1), 0.975),
                                                                  np.quantile(after[drawn].mean(axis=1), 0.975)
                                                                  - np.quantile(before[drawn].mean(axis=1), 0.025)]),
                "You compare the far end of one interval with the near end of the other, as if the errors were independent. Both "
                "runs share "
                "their hard queries."),
    ),
    hints=("One difference a query; then everything happens to the differences.",
           "`(after - before)[drawn]` is R x Q: each row is one set of redrawn queries.",
           "The mean of each row, then `np.quantile(..., [0.025, 0.975])`."),
)


def _ends(scores, positive, flip=False, stable=False, places=False):
    own = np.zeros(len(scores))
    own[positive] = 1
    found = []
    for sign in (1, -1):
        order = np.argsort(-scores, kind="stable") if stable else np.lexsort((sign * own, -scores))
        if flip:
            order = np.lexsort((sign * own, scores))
        at = np.flatnonzero(own[order])
        found.append(at.mean() if places else ((np.arange(len(at)) + 1) / (at + 1)).mean())
    return np.array(found)


tie = Exercise(
    name="both ends of a tie",
    reference=_ends,
    cases=lambda: [(np.array([3, 1, 3, 3, 2, 2, 0]), np.array([0, 2, 4])), (np.array([5, 5, 5, 5]), np.array([2])),
                   (np.array([1.0, 9, 4, 4, 4, 9]), np.array([2, 5, 0]))],
    mistakes=(
        Mistake("by id, twice", lambda scores, positive: _ends(scores, positive, stable=True),
                "Both of your ends are the order by id. It lies somewhere between the two that are asked for."),
        Mistake("by id and reversed", lambda scores, positive: _by_id_and_back(scores, positive),
                "You take the order by id, and the reversed one. Neither is an end: put the positives last among equals, then first."),
        Mistake("ends exchanged", lambda scores, positive: _ends(scores, positive)[::-1],
                "First the end against us, then the one for us. Yours are exchanged."),
        Mistake("upside down", lambda scores, positive: _ends(scores, positive, flip=True),
                "You sort upwards: a larger score is better."),
        Mistake("places for precision", lambda scores, positive: _ends(scores, positive, places=True),
                "These are mean places. Asked is the average precision: at the j-th hit (j + 1) / (place + 1), counted from 0."),
        Mistake("ties beside the ranks", lambda scores, positive: _worst_alone(scores, positive),
                "You place each positive behind all its equals, the other positives among them. Two positives that tie cannot both "
                "be last."),
    ),
    hints=("Sort by two keys: the score, and among equal scores whether it is a positive.",
           "`np.lexsort((second, first))` sorts by its *last* key first; `-scores` is the first key here.",
           "`np.lexsort((own, -scores))` with own 1 for positives puts them last among equals; with `-own` they come first."),
)


def _by_id_and_back(scores, positive):
    found = []
    for order in (np.argsort(-scores, kind="stable"), np.argsort(scores, kind="stable")[::-1]):
        at = np.flatnonzero(np.isin(order, positive))
        found.append(((np.arange(len(at)) + 1) / (at + 1)).mean())
    return np.array(found)


def _worst_alone(scores, positive):
    found = []
    for behind in (np.greater_equal, np.greater):
        at = np.sort([behind(scores, scores[p]).sum() - (behind is np.greater_equal) for p in positive])
        found.append(((np.arange(len(at)) + 1) / (at + 1)).mean())
    return np.array(found)


def _trapezoid(places, n):
    r = np.asarray(places, float)
    j = np.arange(len(r))
    return (((j + 1) / (r + 1) + np.divide(j, r, out=np.ones_like(r), where=r > 0)) / 2).sum() / n


def _finite(places, n):
    return ((np.arange(len(places)) + 1) / (np.asarray(places) + 1)).sum() / n


def _without(ranking, positive, out):
    return np.flatnonzero(np.isin(ranking[~np.isin(ranking, out)], positive))


def _detect(ours, theirs, value, positive, junk, skip=(), tolerance=1e-9):
    """Which cause explains `value` of the list `theirs`, when the list `ours` was scored as it should be."""
    n, tests = len(positive), {}
    if len(theirs) < len(ours) and np.array_equal(ours[: len(theirs)], theirs):
        places = _without(theirs, positive, junk)
        tests["cut"] = _trapezoid(places, n)
        tests["found"] = _trapezoid(places, max(len(places), 1))
    elif np.array_equal(ours, theirs):
        tests["formula"] = _finite(_without(ours, positive, junk), n)
        tests["junk"] = _trapezoid(_without(ours, positive, []), n)
    for name, explained in tests.items():
        if name not in skip and abs(explained - value) < tolerance:
            return name
    return "list"


def _cases_detect():
    rng = np.random.default_rng(2029)
    ours = rng.permutation(40)
    positive, junk = np.sort(ours[[1, 3, 4, 9, 17, 30]]), np.sort(ours[[0, 2, 12, 20]])
    clean = _without(ours, positive, junk)
    other = ours[np.r_[1, 0, 3, 2, 4:40]]
    short = ours[:15]
    cut = _without(short, positive, junk)
    return [(ours, ours, _finite(clean, 6), positive, junk), (ours, ours, _trapezoid(_without(ours, positive, []), 6), positive, junk),
            (ours, short, _trapezoid(cut, 6), positive, junk), (ours, short, _trapezoid(cut, len(cut)), positive, junk),
            (ours, other, _trapezoid(_without(other, positive, junk), 6), positive, junk),
            (ours, other[:15], _trapezoid(_without(other[:15], positive, junk), 6), positive, junk)]


detective = Exercise(
    name="two result files, one cause",
    reference=_detect,
    cases=_cases_detect,
    mistakes=(
        Mistake("lists not compared", lambda ours, theirs, value, positive, junk: _by_value(ours, theirs, value, positive, junk),
                "You never compare the two lists. If the shorter one is not the beginning of the longer one, or two equally long "
                "ones differ, "
                "the engine is another one: 'list'."),
        Mistake("never the formula", lambda *case: _detect(*case, skip=("formula",)),
                "One case has equal lists and the finite sum, and you call it something else. Score their list by the other "
                "formula, and compare "
                "with their value."),
        Mistake("never junk", lambda *case: _detect(*case, skip=("junk",)),
                "One case has equal lists, and junk was counted as a negative. Leave junk in the list, score by the trapezoid, and "
                "compare."),
        Mistake("never divided by the found", lambda *case: _detect(*case, skip=("found",)),
                "One list was cut *and* its value divided by the positives found. Compare their value with both divisions."),
        Mistake("cut is always cut", lambda ours, theirs, value, positive, junk: "cut" if len(theirs) < len(ours) else
                _detect(ours, theirs, value, positive, junk),
                "You call every shorter list 'cut'. A shorter list may also be divided by the found, or come from another engine."),
        Mistake("equal means formula", lambda ours, theirs, value, positive, junk: "formula" if np.array_equal(ours, theirs) else
                _detect(ours, theirs, value, positive, junk),
                "You call every case with equal lists 'formula'. Two causes leave the list as it is; only the value tells them apart."),
    ),
    hints=("First the lists: equal? Is the shorter one the beginning of the longer? If neither, it is 'list', whatever the value.",
           "Equal lists leave 'formula' and 'junk'; a shorter one leaves 'cut' and 'found'. Compute what each would give, and compare.",
           "A helper helps: positions of the positives once something was taken out. 'formula': finite sum, junk out. 'junk': "
           "trapezoid, junk "
           "in. 'cut' and 'found': trapezoid of the short list, over all positives or over those in it."),
)


def _by_value(ours, theirs, value, positive, junk):
    n, places = len(positive), _without(theirs, positive, junk)
    tests = {"formula": _finite(places, n), "junk": _trapezoid(_without(theirs, positive, []), n), "cut": _trapezoid(places, n),
             "found": _trapezoid(places, max(len(places), 1))}
    return next((name for name, explained in tests.items() if abs(explained - value) < 1e-9), "list")
