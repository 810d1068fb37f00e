"""The course's own table. Each chapter adds its rows; what earlier chapters measured on this machine is shown above."""

import json

from visret_lab.datasets.cache import cache_dir, write_bytes
from visret_lab.datasets.load import current_tier
from visret_lab.evaluation import Result, cumulative_table


def save(chapter, results, tier=None):
    """Keep the rows of a chapter (list of Result) in the user's cache, in place of its older ones."""
    rows = [r.row() if isinstance(r, Result) else r for r in results]
    path = cache_dir("cumulative", current_tier(tier)) / f"{chapter}.json"
    write_bytes(path, json.dumps(rows, indent=1).encode())


def load_rows(upto, tier=None):
    """Rows of all chapters up to and including `upto`, in the order of the chapters; those not run are absent."""
    return [row for file in _files(tier) if file.stem <= upto for row in json.loads(file.read_text())]


def measured_before(chapter, tier=None):
    """What the chapters before `chapter` measured, as a text that changes when a figure does; times are left out."""
    rows = [row for file in _files(tier) if file.stem < chapter for row in json.loads(file.read_text())]
    return json.dumps([[row["method"], row["dataset"], row["protocol"], round(row["mAP"], 4), row["bytes"]] for row in rows])


def _files(tier):
    folder = cache_dir("cumulative", current_tier(tier), create=False)
    return sorted(folder.glob("*.json")) if folder.is_dir() else []


def grow(chapter, results, tier=None):
    """Save the rows of this chapter and return the table up to here, ready to be shown."""
    save(chapter, results, tier)
    return cumulative_table(load_rows(chapter, tier))
