"""Exercises of chapter 28, with the classic mistakes of leaving one machine: shares, machines, late answers, lists, parts, new rows."""

import math

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _share(t1, w, tw, power=1, minus=True, limit=True):
    s = (w / (t1 / tw) ** power - 1) / ((w - 1) if minus else w)
    return np.array([s, 1 / s if limit else w / s])


def _amdahl(t1, w, tw):
    return _share(t1, w, tw)


amdahl = Exercise(
    name="the share that does not scale",
    reference=_amdahl,
    cases=lambda: [(100.0, 4, 40.0), (60.0, 2, 33.0), (90.0, 16, 12.0)],
    mistakes=(
        Mistake("turned round", lambda a, w, b: _share(a, w, b, power=-1),
                "Your speed-up is below 1: it is the time with one worker over the time with w, t1 / tw, and not the other way round."),
        Mistake("w in place of w - 1", lambda a, w, b: _share(a, w, b, minus=False),
                "You divide by w. Solve 1 / S = s + (1 - s) / w for s: w / S = s (w - 1) + 1, so the divisor is w - 1."),
        Mistake("efficiency", lambda a, w, b: np.array([1 - a / b / w, 1 / (1 - a / b / w)]),
                "You give 1 - S / w, the part of the workers' time that was wasted. It grows with w, and is no property of the program. "
                "Solve Amdahl's equation for s."),
        Mistake("limit times w", lambda a, w, b: _share(a, w, b, limit=False),
                "The share is right. With any number of workers (1 - s) / w goes to 0, and the speed-up to 1 / s; your limit has w in it."),
        Mistake("share of the new time", lambda a, w, b: np.array([_share(a, w, b)[0] * a / b, b / a / _share(a, w, b)[0]]),
                "You give the part of the *shorter* time. s is a share of the time with one worker."),
    ),
    hints=("Amdahl: tw / t1 = s + (1 - s) / w. Solve it for s.",
           "With S = t1 / tw: `s = (w / S - 1) / (w - 1)`; the limit is `1 / s`."),
)


def _machines(n, bytes_a_row, memory, rate, ms, cores, copies, giga=1e9, whole=True, both=max, each=True):
    up = math.ceil if whole else (lambda v: v)
    shards = max(1, up(n * bytes_a_row / (memory * giga)))
    busy = up(rate * (ms(shards) if callable(ms) else ms) / 1000 / cores)
    replicas = both(copies, busy)
    return np.array([shards, replicas, shards * replicas if each else shards + replicas], float)


def _plan(n, dim, ids, memory, rate, ms, cores, copies):
    return _machines(n, 4 * dim + ids, memory, rate, ms, cores, copies)


