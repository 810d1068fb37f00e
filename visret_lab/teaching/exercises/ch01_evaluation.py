"""Exercises of chapter 01, with the classic mistakes of evaluation."""

import numpy as np

from visret_lab.teaching.answers import Exercise, Mistake


def _ap(positions, n):
    j = np.arange(len(positions))
    at = (j + 1) / (positions + 1)
    before = np.where(positions > 0, j / np.maximum(positions, 1), 1.0)
    return float(np.sum((before + at) / 2) / n)


def _finite_sum(positions, n):
    return float(np.sum((np.arange(len(positions)) + 1) / (positions + 1)) / n)


def _zero_before(positions, n):
    j = np.arange(len(positions))
    return float(np.sum((j / np.maximum(positions, 1) + (j + 1) / (positions + 1)) / 2) / n)


trapezoid_ap = Exercise(
    name="trapezoid average precision",
    reference=_ap,
    cases=lambda: [(np.array([1, 4, 5, 9]), 4), (np.array([0, 3]), 5), (np.array([0, 1, 2]), 3), (np.array([7]), 2)],
    mistakes=(
        Mistake("finite sum", _finite_sum, "This is the finite sum: precision at each positive. The trapezoid averages it "
                "with the precision just *before* the positive, j / r_j."),
        Mistake("divided by found", lambda p, n: _ap(p, len(p)), "You divide by the number of positives that were *found*. "
                "Divide by n, the number that *exist*; else an engine wins by returning one image."),
        Mistake("first position", _zero_before, "When the first image is a positive (r = 0), the precision before it is 1 by "
                "definition, not 0."),
        Mistake("counted from one", lambda p, n: _ap(p + 1, n), "Your positions are off by one: `positions` counts from 0, so "
                "the precision at a positive is (j + 1) / (r + 1)."),
    ),
    hints=("The area has one piece for each positive, each 1 / n wide.",
           "For the j-th positive at position r you need two precisions: (j + 1) / (r + 1) at it, and j / r just before it.",
           "Average the two, add up, divide by n. For r = 0 take 1 for the precision before."),
)


def _ranks(ranking, positive, junk):
    kept = ranking[~np.isin(ranking, junk)]
    return np.flatnonzero(np.isin(kept, positive))


ranks_without_junk = Exercise(
    name="positions without junk",
    reference=_ranks,
    cases=lambda: [(np.array([4, 2, 0, 1, 3]), np.array([0, 3]), np.array([4, 1])),
                   (np.array([3, 1, 2, 0]), np.array([2]), np.array([3])),
                   (np.array([0, 1, 2]), np.array([1]), np.array([2]))],
    mistakes=(
        Mistake("junk as negative", lambda r, p, j: np.flatnonzero(np.isin(r, p)), "Junk still counts as negative here: take "
                "it out of the list first, then look for the positives."),
        Mistake("junk as positive", lambda r, p, j: np.flatnonzero(np.isin(r, np.concatenate([p, j]))), "Junk counts as "
                "positive here. It is neither: it was never in the list."),
        Mistake("from one", lambda r, p, j: _ranks(r, p, j) + 1, "Your positions count from 1. The first place is 0."),
        Mistake("mask", lambda r, p, j: np.isin(r[~np.isin(r, j)], p), "You return a mask of True and False. "
                "`np.flatnonzero` turns it into positions."),
    ),
    hints=("First make a shorter list: the ranking without junk.", "`np.isin(ranking, junk)` marks the junk.",
           "`kept = ranking[~np.isin(ranking, junk)]`, then the positions where `kept` is positive."),
)


def _recall(ranking, positive, k):
    return np.isin(ranking[:k], positive).sum() / len(positive)


recall_at_k = Exercise(
    name="recall at k",
    reference=_recall,
    cases=lambda: [(np.array([5, 2, 0, 1, 3, 4]), np.array([2, 1, 4]), 2), (np.array([5, 2, 0, 1, 3, 4]), np.array([2, 1, 4]), 3),
                   (np.array([5, 2, 0, 1, 3, 4]), np.array([2, 1, 4]), 4), (np.array([1, 0, 2]), np.array([1, 2]), 1)],
    mistakes=(
        Mistake("off by one, short", lambda r, p, k: np.isin(r[:k - 1], p).sum() / len(p), "Off by one: the first k images are "
                "`ranking[:k]`, not `ranking[:k - 1]`."),
        Mistake("off by one, long", lambda r, p, k: np.isin(r[:k + 1], p).sum() / len(p), "Off by one: you look at k + 1 "
                "images. The first k are `ranking[:k]`."),
        Mistake("precision", lambda r, p, k: np.isin(r[:k], p).sum() / k, "This is precision at k: you divide by k. Recall "
                "divides by the number of positives."),
        Mistake("hit rate", lambda r, p, k: float(np.isin(r[:k], p).any()), "This is the hit rate: 1 as soon as one positive "
                "is found. Recall is the share of all positives."),
    ),
    hints=("How many of the first k are positives?", "Divide by the number of all positives, wherever they stand."),
)


def _ranking(similarity, own):
    order = np.argsort(-similarity, kind="stable")
    return order[order != own]


def _ascending(similarity, own):
    order = np.argsort(similarity, kind="stable")
    return order[order != own]


def _reversed_ties(similarity, own):
    order = np.argsort(similarity, kind="stable")[::-1]
    return order[order != own]


