"""Exercises of chapter 22, with the classic mistakes of looking for moments in a film."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _intersection(a, b):
    return float(1 - np.minimum(a, b).sum())


def _histograms(seed, bins):
    a, b = np.random.default_rng(seed).random((2, bins)) ** 2
    return a / a.sum(), b / b.sum()


distance = Exercise(
    name="the distance of two histograms",
    reference=_intersection,
    cases=lambda: [_histograms(0, 6), _histograms(1, 9), _histograms(2, 4)],
    mistakes=(
        Mistake("similarity", lambda a, b: float(np.minimum(a, b).sum()),
                "You returned the intersection itself: 1 for equal frames. A *distance* is wanted, 0 for equal frames."),
        Mistake("maximum", lambda a, b: float(1 - np.maximum(a, b).sum()),
                "You took the larger of both bins. What both frames share is the smaller."),
        Mistake("absolute", lambda a, b: float(np.abs(a - b).sum()),
                "You added up the absolute differences. For histograms that sum to 1 this is twice the distance that is wanted."),
        Mistake("mean", lambda a, b: float(1 - np.minimum(a, b).mean()),
                "You took the mean over the bins. With many bins everything then looks like a cut; the sum is wanted."),
        Mistake("squares", lambda a, b: float(((a - b) ** 2).sum()),
                "You added up squared differences: small changes in many bins vanish in it. The smaller of both is wanted, bin by bin."),
    ),
    hints=("Bin by bin, what both have: the smaller value.", "`np.minimum(a, b).sum()` is what they share, at most 1.", "One minus that."),
)


def _links(d, limit=None, forth_only=False, loose=False, swap=False):
    forth, back = d.argmin(axis=1), d.argmin(axis=0)
    i = np.arange(len(d))
    kept = np.ones(len(d), bool) if forth_only else back[forth] == i
    if limit is not None:
        kept &= (d[i, forth] <= limit) if loose else (d[i, forth] < limit)
    found = np.stack([i[kept], forth[kept]], axis=1)
    return found[:, ::-1] if swap else found


def _greedy(d, limit):
    d, found = d.astype(float).copy(), []
    while np.isfinite(d).any() and d.min() < limit:
        i, j = np.unravel_index(d.argmin(), d.shape)
        found.append((i, j))
        d[i], d[:, j] = np.inf, np.inf
    return np.array(sorted(found), np.int64).reshape(-1, 2)


def _distances(seed, n, m):
    """Distances of which all are different but one pair: mutual neighbours below 20, at 20 exactly, and beyond."""
    rng = np.random.default_rng(seed)
    d = 60 + rng.permutation(n * m).reshape(n, m)
    for i, value in enumerate((20, 31, 6, 9)[: min(n, m)]):
        d[i, (i + 1) % m] = value
    d[n - 1, 1 % m] = 12 if n > 4 else 40
    d[n - 2, 0] = 14
    d[n - 1, 0] = 11
    if n > 5:
        d[n - 2, m - 1] = 16
    return d, 20


links = Exercise(
    name="links between two frames",
    reference=_links,
    cases=lambda: [_distances(0, 4, 5), _distances(1, 5, 4), _distances(2, 6, 6), _distances(5, 5, 5)],
    mistakes=(
        Mistake("one way", lambda d, limit: _links(d, limit, forth_only=True),
                "You took the nearest of each point without asking back: two points may then go on in the same one. "
                "i must be the nearest of j, too."),
        Mistake("no limit", lambda d, limit: _links(d),
                "The limit is missing. Somebody is always nearest, even across a cut."),
        Mistake("limit included", lambda d, limit: _links(d, limit, loose=True),
                "You kept a pair whose distance *is* the limit. The limit is exclusive: below it."),
        Mistake("order", lambda d, limit: _links(d, limit, swap=True),
                "The columns are exchanged: first the point of this frame, then that of the next."),
        Mistake("greedy", _greedy,
                "You took the smallest distance, crossed out its row and column, and went on. "
                "That links points that are not each other's nearest."),
    ),
    hints=("Nearest in each row: `d.argmin(axis=1)`; in each column: `d.argmin(axis=0)`.",
           "i and j are linked if `back[forth[i]] == i`, with j = forth[i].",
           "Keep those with `d[i, forth[i]] < limit`, and stack i and j as two columns."),
)


def _majority(bits):
    return 2 * np.asarray(bits, np.int64).sum(axis=0) >= len(bits)


def _tracks():
    share = np.linspace(0.05, 0.95, 8)
    return [((np.random.default_rng(seed).random((t, 8)) < share).astype(np.uint8),) for seed, t in ((0, 10), (1, 6), (4, 13))]


majority = Exercise(
    name="the key feature of a track",
    reference=_majority,
    cases=lambda: [*_tracks(), (np.array([[1, 0, 1, 0], [0, 0, 1, 1], [1, 0, 0, 0], [0, 1, 1, 0]], np.uint8),)],
    mistakes=(
        Mistake("two or more", lambda b: b.sum(axis=0) >= 2,
                "You ask whether two frames or more have the bit. That is the slip of the published code: a long track fills with ones."),
        Mistake("strict", lambda b: 2 * b.sum(axis=0) > len(b),
                "At exactly half of the frames the bit is to be 1: at least half, not more than half."),
        Mistake("any", lambda b: b.any(axis=0), "You took a bit that was ever 1. One frame of noise is then enough."),
        Mistake("all", lambda b: b.all(axis=0), "You took a bit that was always 1. One frame of noise then takes it away."),
        Mistake("over bits", lambda b: 2 * b.sum(axis=1) >= b.shape[1],
                "You voted over the bits of each frame. The frames vote, on each bit: axis 0."),
        Mistake("first frame", lambda b: b[0].astype(bool), "You took the first frame. Its noise is as large as any other's."),
        Mistake("last frame", lambda b: b[-1].astype(bool), "You took the last frame. Its noise is as large as any other's."),
    ),
    hints=("How many frames have bit j? `bits.sum(axis=0)`.", "Careful with uint8: sum first, then compare.",
           "`2 * bits.sum(axis=0) >= len(bits)`."),
)


def _votes(d, shot_of, count, once=True, ties=True, limit=None, weight=False):
    votes = np.zeros(count)
    for row in d:
        ids = np.flatnonzero(row == row.min()) if ties else np.array([row.argmin()])
        if limit is not None and row.min() >= limit:
            continue
        shots = np.unique(shot_of[ids]) if once else shot_of[ids]
        np.add.at(votes, shots, 1 / len(shots) if weight else 1)
    return votes


def _cases_votes():
    cases = []
    for seed, q, n, s in ((0, 6, 8, 3), (1, 7, 9, 4), (3, 9, 10, 4)):
        rng = np.random.default_rng(seed)
        cases.append((rng.integers(10, 15, (q, n)) + 15 * (np.arange(q) == 1)[:, None], np.sort(rng.integers(0, s, n)), s))
    return cases


votes = Exercise(
    name="votes for shots",
    reference=_votes,
    cases=_cases_votes,
    mistakes=(
        Mistake("first only", lambda d, s, c: _votes(d, s, c, ties=False),
                "Where several key features are equally near, you asked only the first. All of them name their shots."),
        Mistake("every tie", lambda d, s, c: _votes(d, s, c, once=False),
                "A shot got several votes from one feature. However many of its key features are nearest, it is one vote for the shot."),
        Mistake("shared", lambda d, s, c: _votes(d, s, c, weight=True),
                "You divided a feature's vote among the shots. Here each of the nearest shots gets a whole one."),
        Mistake("limit", lambda d, s, c: _votes(d, s, c, limit=20),
                "You left out features that are far from everything. In this vote everybody votes: wrong votes scatter."),
        Mistake("farthest", lambda d, s, c: _votes(-d, s, c),
                "You voted for the *farthest* key features. A Hamming distance is small when two features are alike."),
        Mistake("key features", lambda d, s, c: np.bincount(d.argmin(axis=1), minlength=c)[:c].astype(float),
                "You counted key features. The vote is for their shots: `shot_of[ids]`."),
    ),
    hints=("One row of d at a time: `row == row.min()` is true for all that are nearest.", "Their shots: `np.unique(shot_of[...])`.",
           "Add 1 to each of these shots."),
)


def _f1(found, true, tolerance, once=True, inclusive=True):
    found, true = np.sort(found), np.sort(true)
    i = j = right = 0
    if not once:
        right = sum(bool((np.abs(true - f) <= tolerance).any()) for f in found)
        return 2 * right / (len(found) + len(true))
    t = tolerance if inclusive else tolerance - 1
    while i < len(found) and j < len(true):
        gap = found[i] - true[j]
        right += abs(gap) <= t
        i += gap <= t
        j += gap >= -t
    return float(2 * right / (len(found) + len(true)))


def _right(found, true, tolerance):
    return round(_f1(found, true, tolerance) * (len(found) + len(true)) / 2)


f1 = Exercise(
    name="how well cuts were found",
    reference=_f1,
    cases=lambda: [(np.array([10, 11, 40, 72]), np.array([10, 41, 90]), 1),
                   (np.array([5, 20, 22, 60, 62, 63]), np.array([21, 35, 62, 80]), 2),
                   (np.array([8, 30, 70]), np.array([10, 30, 50, 70, 71]), 2)],
    mistakes=(
        Mistake("one for many", lambda f, t, tol: _f1(f, t, tol, once=False),
                "A true cut was counted for several found ones. Each true cut can be found once; the others are false alarms."),
        Mistake("one found for many", lambda f, t, tol: 2 * sum(bool((np.abs(f - x) <= tol).any()) for x in t) / (len(f) + len(t)),
                "A found boundary was counted for several true cuts. Each found one counts once; the other true cuts were missed."),
        Mistake("precision", lambda f, t, tol: _right(f, t, tol) / len(f),
                "That is the precision: right over found. F1 also knows the cuts that were missed."),
        Mistake("recall", lambda f, t, tol: _right(f, t, tol) / len(t),
                "That is the recall: right over true. F1 also knows the false alarms."),
        Mistake("arithmetic mean", lambda f, t, tol: (_right(f, t, tol) / len(f) + _right(f, t, tol) / len(t)) / 2,
                "You took the arithmetic mean of precision and recall. F1 is the harmonic one, 2 right / (found + true)."),
        Mistake("exact", lambda f, t, tol: _f1(f, t, 0), "You asked for the exact frame. A boundary may be off by the tolerance."),
        Mistake("tolerance excluded", lambda f, t, tol: _f1(f, t, tol, inclusive=False),
                "A boundary that is off by exactly the tolerance is right; you left it out."),
    ),
    hints=("Sort both lists and walk through them together.",
           "Within the tolerance: count one, and go on in *both* lists. Otherwise go on where you lag behind.",
           "`2 * right / (len(found) + len(true))`."),
)


def _fpr(n, bits, hashers):
    return (1 - (1 - 2.0**-bits) ** n) ** hashers


stranger = Exercise(
    name="a stranger at the Bloom filter",
    reference=_fpr,
    cases=lambda: [(20, 4, 3), (100, 8, 2), (300, 7, 5)],
    mistakes=(
        Mistake("linear", lambda n, b, k: min(1.0, n / 2**b) ** k,
                "You counted n set bits. Keys collide: with n keys some bits are set twice, so fewer are set."),
        Mistake("array of bits", lambda n, b, k: (1 - (1 - 1 / b) ** n) ** k,
                "An array has 2^bits places, not `bits`: the signs are read as a number."),
        Mistake("one hasher", lambda n, b, k: _fpr(n, b, 1), "That is one hasher. A stranger must be unlucky in all of them."),
        Mistake("any hasher", lambda n, b, k: 1 - (1 - _fpr(n, b, 1)) ** k,
                "That is a hit in *some* hasher. To pass, all must say yes."),
        Mistake("missed", lambda n, b, k: (1 - 2.0**-b) ** n,
                "That is the chance that a bit is still 0. The stranger is let in where it is 1."),
        Mistake("one array for all", lambda n, b, k: (1 - (1 - 2.0**-b) ** (n * k)) ** k,
                "You let all hashers write into one array. Here each has an array of its own."),
    ),
    hints=("The chance that one key leaves a given bit alone: `1 - 2.0**-bits`.", "After n keys it is still 0 with that, to the power n.",
           "It is set with one minus that; all hashers must say yes: to the power `hashers`."),
)