plan = Exercise(
    name="machines for a plan",
    reference=_plan,
    cases=lambda: [(1e9, 128, 8, 64, 50.0, 300.0, 16, 2), (2e8, 256, 8, 128, 2000.0, 40.0, 16, 2), (1e6, 64, 0, 16, 1.0, 2.0, 4, 3),
                   (16e6, 512, 8, 32, 100.0, 1000.0, 8, 1)],
    mistakes=(
        Mistake("one byte a number", lambda n, d, i, m, r, t, c, k: _machines(n, d + i, m, r, t, c, k),
                "A float32 has four bytes: a vector takes 4 D, and its id some more."),
        Mistake("no ids", lambda n, d, i, m, r, t, c, k: _machines(n, 4 * d, m, r, t, c, k),
                "The ids are missing: each row takes 4 D bytes *and* `id_bytes`. With short codes the ids are a large part of an index."),
        Mistake("GiB", lambda n, d, i, m, r, t, c, k: _machines(n, 4 * d + i, m, r, t, c, k, giga=2**30),
                "You take a GB for 2^30 bytes. Here it is 10^9, as on the price list; the difference of 7 % may be one machine."),
        Mistake("part of a machine", lambda n, d, i, m, r, t, c, k: _machines(n, 4 * d + i, m, r, t, c, k, whole=False),
                "There is no half machine: round up, first the shards, then the replicas."),
        Mistake("copies times", lambda n, d, i, m, r, t, c, k: _machines(n, 4 * d + i, m, r, t, c, k, both=lambda a, b: a * b),
                "You multiply the copies for safety by those for the questions. The same copies serve for both: take the larger number."),
        Mistake("only safety", lambda n, d, i, m, r, t, c, k: _machines(n, 4 * d + i, m, r, t, c, k, both=lambda a, b: a),
                "The questions are forgotten: `rate` questions a second, each of `ms` on a core of every shard, need rate * ms / 1000 "
                "cores."),
        Mistake("only questions", lambda n, d, i, m, r, t, c, k: _machines(n, 4 * d + i, m, r, t, c, k, both=lambda a, b: b),
                "`copies` is forgotten: every shard stands on at least so many machines, however few questions there are."),
        Mistake("added", lambda n, d, i, m, r, t, c, k: _machines(n, 4 * d + i, m, r, t, c, k, each=False),
                "Every shard needs all its replicas: multiply, do not add."),
    ),
    hints=("Bytes: n * (4 * dim + id_bytes). Shards: these bytes divided by memory * 10^9, rounded up, at least 1.",
           "Cores that are busy on each shard: rate * ms / 1000. Divided by `cores` and rounded up: the replicas that the questions need.",
           "`replicas = max(copies, math.ceil(rate * ms / 1000 / cores))`; machines = shards * replicas."),
)


def _late(took, budget):
    p = (took > budget).mean(axis=0)
    return np.array([(took > budget).any(axis=1).mean(), 1 - np.prod(1 - p)])


def _cases_late():
    made = []
    for seed, shards in ((1, 4), (2, 10), (3, 30)):
        r = np.random.default_rng(seed)
        took = r.gamma(2.0, 5.0, (200, shards)) * np.linspace(0.7, 1.4, shards) + 15.0 * (r.random((200, 1)) < 0.1)
        made.append((took, 32.0))
    return made


late = Exercise(
    name="late questions",
    reference=_late,
    cases=_cases_late,
    mistakes=(
        Mistake("all late", lambda t, b: np.array([(t > b).all(axis=1).mean(), np.prod((t > b).mean(axis=0))]),
                "You count the questions for which *all* shards are late. A question waits for the last shard: one late shard is enough."),
        Mistake("the mean shard", lambda t, b: np.array([(t > b).mean(), (t > b).mean()]),
                "You give the share of late *answers*. A question has as many answers as there are shards, and waits for the slowest."),
        Mistake("the mean time", lambda t, b: np.array([(t.mean(axis=1) > b).mean(), _late(t, b)[1]]),
                "You compare the mean time of the shards with the budget. The slowest decides: `took.max(axis=1)`."),
        Mistake("added", lambda t, b: np.array([_late(t, b)[0], (t > b).mean(axis=0).sum()]),
                "You add the chances of the shards. A question with two late shards is then counted twice, and the sum may exceed 1. "
                "One minus the chance that *no* shard is late is right."),
        Mistake("one p for all", lambda t, b: np.array([_late(t, b)[0], 1 - (1 - (t > b).mean()) ** t.shape[1]]),
                "You take one mean chance for all shards. Here the shards differ; multiply the 1 - p of each."),
        Mistake("wrong axis", lambda t, b: _late(t.T, b),
                "Rows are questions, columns are shards. You took the maximum over the questions."),
        Mistake("on time", lambda t, b: 1 - _late(t, b), "You give the share that is on time. Asked is the share that is late."),
    ),
    hints=("Measured: the share of the rows whose maximum is above the budget.",
           "Predicted: `p = (took > budget).mean(axis=0)` is the chance of each shard; that none is late has the product of the 1 - p.",
           "`1 - np.prod(1 - p)`."),
)


def _ordered(scores, ids):
    return sorted((-s, i) for row, names in zip(scores, ids, strict=True) for s, i in zip(row, names, strict=True) if i >= 0)


