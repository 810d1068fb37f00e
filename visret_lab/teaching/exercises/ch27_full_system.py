"""Exercises of chapter 27, with the classic mistakes of joining parts to a system that is fast, whole, and survives a kill."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _rng(seed):
    return np.random.default_rng(seed)


def _unit(x):
    x = np.asarray(x, float)
    n = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / np.where(n > 0, n, 1)


def _sizes(vectors):
    return _unit(_unit(vectors).mean(axis=0))


def _cases_sizes():
    return [(_rng(s).normal(size=(3, 5, 4)) * np.array([1.0, 4.0, 0.3])[:, None, None],) for s in range(3)]


sizes = Exercise(
    name="one vector of several sizes",
    reference=_sizes,
    cases=_cases_sizes,
    mistakes=(
        Mistake("no length before", lambda v: _unit(np.mean(v, axis=0)),
                "You add the vectors as they come. A size whose vectors are longer then counts more, and nobody chose that. Bring each to "
                "length 1 before the mean."),
        Mistake("no length after", lambda v: _unit(v).mean(axis=0),
                "The mean of unit vectors is shorter than 1, most where the sizes disagree. An inner product would punish such "
                "pictures. Bring "
                "the mean to length 1."),
        Mistake("neither", lambda v: np.mean(v, axis=0),
                "There is no unit length anywhere: bring each size's vector to length 1, take the mean, and bring that to length 1 again."),
        Mistake("concatenated", lambda v: _unit(np.concatenate(_unit(v), axis=-1)),
                "You put the sizes one behind the other. That works too, but takes as many times the bytes as there are sizes. "
                "Here: the mean."),
        Mistake("wrong axis", lambda v: _unit(_unit(v).mean(axis=1)),
                "The mean runs over the pictures. The first axis has the sizes, the second the pictures."),
        Mistake("largest", lambda v: _unit(_unit(v).max(axis=0)),
                "You take the largest entry of the sizes. The exercise asks for the mean; the maximum favours noise of any size."),
    ),
    hints=("Three steps: unit length along the last axis, mean over the first axis, unit length again.",
           "`v / np.linalg.norm(v, axis=-1, keepdims=True)` is the first step."),
)


def _scaled(x, train):
    return (x - train.mean(axis=0)) / train.std(axis=0)


def _ensemble(first, second, train_first, train_second):
    parts = [_unit(_scaled(first, train_first)), _unit(_scaled(second, train_second))]
    return _unit(np.concatenate(parts, axis=1))


def _cases_ensemble():
    made = []
    for seed in range(3):
        r = _rng(seed + 10)
        scale = np.array([1, 5, 0.2])
        made.append((r.normal(size=(6, 3)) * scale + 2, 9 * r.normal(size=(6, 8)), r.normal(size=(40, 3)) * scale + 1.5,
                     8 * r.normal(size=(40, 8)) - 1))
    return made


ensemble = Exercise(
    name="two networks, each scaled for itself",
    reference=_ensemble,
    cases=_cases_ensemble,
    mistakes=(
        Mistake("joined first", lambda a, b, ta, tb: _unit(_scaled(np.concatenate([a, b], 1), np.concatenate([ta, tb], 1))),
                "You joined the vectors before they had unit length. The network with more dimensions then has the larger part of every "
                "similarity. Unit length for each network, then join."),
        Mistake("learnt on the searched", lambda a, b, ta, tb: _ensemble(a, b, a, b),
                "Mean and deviation come from the pictures that are searched. Learn them on `train`: a picture that comes tomorrow "
                "must not "
                "change yesterday's vectors."),
        Mistake("not scaled", lambda a, b, ta, tb: _unit(np.concatenate([_unit(a), _unit(b)], axis=1)),
                "Nothing was centred and scaled. Use the mean and the deviation of each column of the training vectors."),
        Mistake("not centred", lambda a, b, ta, tb: _unit(np.concatenate([_unit(a / ta.std(axis=0)), _unit(b / tb.std(axis=0))], axis=1)),
                "The mean of the training vectors was not taken away. All pictures then share a direction, and look alike."),
        Mistake("not centred by one another", lambda a, b, ta, tb: _unit(np.concatenate([_unit(_scaled(a, ta)), _scaled(b, tb)], axis=1)),
                "Only one of the networks was brought to unit length before they were joined."),
        Mistake("length sqrt 2", lambda a, b, ta, tb: np.concatenate([_unit(_scaled(a, ta)), _unit(_scaled(b, tb))], axis=1),
                "The joined vectors have length sqrt(2). Similarities would go up to 2; divide once more."),
    ),
    hints=("For each network: minus the mean of its training rows, divided by their standard deviation, then unit length.",
           "Join along axis 1, then unit length once more.",
           "`z = (first - train_first.mean(axis=0)) / train_first.std(axis=0)`."),
)


def _sure(q, base, inliers, own, n, accept, alpha, at_least=True, keep_own=False, only_verified=False, by_inliers=True):
    s = base @ q
    order = [i for i in np.argsort(-s, kind="stable") if keep_own or i != own]
    good = [i for i in order if (inliers[i] >= accept if at_least else inliers[i] > accept)]
    if by_inliers:
        good = sorted(good, key=lambda i: -inliers[i])
    first = good if good or only_verified else order
    first = first[:n]
    return _unit(q + np.maximum(s[first], 0) ** alpha @ base[first] if len(first) else q)


def _expanded(q, base, inliers, own, n, accept, alpha):
    return _sure(q, base, inliers, own, n, accept, alpha)


def _cases_expanded():
    made = []
    for seed in range(4):
        r = _rng(seed + 20)
        base = _unit(r.normal(size=(12, 4)) + 0.7)
        inliers = np.array([40, 12, 0, 33, 5, 11, 12, 50, 0, 3, 7, 25])
        r.shuffle(inliers)
        own = int(np.argmax(inliers))
        made.append((_unit(base[own] + 0.3 * r.normal(size=4)), base, inliers if seed < 3 else np.minimum(inliers, 11), own, 4, 12, 3.0))
    return made


expanded = Exercise(
    name="expansion by what was verified",
    reference=_expanded,
    cases=_cases_expanded,
    mistakes=(
        Mistake("own picture", lambda q, b, i, own, n, c, a: _sure(q, b, i, own, n, c, a, keep_own=True),
                "The question's own picture was added. It has the most inliers of all, and shows what was cut away from the question."),
        Mistake("not verified", lambda q, b, i, own, n, c, a: _sure(q, b, 0 * i, own, n, c, a),
                "The inliers were not used: you added the most similar results. Take the verified ones; only where there are none, "
                "take those."),
        Mistake("more than", lambda q, b, i, own, n, c, a: _sure(q, b, i, own, n, c, a, at_least=False),
                "A result with exactly `accept` inliers is verified. You asked for more."),
        Mistake("nothing added", lambda q, b, i, own, n, c, a: _sure(q, b, i, own, n, c, a, only_verified=True),
                "Where nothing is verified you add nothing. The exercise asks for the most similar results then."),
        Mistake("by similarity", lambda q, b, i, own, n, c, a: _sure(q, b, i, own, n, c, a, by_inliers=False),
                "Of the verified results you took the most *similar*. Take those with the most inliers; they are surest."),
        Mistake("no weights", lambda q, b, i, own, n, c, a: _sure(q, b, i, own, n, c, 0.0),
                "All results have weight 1. Each counts with max(q.x, 0) to the power alpha."),
    ),
    hints=("Take `own` out first. Then the rows with `inliers >= accept`, most inliers first; equal numbers by similarity.",
           "If that list is empty, take the most similar rows other than `own`. Of either list, the first n.",
           "Add `np.maximum(s[first], 0) ** alpha @ base[first]` to q, and divide by the length."),
)

STEPS = ("write segment.new", "move segment", "write manifest.new", "move manifest")


def _state(steps, done, half=True, moves=False, segment=True, begun=0):
    written = {s: i < done + begun for i, s in enumerate(steps)}
    broken = steps[done] if half and done < len(steps) else ""
    named = written.get("move manifest") or written.get("write manifest")
    whole = written.get("move segment") or written.get("write segment")
    if broken == "write manifest" or (moves and broken == "move manifest"):
        return 2
    if not named:
        return 0
    return 1 if whole or not segment else 2


def _reader(steps, done):
    return _state(steps, done)


ORDERS = (STEPS, (*STEPS[2:], *STEPS[:2]), ("write segment.new", "write manifest.new", "move manifest", "move segment"),
          ("write segment", "write manifest"), ("write segment.new", "move segment", "write manifest"))

killed = Exercise(
    name="what a kill leaves behind",
    reference=_reader,
    cases=lambda: [(list(order), done) for order in ORDERS for done in range(len(order) + 1)],
    mistakes=(
        Mistake("a move in two", lambda s, d: _state(s, d, moves=True),
                "You let a kill stop a move in the middle. Within one disk a move is one step for everybody who looks: before it "
                "there is the "
                "old file, after it the new one."),
        Mistake("half a file forgotten", lambda s, d: _state(s, d, half=False),
                "You forgot the step that was *begun*. A file that is written in place is half there when the kill comes, and the "
                "manifest is "
                "then damaged."),
        Mistake("segment forgotten", lambda s, d: _state(s, d, segment=False),
                "A new manifest alone is not the new state: the segment that it names must be whole under its own name, or the "
                "reader finds a "
                "name without a file."),
        Mistake("one step too far", lambda s, d: _state(s, d, half=False, begun=1),
                "`done` steps are finished; step number `done` (counted from 0) was only begun. You counted it as finished."),
        Mistake("the .new counts", lambda s, d: _state([x.replace(".new", "") for x in s], d),
                "A file under another name, *.new*, is seen by no reader, whether it is whole or half. Only the name without it counts."),
    ),
    hints=("Ask in the order in which a reader looks: is the manifest half-written? Is it the new one? Is the segment whole that it names?",
           "The manifest is half-written only if the step that was begun is \"write manifest\"; a move is never half.",
           "It is new if \"move manifest\" or \"write manifest\" is among the finished steps; the segment likewise."),
)


def _living(segments, removed, by_id=False, keep=False, order=True, local=True, name_only=False):
    gone = {tuple(r) for r in removed}
    dead = {segments[s][r] for s, r in gone}
    rows, place = [], 0
    for s, ids in enumerate(segments):
        for r, i in enumerate(ids):
            if keep or ((i not in dead) if by_id else (s, r) not in gone):
                rows.append((i, s, r if local else place))
            place += 1
    if name_only:
        rows = list({i: (i, s, r) for i, s, r in rows}.values())
    return np.array(sorted(rows) if order else rows).reshape(-1, 3)


def _alive(segments, removed):
    return _living(segments, removed)


living = Exercise(
    name="who is alive",
    reference=_alive,
    cases=lambda: [([[4, 7, 9], [2, 7], [1]], [(0, 1)]), ([[3, 5], [5, 8], [5]], [(0, 1), (1, 0), (1, 1)]), ([[1, 2], [0, 3]], []),
                   ([[6, 8, 9], [8]], [(0, 1), (0, 0)])],
    mistakes=(
        Mistake("removed by id", lambda s, r: _living(s, r, by_id=True),
                "You took out every picture whose *id* was removed. A picture that was changed stands in a later segment under the "
                "same id, and "
                "that row is alive. A removal is of a place: (segment, row)."),
        Mistake("nothing removed", lambda s, r: _living(s, r, keep=True),
                "The removed rows are still there: a changed picture would be found twice, once as it was."),
        Mistake("not in order", lambda s, r: _living(s, r, order=False),
                "The rows come segment by segment. Put them in the order of their ids, so that the result does not depend on when a "
                "picture "
                "arrived."),
        Mistake("rows counted through", lambda s, r: _living(s, r, local=False),
                "You count the rows through all segments. A row is counted within its segment: there it is looked up."),
        Mistake("the last of each", lambda s, r: _living(s, [], name_only=True),
                "You keep the last row of each id, and ignore what was removed: a picture that vanished has a last row, too."),
    ),
    hints=("Go through the segments and their rows; leave out each (segment, row) that stands in `removed`.",
           "Collect (id, segment, row), then `sorted(...)` puts them in the order of the ids."),
)


def _merge(scores, ids, starts, k, offset=True, tie="id", clean=True, sign=-1):
    found = []
    for s, (row, names) in enumerate(zip(scores, ids, strict=True)):
        for score, i in zip(row, names, strict=True):
            if i >= 0 or not clean:
                found.append((sign * score, i + starts[s] * offset, s))
    key = {"id": lambda f: (f[0], f[1]), "arrival": lambda f: f[0], "high": lambda f: (f[0], -f[1])}[tie]
    return np.array([f[1] for f in sorted(found, key=key)[:k]])


def _merged(scores, ids, starts, k):
    return _merge(scores, ids, starts, k)


def _cases_merged():
    inf = np.inf
    return [(np.array([[0.9, 0.5, 0.5], [0.9, 0.7, 0.5]]), np.array([[3, 0, 4], [1, 2, 0]]), [10, 0], 4),
            (np.array([[0.8, 0.2, -inf], [0.8, 0.6, 0.2], [0.6, 0.6, 0.1]]), np.array([[1, 0, -1], [0, 2, 3], [1, 2, 0]]), [4, 6, 0], 5),
            (np.array([[0.3, -inf], [0.4, -inf]]), np.array([[0, -1], [0, -1]]), [1, 0], 3)]


merged = Exercise(
    name="one list of several",
    reference=_merged,
    cases=_cases_merged,
    mistakes=(
        Mistake("no offset", lambda s, i, st, k: _merge(s, i, st, k, offset=False),
                "Each segment counts its rows from 0. Add the number at which it starts, or several pictures share one number."),
        Mistake("arrival", lambda s, i, st, k: _merge(s, i, st, k, tie="arrival"),
                "Equal scores stay in the order of the segments. Then the result depends on how the pictures were spread over them; "
                "let the "
                "lower number win."),
        Mistake("higher number", lambda s, i, st, k: _merge(s, i, st, k, tie="high"),
                "Of equal scores the *higher* number wins in your list. Everywhere in the course it is the lower one."),
        Mistake("places that are empty", lambda s, i, st, k: _merge(s, i, st, k, clean=False),
                "A segment with fewer than k pictures fills its list with number -1 and score minus infinity. That is no picture: "
                "leave it out."),
        Mistake("upwards", lambda s, i, st, k: _merge(s, i, st, k, sign=1),
                "You sorted the smallest first. These are similarities."),
    ),
    hints=("Make pairs (score, number + start of the segment), without those of number -1; sort; take k.",
           "Sort by `(-score, number)`: then equal scores are in the order of the numbers."),
)


def _by(fixed, pair, budget, total):
    return next((n for n in range(200, 0, -1) if n <= pair.shape[1] and total(fixed, pair[:, :n].sum(axis=1)) <= budget), 0)


def _cases_budget():
    made = []
    for seed, budget in ((1, 60.0), (2, 35.0), (3, 90.0), (4, 3.0)):
        r = _rng(seed)
        fixed = 8 + r.gamma(1.0, 6.0, 40)
        made.append((fixed, r.gamma(0.6, 2.0, (40, 50)) * (0.2 + 30 / fixed)[:, None] * 0.5, budget))
    return made


def _budget(fixed, pair, budget):
    most = 0
    for n in range(1, pair.shape[1] + 1):
        if np.percentile(fixed + pair[:, :n].sum(axis=1), 95) <= budget:
            most = n
    return most


budget = Exercise(
    name="as many as the budget allows",
    reference=_budget,
    cases=_cases_budget,
    mistakes=(
        Mistake("the mean", lambda f, p, b: _by(f, p, b, lambda x, y: (x + y).mean()),
                "You compare the *mean* with the budget. Many questions then take longer than promised; the promise is for 95 of 100."),
        Mistake("the median", lambda f, p, b: _by(f, p, b, lambda x, y: np.median(x + y)),
                "You compare the median: half of all questions take longer."),
        Mistake("sum of percentiles", lambda f, p, b: _by(f, p, b, lambda x, y: np.percentile(x, 95) + np.percentile(y, 95)),
                "You add the 95th percentiles of the stages. The slowest questions of one stage need not be those of the other: add "
                "the times of "
                "each question first, then take the percentile."),
        Mistake("the worst", lambda f, p, b: _by(f, p, b, lambda x, y: (x + y).max()),
                "You compare the slowest question. One hiccup of the machine then decides; the promise is for 95 of 100."),
        Mistake("stages apart", lambda f, p, b: _by(f, p, b, lambda x, y: np.percentile(y, 95)),
                "The other stages take time, too: `fixed` is missing."),
    ),
    hints=("For n pairs question q takes `fixed[q] + pair[q, :n].sum()`.",
           "`np.percentile(total, 95)` of these Q sums must be at most the budget.",
           "Try n = 1, 2, ... and keep the largest that fits; 0 if none does."),
)
