"""Why a query failed: which of its answers were missed, and what stands in their place, by the hidden truth of a painted set.

A reason is a difference that was counted, not a cause that was proved: of the answers with a condition the search finds few, of those
without it many. What a reader should do with it is look at the pictures.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

LEAST = 3  # answers on each side of a condition
GAP = 0.2  # by which the shares must differ before a condition is called a reason
ROUGH = ("fog", "rain", "snow")


class Condition(NamedTuple):
    """words: said of pictures that fulfil it. holds: function (details of the query's picture, details of the other) -> bool."""

    words: str
    holds: Callable


ANSWERS = (
    Condition("in other light than the question", lambda q, a: q["light"] != a["light"]),
    Condition("from a side more than 25 degrees away", lambda q, a: abs(q["azimuth"] - a["azimuth"]) > 25),
    Condition("from more than one and a half times as far, or as near",
              lambda q, a: abs(np.log(q["distance"] / a["distance"])) > np.log(1.5)),
    Condition("with less than 60 % of the building in sight", lambda q, a: a["visible"] < 0.6),
    Condition("in fog, rain or snow", lambda q, a: a["weather"] in ROUGH),
    Condition("out of focus", lambda q, a: a["blur"] > 0),
)
WRONG = (
    Condition("are houses that were built to look like it", lambda q, a: a["kind"] == "look_alike" and a["landmark"] == q["landmark"]),
    Condition("are other landmarks", lambda q, a: a["kind"] == "landmark"),
    Condition("are streets without a landmark", lambda q, a: a["kind"] == "street"),
    Condition("were taken in the question's light", lambda q, a: a["light"] == q["light"]),
    Condition("were taken in the question's weather", lambda q, a: a["weather"] == q["weather"]),
)


class Reason(NamedTuple):
    """A condition with what was counted: `count` of `among` pictures that fulfil it, `other_count` of `others` that do not (for answers:
    those that were found; for wrong pictures: those at the head of the list, and those of the whole set)."""

    words: str
    count: int
    among: int
    other_count: int
    others: int


class Failure(NamedTuple):
    """One query that went wrong.

    Attributes:
        positives: how many answers there are, R. found: how many stand among the first R, junk left out.
        missed: ids of the answers that are not, the last first. head: ids of the first R, junk left out.
        reason: Reason among the answers, or None where no condition divides them. instead: Reason among the wrong ones, or None.
    """

    positives: int
    found: int
    missed: list
    head: list
    reason: Reason | None
    instead: Reason | None


def failure(dataset, query, ranking, protocol=None):
    """What went wrong with one query.

    Args:
        dataset: a Collection with `details` (light, weather, azimuth, distance, visible, blur, kind, landmark), as the painted towns.
        query: one of its queries. ranking: int64 N, database ids, best first.

    Returns:
        Failure.

    Raises:
        ValueError: a set without hidden truth, or a query without answers.
    """
    if not dataset.details:
        raise ValueError(f"{dataset.name} has no hidden truth, so reasons cannot be counted. Take a painted town.")
    positive, junk = dataset.relevant(query, protocol or dataset.default_protocol)
    if len(positive) == 0:
        raise ValueError(f"Query {query.id} has no answers.")
    kept = ranking[~np.isin(ranking, junk)]
    right = np.isin(kept, positive)
    head, missed = kept[: len(positive)], kept[len(positive) :][right[len(positive) :]][::-1]
    told, asked = [dataset.details[i] for i in dataset.ids], dataset.details[query.image_id]
    found = np.isin(positive, head)
    wrong = head[~np.isin(head, positive)]
    others = np.setdiff1d(kept, positive)
    return Failure(len(positive), int(found.sum()), [dataset.ids[i] for i in missed], [dataset.ids[i] for i in head],
                   _divides(asked, [told[i] for i in positive], found),
                   _instead(asked, [told[i] for i in wrong], [told[i] for i in others]))


def _divides(asked, answers, found):
    """The condition under which the share of found answers falls most: Reason, or None."""
    best = None
    for condition in ANSWERS:
        holds = np.array([condition.holds(asked, a) for a in answers])
        if min(holds.sum(), (~holds).sum()) < LEAST:
            continue
        gap = found[~holds].mean() - found[holds].mean()
        if gap >= GAP and (best is None or gap > best[0]):
            best = gap, Reason(condition.words, int(found[holds].sum()), int(holds.sum()), int(found[~holds].sum()), int((~holds).sum()))
    return best and best[1]


def _instead(asked, wrong, others):
    """The condition that is most over-represented among the wrong pictures at the head: Reason, or None."""
    best = None
    for condition in WRONG if len(wrong) >= LEAST else ():
        count, base = (sum(condition.holds(asked, a) for a in part) for part in (wrong, others))
        gap = count / len(wrong) - base / len(others)
        if gap >= GAP and (best is None or gap > best[0]):
            best = gap, Reason(condition.words, count, len(wrong), base, len(others))
    return best and best[1]


def sentences(one):
    """A Failure in plain words: list of str."""
    said = [f"Of {one.positives} answers, {one.found} {'stands' if one.found == 1 else 'stand'} among the first {one.positives}."]
    if one.reason:
        r = one.reason
        said.append(f"Of those taken {r.words}, it finds {r.count} of {r.among}; of the rest, {r.other_count} of {r.others}.")
    elif one.missed:
        said.append("No single condition divides the found answers from the missed ones.")
    if one.instead:
        r = one.instead
        said.append(f"In their place: of the {r.among} wrong pictures there, {r.count} {r.words} "
                    f"({r.count / r.among:.0%}; of all wrong pictures of the set, {r.other_count / r.others:.0%}).")
    return said