def _certain(scores, ids, k, tie=True, which=max, short=True, column=-1, last=True):
    pairs = _ordered(scores, ids)[:k]
    ends = [(-row[column], names[column]) for row, names in zip(scores, ids, strict=True) if names[column] >= 0]
    if not short:  # the last row that was sent, also of a list that is not full
        ends = [max((-s, i) for s, i in zip(row, names, strict=True) if i >= 0) for row, names in zip(scores, ids, strict=True)]
    if not ends:
        return np.array([i for _, i in pairs]), len(pairs)
    first = min(ends) if which is max else max(ends)
    safe = sum((pair <= first if last else pair < first) if tie else pair[0] < first[0] for pair in pairs)
    return np.array([i for _, i in pairs]), safe


def _merged(scores, ids, k):
    return _certain(scores, ids, k)


def _cases_merged():
    inf = np.inf
    return [(np.array([[0.9, 0.8, 0.7], [0.95, 0.5, 0.4]]), np.array([[4, 0, 2], [7, 3, 9]]), 5),
            (np.array([[0.9, 0.6, 0.6], [0.8, 0.6, 0.3], [0.6, 0.2, -inf]]), np.array([[11, 2, 9], [8, 5, 0], [1, 6, -1]]), 8),
            (np.array([[0.5, -inf], [0.4, -inf]]), np.array([[3, -1], [1, -1]]), 4),
            (np.array([[0.9, -inf], [0.8, 0.7]]), np.array([[4, -1], [2, 6]]), 3),
            (np.array([[0.9, 0.9], [0.9, 0.9]]), np.array([[1, 5], [0, 8]]), 4)]


merged = Exercise(
    name="which places are certain",
    reference=_merged,
    cases=_cases_merged,
    mistakes=(
        Mistake("everything", lambda s, i, k: (_merged(s, i, k)[0], len(_merged(s, i, k)[0])),
                "You call every place certain. A shard whose list is full may have more rows behind its last one, which were never sent."),
        Mistake("the worst end", lambda s, i, k: _certain(s, i, k, which=min),
                "You compare with the *worst* last row of the shards. One shard is enough to hide a row: the one whose list ends "
                "best decides."),
        Mistake("short lists count", lambda s, i, k: _certain(s, i, k, short=False),
                "A list that is not full (its last place has id -1) has told all it has: it hides nothing. Leave it out."),
        Mistake("ties", lambda s, i, k: _certain(s, i, k, tie=False),
                "You call only places certain whose score is *above* the end of every full list. With equal scores the lower id wins: what "
                "is hidden behind (score, id) has a lower score, or the same and a higher id. And that last row itself was sent."),
        Mistake("the last row left out", lambda s, i, k: _certain(s, i, k, last=False),
                "The last row of a full list was sent itself, so its place is certain, too: the smallest of the last pairs itself counts."),
        Mistake("the first of each", lambda s, i, k: _certain(s, i, k, column=0),
                "You compare with the *first* row of each list. What was not sent comes behind its last row."),
        Mistake("arrival", lambda s, i, k: (np.array([n for _, _, n in sorted(
            ((-v, at, n) for at, (v, n) in enumerate(zip(s.ravel(), i.ravel(), strict=True)) if n >= 0))][:k]), _merged(s, i, k)[1]),
                "Equal scores stay in the order of the shards. The result then depends on how rows were spread; let the lower id win."),
        Mistake("empty places", lambda s, i, k: (np.array([n for _, n in sorted(zip(-s.ravel(), i.ravel(), strict=True))][:k]),
                                                _merged(s, i, k)[1]),
                "Places with id -1 are no rows: leave them out."),
    ),
    hints=("Merge as in the chapter: pairs (-score, id), without id -1, sorted, the first k.",
           "What a full list did not send comes behind its last pair (-score, id). So everything up to the *smallest* of these last pairs "
           "is certain.",
           "`safe = sum(pair <= min(ends) for pair in pairs)`; with no full list everything is certain."),
)


