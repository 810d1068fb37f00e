"""Which figure of ours stands beside which published one, when the names of the sets differ; and whether both agree on the order."""

from itertools import combinations

from visret_lab.datasets.load import current_tier
from visret_lab.tables import reproduce

# Part of a published metric -> the part of ours that takes its place. A metric that stands in ours as it is was measured on the same set.
PLACES = {"mini": "town, medium", "campus": "places, groups"}
SETS = ("Oxford 5k", "Oxford")
OTHERS = {"SI2V": "scenes, unseen films"}
ENDINGS = {"mini": ("museum", "yard"), "campus": ("flickr8k",)}


def partners(tier=None, rows=None):
    """Published figures with ours of a tier.

    Args:
        rows: what `reproduce.rows` gives; read from there by default.

    Returns:
        list of dicts {table, row, metric, published, ours, our_metric, same_set}; only shares from 0 to 1, and of the sets of places only
        Oxford, so that no row of ours stands beside two published ones.
    """
    tier, rows = current_tier(tier), reproduce.rows() if rows is None else rows
    ours = {(r["table"], r["row"], r["metric"]): r["ours"][tier] for r in rows if isinstance(r["ours"][tier], float)}
    found = []
    for r in rows:
        if r["published"] is None or not 0 <= r["published"] <= 1:
            continue
        for metric in _names(r["metric"], tier):
            value = ours.get((r["table"], r["row"], metric))
            if value is not None and 0 <= value <= 1:
                found.append({"table": r["table"], "row": r["row"], "metric": r["metric"], "published": r["published"], "ours": value,
                              "our_metric": metric, "same_set": metric == r["metric"]})
                break
    return found


def _names(metric, tier):
    """The names that a published metric may have in our records."""
    yield metric
    parts = metric.split(", ")
    for name in SETS:
        if name in parts and tier in PLACES:
            yield ", ".join(PLACES[tier] if part == name else part for part in parts)
    for name, own in OTHERS.items():
        if name in parts:
            yield ", ".join(own if part == name else part for part in parts)
    for ending in ENDINGS.get(tier, ()):
        yield f"{metric}, {ending}"


def same_order(pairs):
    """How often ours puts two rows in the order in which they were published.

    Args:
        pairs: what `partners` gives.

    Returns:
        dict table -> (pairs of rows of one metric in the same order, all such pairs). Published or own ties are left out.
    """
    found = {}
    for a, b in combinations(pairs, 2):
        if a["table"] != b["table"] or a["metric"] != b["metric"]:
            continue
        told, own = a["published"] - b["published"], a["ours"] - b["ours"]
        if told and own:
            right, total = found.get(a["table"], (0, 0))
            found[a["table"]] = right + (told * own > 0), total + 1
    return found


def counted(tier=None, rows=None):
    """How many published figures have one of ours beside them.

    Returns:
        dict table -> {"published": n, "same set": n, "other set": n}; only tables with published figures.
    """
    rows = reproduce.rows() if rows is None else rows
    found = {}
    for r in rows:
        if r["published"] is not None:
            found.setdefault(r["table"], {"published": 0, "same set": 0, "other set": 0})["published"] += 1
    for pair in partners(tier, rows):
        found[pair["table"]]["same set" if pair["same_set"] else "other set"] += 1
    return found
