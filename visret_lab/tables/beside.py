"""A chapter's own view of a table: a row a method, the published measures, and ours of a tier."""

from functools import partial

import pandas as pd

from visret_lab.datasets.load import current_tier
from visret_lab.tables import reproduce


def beside(table, published, ours, names=None, tier=None):
    """Published values and ours, side by side.

    Args:
        table: its name. published: dict head of a column -> published metric. ours: dict head of a column -> our metric.
        names: beginnings of the rows that are shown; None for all. tier: whose runs; the current one by default.

    Returns:
        pandas Styler: "-" where nothing was published, "not run" where nobody has run it here. Rows that have neither, such as those
        of another tier's networks, are left out.

    Raises:
        ValueError: no row is left.
    """
    rows, tier = [r for r in reproduce.rows() if r["table"] == table], current_tier(tier)
    kept = [n for n in dict.fromkeys(r["row"] for r in rows) if names is None or n.startswith(tuple(names))]
    if not kept:
        raise ValueError(f"The table {table!r} has no rows{f' that begin with {names}' if names else ''}.")
    values = {(r["row"], r["metric"]): r for r in rows}
    lines = []
    for name in kept:
        told = {head: values.get((name, metric), {}).get("published") for head, metric in published.items()}
        run = {head: values.get((name, metric), {"ours": {}})["ours"].get(tier, "not run") for head, metric in ours.items()}
        if any(v is not None for v in told.values()) or any(v != "not run" for v in run.values()):
            lines.append({"method": name, **told, **run})
    return pd.DataFrame(lines).style.hide(axis="index").format(
        {head: partial(_shown, digits=1 if metric.startswith("median rank") else 3) for head, metric in (published | ours).items()})


def recorded(table, names, tier):
    """What was recorded of some methods in a tier: a line a method, a column a measure.

    Args:
        table: its name. names: of its rows, in the order in which they are shown. tier: whose runs.

    Returns:
        pandas Styler: "not run" where nobody has run it.

    Raises:
        ValueError: no value of these methods was recorded in this tier.
    """
    cells = {(r["row"], r["metric"]): r["ours"][tier] for r in reproduce.rows()
             if r["table"] == table and r["row"] in names and not isinstance(r["ours"][tier], str)}
    if not cells:
        raise ValueError(f"Nothing of {table!r} was recorded in {tier}: `visret reproduce run {table} --tier {tier}` makes the record.")
    measures = dict.fromkeys(metric for _, metric in cells)
    lines = [{"method": name} | {m: cells.get((name, m), "not run") for m in measures} for name in names]
    return pd.DataFrame(lines).style.hide(axis="index").format({m: partial(_shown, digits=3) for m in measures})


def _shown(value, digits):
    return value if isinstance(value, str) else "-" if value is None or pd.isna(value) else f"{value:.{digits}f}"