def _states(events, parts, trust="written", revive=True):
    written, told, running = set(), set(), {}
    for what, worker, part in events:
        if what == "begin":
            running[worker] = part
        elif what == "written":
            written.add(part)
        elif what == "told":
            told.add(part)
            running.pop(worker, None)
        elif what == "dies" and revive:
            running.pop(worker, None)
    if trust == "told":
        written = told
    busy = set(running.values())
    return np.array([0 if p in told else 1 if p in written else 2 if p in busy else 3 for p in range(parts)])


def _parts(events, parts):
    return _states(events, parts)


def _forget(events, parts):
    """As _parts, but what a dead worker wrote counts as lost."""
    owner = {part: worker for what, worker, part in events if what == "written"}
    dead = {worker for what, worker, _ in events if what == "dies"}
    states = _parts(events, parts)
    return np.array([3 if s == 1 and owner[p] in dead else s for p, s in enumerate(states)])


def _cases_parts():
    first = [("begin", "a", 0), ("begin", "b", 1), ("written", "a", 0), ("told", "a", 0), ("begin", "a", 2), ("written", "b", 1),
             ("dies", "b", -1), ("begin", "c", 3), ("written", "a", 2)]
    second = [("begin", "a", 0), ("dies", "a", -1), ("begin", "b", 1), ("begin", "c", 0), ("written", "c", 0), ("told", "c", 0),
              ("begin", "c", 4), ("dies", "c", -1)]
    return [(first, 5), (second, 6), ([], 2)]


parts = Exercise(
    name="which parts are handed out",
    reference=_parts,
    cases=_cases_parts,
    mistakes=(
        Mistake("begun is done", lambda e, n: np.array([0 if s == 2 else s for s in _parts(e, n)]),
                "You count a part that was begun as done. It is done when its file is there."),
        Mistake("only what was told", lambda e, n: _states(e, n, trust="told"),
                "You trust only what was told. A worker may die between writing and telling: the file is there, state 1, and nobody has to "
                "describe those pictures again."),
        Mistake("the dead take their files along", _forget,
                "You count the files of a dead worker as lost. They lie in the shared folder, whole; a process dies and its files stay."),
        Mistake("the dead work on", lambda e, n: _states(e, n, revive=False),
                "A part that a dead worker had begun is in nobody's hands: state 3. You have it as being worked on, and it would be waited "
                "for for ever."),
        Mistake("busy is free", lambda e, n: np.array([3 if s == 2 else s for s in _parts(e, n)]),
                "You hand out parts that a living worker has in hand. It does no harm to the result, but costs the time twice; state 2."),
        Mistake("told is written", lambda e, n: np.minimum(_parts(e, n), 3) - (_parts(e, n) == 1),
                "You do not tell written from told. The coordinator does not know of the file yet: state 1."),
    ),
    hints=("Go through the events in order; keep a set of written parts, a set of told parts, and what each living worker has in hand.",
           "A death takes away what the worker had in hand, and nothing else.",
           "For each part ask in this order: told? 0. written? 1. in somebody's hand? 2. Else 3."),
)


def _new(large, gone, small, k, filter_=True, both=False, twice=False, order=True, cut=False):
    (ls, li), (ss, si) = large, small
    pairs = [(-s, i, 0) for s, i in list(zip(ls, li, strict=True))[: k if cut else None] if not (filter_ and i in gone)]
    pairs += [(-s, i, 1) for s, i in zip(ss, si, strict=True) if not (both and i in gone)]
    if not order:
        pairs = [p for p in pairs if p[2]] + [p for p in pairs if not p[2]]
    pairs = sorted(pairs, key=lambda p: p[:2]) if order else pairs
    return np.array([i for _, i, _ in pairs][:k])


def _fresh(large, gone, small, k):
    return _new(large, gone, small, k)


def _cases_fresh():
    return [((np.array([0.9, 0.8, 0.6, 0.5, 0.45, 0.1]), np.array([4, 1, 7, 2, 3, 0])), {1, 4},
             (np.array([0.7, 0.3]), np.array([9, 1])), 4),
            ((np.array([0.9, 0.6, 0.6, 0.1]), np.array([8, 5, 6, 0])), {8}, (np.array([0.6, 0.3]), np.array([2, 8])), 4),
            ((np.array([0.5, 0.4, 0.3]), np.array([0, 1, 2])), set(), (np.array([]), np.array([], int)), 2)]


