"""Exercises of chapter 25, with the classic mistakes of text and pictures in one space; some of them were published."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake

TRAIN = [["a", "ship", "at", "sea"], ["a", "tower"], ["a", "ship", "and", "a", "ship"], ["the", "sea"]]
OTHER = [["a", "ship", "ship", "mermaid"], ["sea", "tower", "sea"], ["sea"]]


def _idf(train, words, add=1.0, extra=1, once=True):
    have = np.array([sum((w in text) if once else text.count(w) for text in train) for w in words])
    return np.log((extra + len(train)) / (extra + have)) + add


def _tfidf(train, texts, counts=True, unit=True, idf=None, words=None):
    words = sorted({w for text in train for w in text}) if words is None else words
    rows = np.array([[text.count(w) if counts else float(w in text) for w in words] for text in texts], float)
    rows = rows * (_idf(train, words) if idf is None else idf(train, words))
    size = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(size > 0, size, 1) if unit else rows


weights = Exercise(
    name="tf-idf, learnt where it may be",
    reference=_tfidf,
    cases=lambda: [(TRAIN, OTHER), (TRAIN[:3], OTHER[:2]), (TRAIN + [["ship", "wreck"]], OTHER + [["nothing"]])],
    mistakes=(
        Mistake("all splits", lambda train, texts: _tfidf([*train, *texts], texts),
                "Your words come from the training texts *and* from the texts to be encoded. A vocabulary that has seen the test knows "
                "its rare "
                "words; this slips in when a missing file of the vocabulary is made again from everything. Learn words and weights on "
                "`train`."),
        Mistake("weights of the test", lambda train, texts: _tfidf(train, texts, idf=lambda t, w: _idf(texts, w)),
                "The words are right, but the weights count the texts to be encoded. N and N_i are of the *training* texts: a single "
                "comment of "
                "a user has no statistics of its own."),
        Mistake("presence", lambda train, texts: _tfidf(train, texts, counts=False),
                "You note only whether a word is there. n_i counts: a word that stands twice weighs twice."),
        Mistake("occurrences", lambda train, texts: _tfidf(train, texts, idf=lambda t, w: _idf(t, w, once=False)),
                "N_i is the number of *texts* that have the word, not how often it stands in all of them."),
        Mistake("no smoothing", lambda train, texts: _tfidf(train, texts, idf=lambda t, w: _idf(t, w, extra=0)),
                "The two ones inside the logarithm are missing: ln((1 + N) / (1 + N_i)) + 1."),
        Mistake("zero for common words", lambda train, texts: _tfidf(train, texts, idf=lambda t, w: _idf(t, w, add=0.0)),
                "The + 1 behind the logarithm is missing: here a word that all texts have keeps the weight 1, and is not dropped."),
        Mistake("not unit", lambda train, texts: _tfidf(train, texts, unit=False),
                "Bring each row to length 1, or long comments win every comparison. A row of zeros stays as it is."),
    ),
    hints=("Three steps: the words of `train` in alphabetical order; how often each stands in a text; how many texts of `train` have it.",
           "`n = np.array([[text.count(w) for w in words] for text in texts], float)`, "
           "`have = np.array([sum(w in text for text in train) for w in words])`.",
           "Multiply by `np.log((1 + len(train)) / (1 + have)) + 1`, then divide each row by its length; leave rows of zeros alone."),
)


def _bag(ids, size, unknown=False, presence=False):
    row = np.zeros(size + 1, np.int64)
    np.add.at(row, np.asarray(ids, int), 1)
    row = row if unknown else row[:size]
    return np.minimum(row, 1) if presence else row


def _minus_one(ids, size):
    row = np.zeros(size, np.int64)
    for word in ids:
        if word < size:
            row[word - 1] += 1
    return row


def _assigned(ids, size):
    row = np.zeros(size + 1, np.int64)
    row[np.asarray(ids, int)] += 1  # an index that stands twice is increased once
    return row[:size]


def _last_takes_unknown(ids, size):
    row = np.zeros(size, np.int64)
    for word in ids:
        row[min(word, size - 1)] += 1
    return row


columns = Exercise(
    name="counts in their columns",
    reference=_bag,
    cases=lambda: [([0, 3, 3, 1], 5), ([5, 2, 2, 5, 0], 5), ([4, 4, 4, 0], 5), ([], 3)],
    mistakes=(
        Mistake("word - 1", _minus_one,
                "You count word w at column w - 1, as published code does. Words begin at 0 here: word 0 lands in column -1, which Python "
                "takes "
                "for the last one, where another word is counted, too. No error tells you."),
        Mistake("unknown in the last column", _last_takes_unknown,
                "The id `size` stands for every unknown word. You count it as the last known word; leave it out."),
        Mistake("one column more", lambda ids, size: _bag(ids, size, unknown=True),
                "Your row has a column for the unknown word. Two texts that share nothing but unknown words would then look "
                "alike. Leave it out: `size` columns."),
        Mistake("each once", _assigned,
                "`row[ids] += 1` increases an index that stands twice only once. `np.add.at(row, ids, 1)` or `np.bincount` count each."),
        Mistake("empty is all", lambda ids, size: _bag(ids, size) if len(ids) else np.ones(size, np.int64),
                "A text without words has counted nothing: a row of zeros."),
    ),
    hints=("Column w belongs to word w; the id `size` is no word.",
           "Leave the unknown ones out: `known = [w for w in ids if w < size]`.",
           "`np.bincount(known, minlength=size)` with integers, for the empty text, too."),
)


def _pairs(items, other, positive, negatives=None, ints=True):
    """items: int n, each once as a positive pair; other: int many, draws from 0 to n - 2 for the negatives."""
    count = round(len(items) / positive) - len(items) if negatives is None else negatives
    i = np.tile(items, 1 + count // max(len(items), 1))[:count]
    j = other[:count] + (other[:count] >= i)
    return np.stack([np.concatenate([items, i]), np.concatenate([items, j]), np.repeat([1, 0], [len(items), count])])


def _cases_pairs():
    sizes = ((0, 4, 0.2), (1, 7, 0.2), (2, 6, 0.5), (3, 9, 0.3))
    return [(np.arange(n), np.random.default_rng(seed).integers(n - 1, size=12 * n), share) for seed, n, share in sizes]


def _float_count(items, other, positive):
    n = len(items) / (1 - (1 - positive))
    return _pairs(items, other, positive, negatives=int(n) - len(items))


pairs = Exercise(
    name="pairs, one in five right",
    reference=_pairs,
    cases=_cases_pairs,
    mistakes=(
        Mistake("share as a ratio", lambda items, other, positive: _pairs(items, other, positive, negatives=round(len(items) / positive)),
                "You took n / positive *wrong* pairs. That is the number of all pairs; the n right ones are among them."),
        Mistake("cut", _float_count,
                "A pair is missing. The number of pairs is a float with a rounding error in it: 9 / (1 - 0.7) is 29.999999999999996, and "
                "int() "
                "makes 29 of it. Published code divides so; use round()."),
        Mistake("may be the same", lambda items, other, positive: _with(items, other, positive, shift=False),
                "Some of your wrong pairs are right ones: `other` was drawn from 0 to n - 2. Add 1 where it is at least i, and every "
                "*other* item "
                "has the same chance."),
        Mistake("half and half", lambda items, other, positive: _pairs(items, other, positive, negatives=len(items)),
                "Count again: of all pairs the share `positive` is right. n right ones at a share of 0.2 need 4 n wrong ones."),
        Mistake("turned labels", lambda items, other, positive: _turned(items, other, positive),
                "The third row is 1 where the pair belongs together, and 0 elsewhere; yours is the other way round."),
    ),
    hints=("All pairs together: `total = round(len(items) / positive)`; the wrong ones are `total - len(items)` of them.",
           "First items of the wrong pairs: the items again and again, `np.tile(items, ...)[:count]`.",
           "Second items: `j = other[:count]`, then `j = j + (j >= i)`, so that j is never i."),
)


def _with(items, other, positive, shift=True):
    found = _pairs(items, other, positive)
    n = len(items)
    found[1, n:] = other[: found.shape[1] - n] + (1 if shift else 0) * (other[: found.shape[1] - n] >= found[0, n:])
    return found


def _turned(items, other, positive):
    found = _pairs(items, other, positive)
    found[2] = 1 - found[2]
    return found


def _places(s, strict=False, base=1, axis=1, order=None):
    own = np.diag(s)
    over = (s > own[:, None]) if strict else (s >= own[:, None])
    if axis == 0:
        over = s >= own[None]
    return base + over.sum(axis=axis) - (0 if strict else 1)


def _cases_places():
    rng = np.random.default_rng(0)
    return [(np.round(rng.random((6, 6)), 1),), (np.zeros((4, 4)),), (np.round(rng.random((9, 9)), 1),)]


places = Exercise(
    name="the place of the right one",
    reference=_places,
    cases=_cases_places,
    mistakes=(
        Mistake("ties for us", lambda s: _places(s, strict=True),
                "You count only items that are *more* similar. A model that answers 0 to everything would stand first everywhere: a tie "
                "counts "
                "against us."),
        Mistake("from 0", lambda s: _places(s, base=0),
                "Your first place is 0. R@k asks for places up to k, so the first place is 1."),
        Mistake("itself counted", lambda s: _places(s) + 1,
                "You counted the right item among those before it: s_qq >= s_qq. Leave it out, or take one off."),
        Mistake("columns", lambda s: _places(s, axis=0),
                "You compared down the columns: that is the other direction. Questions are rows."),
        Mistake("argsort", lambda s: np.argsort(-s, axis=1, kind="stable")[np.arange(len(s)), np.arange(len(s))] + 1,
                "argsort tells which *item* stands at place q, not at which *place* item q stands. (And it breaks ties by the item's "
                "number.)"),
        Mistake("smaller is better", lambda s: _places(-s),
                "You count items that are less similar. A larger similarity is better."),
    ),
    hints=("The similarity with the right item: `own = np.diag(s)`.",
           "Compare each row with its own: `s >= own[:, None]`; it holds for the right item itself.",
           "The sum of a row then is the place: itself, and all that stand before it."),
)


def _log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def _ce(z, y):
    return -_log_softmax(z)[np.arange(len(y)), y].mean()


def _augmented(cos, same, m, zf, zg, labels, i, j, a, both="own", left=2, share=1.0, plus=False):
    margin = np.where(same, 1 - cos, np.maximum(0, cos - m)).mean()
    text = labels[j] if both == "own" else labels[i]
    named = _ce(zf, labels[i]) + _ce(zg, text)
    return float((1.0 if plus else 1 - left * a) * margin + a * share * named)


def _cases_augmented():
    found = []
    for seed, a in ((0, 0.1), (1, 0.01), (2, 0.3)):
        rng = np.random.default_rng(seed)
        i, j = rng.integers(5, size=(2, 8))
        zf, zg = rng.normal(size=(2, 8, 3))
        found.append((rng.uniform(-1, 1, 8), i == j, 0.2, zf, zg, rng.integers(3, size=5), i, j, a))
    return found


attribute = Exercise(
    name="the loss with an attribute",
    reference=_augmented,
    cases=_cases_augmented,
    mistakes=(
        Mistake("label of the picture for both", lambda *args: _augmented(*args, both="image"),
                "You named the text by the *picture's* attribute. Four pairs in five do not belong together: comment j has the attribute "
                "of "
                "painting j. This mistake trains, and teaches the text classifier nothing."),
        Mistake("once", lambda *args: _augmented(*args, left=1),
                "There are two classifiers with the share a each, so 1 - 2a is left for the margin loss, not 1 - a."),
        Mistake("on top", lambda *args: _augmented(*args, plus=True),
                "You added the classifiers on top of the whole margin loss. Its share is 1 - 2a."),
        Mistake("mean of both", lambda *args: _augmented(*args, share=0.5),
                "You took the mean of the two cross-entropies. Each has the share a of its own: a CE(f) + a CE(g)."),
        Mistake("sum of the batch", lambda *args: _sum_of_batch(*args),
                "You added the cross-entropy up over the batch. Both parts are means over the pairs, or a means something else in every "
                "batch."),
        Mistake("only pairs that match", lambda *args: _only_same(*args),
                "You named only the items of the pairs that belong together. Every picture and every text has an attribute, in wrong "
                "pairs, too."),
    ),
    hints=("The margin part: `np.where(same, 1 - cos, np.maximum(0, cos - m)).mean()`.",
           "Cross-entropy of scores z with labels y: the mean of `log(sum(exp(z))) - z[y]`, row by row.",
           "Pictures have `labels[i]`, texts `labels[j]`; the shares are 1 - 2a, a and a."),
)


def _sum_of_batch(cos, same, m, zf, zg, labels, i, j, a):
    return _augmented(cos, same, m, zf, zg, labels, i, j, a, share=len(cos))


def _only_same(cos, same, m, zf, zg, labels, i, j, a):
    margin = np.where(same, 1 - cos, np.maximum(0, cos - m)).mean()
    s = np.asarray(same) if np.any(same) else np.ones(len(cos), bool)
    return float((1 - 2 * a) * margin + a * (_ce(zf[s], labels[i[s]]) + _ce(zg[s], labels[j[s]])))


def _play(s, shown, over_all=False, ties=False, column=False, index=False):
    own = s.T if column else s
    hits = []
    for n, row in enumerate(shown):
        of = own[row[0]]
        if over_all:
            hits.append(np.argmax(of) == row[0])
        elif index:
            hits.append(np.argmax(of[row]) == row[0])
        else:
            hits.append(of[row[0]] >= of[row[1:]].max() if ties else of[row[0]] > of[row[1:]].max())
    return float(np.mean(hits))


def _cases_play():
    found = []
    for seed, n in ((0, 12), (1, 20), (2, 14)):
        rng = np.random.default_rng(seed)
        s = np.round(rng.random((n, n)) + 0.5 * np.eye(n), 1)
        found.append((s, np.array([[i, *rng.choice(np.delete(np.arange(n), i), 4, replace=False)] for i in range(n)])))
    return found


game = Exercise(
    name="ten paintings, one comment",
    reference=_play,
    cases=_cases_play,
    mistakes=(
        Mistake("among all", lambda s, shown: _play(s, shown, over_all=True),
                "You looked for the best of *all* paintings. The player sees only those of the round: compare within `shown`."),
        Mistake("index or number", lambda s, shown: _play(s, shown, index=True),
                "argmax over the round gives a position in the round, 0 to 9; the right painting has position 0. You compared it with the "
                "painting's number."),
        Mistake("ties won", lambda s, shown: _play(s, shown, ties=True),
                "A tie with a wrong painting is no hit. With `argmax` the first of equal ones wins, and the right one stands first in "
                "`shown`."),
        Mistake("picture asks", lambda s, shown: _play(s, shown, column=True),
                "You took columns: one painting, and comments to choose from. Here the comment asks: row q of s."),
        Mistake("errors", lambda s, shown: 1 - _play(s, shown),
                "That is the share of rounds that were lost. Return those that were won."),
    ),
    hints=("Row by row: `of = s[row[0]]` has the similarities of this comment with all paintings.",
           "Only the shown ones count: `of[row]`, the right one first.",
           "A hit: `of[row[0]] > of[row[1:]].max()`. Return the mean."),
)
