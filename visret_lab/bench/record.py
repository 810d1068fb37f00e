"""Where the races of the book are kept, and what they were run with."""

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from visret_lab.files import write_bytes

RECORD = Path(__file__).parents[1] / "tables" / "records" / "bench.json"
REFERENCES = ("numpy", "scipy", "torch", "opencv-python-headless", "scikit-learn", "scikit-image", "faiss-cpu", "POT", "nanopq")


def versions():
    """What was raced against what, on what: a dict for the record. Libraries that are not installed are left out."""
    found = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
    for name in REFERENCES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def keep(rows, path=RECORD, whole=False):
    """Write rows of races into the record, chapter by chapter; chapters that were not raced now keep theirs.

    Args:
        rows: list of dicts, what `run_race` gives: all races of a chapter, of one chapter or more. whole: they are all races of the course;
            what is no longer raced goes.

    Raises:
        ValueError: the chapters that would stay were raced with other versions or on another machine; nothing is written.
    """
    now, raced = versions(), {row["chapter"] for row in rows}
    old = json.loads(path.read_text()) if path.is_file() else {"versions": now, "races": []}
    others = [row for row in old["races"] if row["chapter"] not in raced and not whole]
    if others and old["versions"] != now:
        told = ", ".join(f"{k} {old['versions'].get(k)}" for k in sorted({*old["versions"], *now}) if old["versions"].get(k) != now.get(k))
        raise ValueError(f"The other chapters of {path.name} were raced with {told}. Run all races: `visret bench --save`.")
    races = sorted([*others, *rows], key=lambda row: row["chapter"])
    write_bytes(path, (json.dumps({"versions": now, "races": races}, indent=1) + "\n").encode())