ranking_of = Exercise(
    name="ranking",
    reference=_ranking,
    cases=lambda: [(np.array([0.2, 0.9, 0.9, 1.0, 0.1]), 3), (np.array([0.5, 0.5, 0.7]), 2), (np.array([3.0, 1.0, 2.0, 2.0]), 1)],
    mistakes=(
        Mistake("own image kept", lambda s, o: np.argsort(-s, kind="stable"), "The query's own image is still in the list. It "
                "would be first every time, a hit for free."),
        Mistake("upside down", _ascending, "The list is upside down: a *similarity* is larger when better, and argsort sorts "
                "upwards. Sort the negative."),
        Mistake("ties reversed", _reversed_ties, "Nearly: `argsort(...)[::-1]` also turns ties around, so that the higher id "
                "comes first. Sort the negative with kind=\"stable\"."),
        Mistake("first dropped", lambda s, o: np.argsort(-s, kind="stable")[1:], "You drop the first of the list. The own image is often "
                "first, but not always: compare the ids with `own`."),
        Mistake("own removed by position", lambda s, o: np.delete(np.argsort(-s, kind="stable"), o), "You remove the *place* "
                "number `own` from the list; remove the *id* `own`."),
    ),
    hints=("`np.argsort` sorts upwards; what can you negate?", "kind=\"stable\" keeps equal values in the order of their ids.",
           "Last, keep the ids that are not `own`: `order[order != own]`."),
)


def _interval(scores, draws):
    return np.quantile(scores[draws].mean(axis=1), [0.025, 0.975])


def _cases_interval():
    generator = np.random.default_rng(4)
    return [(generator.random(20), generator.integers(0, 20, (400, 20))), (generator.random(7), generator.integers(0, 7, (300, 7)))]


interval = Exercise(
    name="bootstrap interval",
    reference=_interval,
    cases=_cases_interval,
    mistakes=(
        Mistake("of scores", lambda s, d: np.quantile(s[d], [0.025, 0.975]), "These are quantiles of the single scores. Take "
                "the mean of each redrawn set first; the interval is of the *mean*."),
        Mistake("wrong axis", lambda s, d: np.quantile(s[d].mean(axis=0), [0.025, 0.975]), "The mean runs over the wrong axis: "
                "each *row* of draws is one redrawn set of queries."),
        Mistake("ninety", lambda s, d: np.quantile(s[d].mean(axis=1), [0.05, 0.95]), "This interval holds 90 %. For 95 % leave "
                "2.5 % on each side."),
        Mistake("normal", lambda s, d: np.mean(s) + np.array([-1.96, 1.96]) * np.std(s) / np.sqrt(len(s)), "This is the normal "
                "approximation. It is often near; but the exercise asks for quantiles of the redrawn means."),
    ),
    hints=("`scores[draws]` has the shape of `draws`: each row is a redrawn set.", "Take the mean of each row.",
           "Then `np.quantile(means, [0.025, 0.975])`."),
)


def _by_luck(a, b, tosses):
    seen = abs((a - b).mean())
    luck = np.abs((tosses * (a - b)).mean(axis=1))
    return (luck >= seen).mean()


def _cases_luck():
    every = np.array([[1 - 2 * (i >> j & 1) for j in range(6)] for i in range(64)])  # all tosses of six coins
    a, b = np.array([[6, 4, 7, 3, 5, 8], [4, 5, 5, 2, 5, 4]]) / 8  # eighths: no rounding
    few = np.random.default_rng(5).choice([-1, 1], (40, 4))
    return [(a, b, every), (b, a, every), (np.array([8, 1, 2, 5]) / 8, np.array([3, 3, 0, 1]) / 8, few)]


by_luck = Exercise(
    name="difference by luck",
    reference=_by_luck,
    cases=_cases_luck,
    mistakes=(
        Mistake("one side", lambda a, b, t: ((t * (a - b)).mean(axis=1) >= (a - b).mean()).mean(), "You count only tosses that favour the "
                "first method. Luck may favour either: compare the sizes, `np.abs`, on both sides."),
        Mistake("larger only", lambda a, b, t: (np.abs((t * (a - b)).mean(axis=1)) > abs((a - b).mean())).mean(), "You leave out the "
                "tosses that give exactly what was seen. *At least* as large counts: >=."),
        Mistake("the other share", lambda a, b, t: 1 - _by_luck(a, b, t), "This is the share of tosses that give less. A small p means "
                "that luck hardly ever does as well."),
        Mistake("wrong axis", lambda a, b, t: (np.abs((t * (a - b)).mean(axis=0)) >= abs((a - b).mean())).mean(), "The mean runs over the "
                "wrong axis: each *row* of tosses holds one sign for each query."),
        Mistake("a number, not a share", lambda a, b, t: _by_luck(a, b, t) * len(t), "This is the number of tosses. Divide by how many "
                "there are."),
        Mistake("not paired", lambda a, b, t: (np.abs((t * a).mean(axis=1) - b.mean()) >= abs((a - b).mean())).mean(), "The toss turns the "
                "sign of the *difference* of each query, not that of the AP: subtract first."),
    ),
    hints=("First the difference of each query, `a - b`.", "Each row of `tosses` turns some of their signs: `tosses * (a - b)`.",
           "Take the size of the mean of each row, and the share of rows where it is at least the size of the mean that was seen."),
)