newest = Exercise(
    name="what is new, and what is gone",
    reference=_fresh,
    cases=_cases_fresh,
    mistakes=(
        Mistake("nothing gone", lambda a, g, b, k: _new(a, g, b, k, filter_=False),
                "Removed rows are still in the answer, and a changed picture stands there twice: as it was, and as it is. Leave the ids of "
                "`gone` out of the *large* list."),
        Mistake("gone everywhere", lambda a, g, b, k: _new(a, g, b, k, both=True),
                "You leave the ids of `gone` out of the small list, too. A picture that was changed is gone from the large index and lives "
                "in the small one, under the same id."),
        Mistake("cut first", lambda a, g, b, k: _new(a, g, b, k, cut=True),
                "You cut the large list to k rows *before* you take out what is gone. Then fewer than k are left, and rows behind them are "
                "missed. That is why the large index is asked for more than k."),
        Mistake("new first", lambda a, g, b, k: _new(a, g, b, k, order=False),
                "You put the new rows in front. New is not better: merge by score, equal ones by id."),
        Mistake("only old", lambda a, g, b, k: _new(a, g, (b[0][:0], b[1][:0]), k),
                "The small list is missing: nothing that came today is found."),
    ),
    hints=("Filter the large list by `gone`, leave the small list as it is, put both together.",
           "`sorted(zip(-scores, ids))` orders by score, equal ones by id; then take k ids."),
)


def _move(lots, old, kind="max", shares="moved", remainder=None):
    n = np.arange(len(lots))
    pick = np.argmax if kind == "max" else np.argmin
    a, b = pick(lots[:, :old], axis=1), pick(lots[:, : old + 1], axis=1)
    m, c = n % old, n % (remainder or old + 1)
    found = np.array([np.mean(m != c), np.mean(a != b)])
    return found if shares == "moved" else 1 - found


def _moved(lots, old):
    return _move(lots, old)


moved = Exercise(
    name="what moves when a shard is added",
    reference=_moved,
    cases=lambda: [(np.random.default_rng(s).random((300, old + 2)), old) for s, old in ((1, 2), (2, 5), (3, 9))],
    mistakes=(
        Mistake("what stays", lambda x, o: _move(x, o, shares="stay"),
                "You give the share that stays where it is. Asked is the share that moves."),
        Mistake("all columns", lambda x, o: np.array([_move(x, o)[0], np.mean(np.argmax(x[:, :o], 1) != np.argmax(x, 1))]),
                "`lots` has columns for shards that do not exist yet. With `old` shards only the first `old` columns draw, then one more."),
        Mistake("lowest lot", lambda x, o: _move(x, o, kind="min"),
                "You gave the picture to the *lowest* lot. That works as well; here the highest one has it, as in the chapter."),
        Mistake("the new shard's share", lambda x, o: np.array([np.mean(np.arange(len(x)) % (o + 1) == o), _move(x, o)[1]]),
                "With the remainder you counted only what lies on the new shard. Pictures also move between old shards; compare id % old "
                "with id % (old + 1)."),
        Mistake("redrawn", lambda x, o: np.array([_move(x, o)[0], np.mean(np.argmax(x[:, :o], 1) != np.argmax(x[:, 1 : o + 2], 1))]),
                "You let the columns shift. Shard s draws the lot of column s, before and after; otherwise nearly all moves."),
        Mistake("turned round", lambda x, o: _move(x, o)[::-1], "The two shares stand in the other order: the remainder first."),
    ),
    hints=("Ids are 0, 1, 2, ..., the rows of `lots`. Compute the shard of each before and after, and compare.",
           "`np.argmax(lots[:, :old], axis=1)` before, `np.argmax(lots[:, :old + 1], axis=1)` after.",
           "`np.mean(n % old != n % (old + 1))` is the first share."),
)
