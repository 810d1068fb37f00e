"""Clean the training town, and write the list of what is left, for training.

    python data_scripts/clean_town_train.py [--large] [--out FILE]

Every class is matched all with all (`visret_lab.training.cleaning`): half a minute for the 12 classes on two cores, two minutes for the
48 of --large, which are painted first. It can be stopped: classes that are done are not matched again. The same seed gives the same
file on the same machine. The hidden truth is not looked at.

Written: cleaned.json: for each class `kept` (ids), `boxes` (id -> x0, y0, x1, y1 in pixels), `edges` (id, id, inliers: pairs that show
the same thing, without near-duplicates) and `duplicates` (id, id). `visret_lab.training.cleaning.read_list` reads it.
"""

import argparse
from pathlib import Path

from visret_lab.datasets import load
from visret_lab.files import write_bytes
from visret_lab.training.cleaning import as_json, clean


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--large", action="store_true", help="48 classes instead of 12")
    parser.add_argument("--out", type=Path, default=Path("cleaned.json"))
    options = parser.parse_args()
    data = load("town-train-large" if options.large else "town-train")
    cleaned = clean(data)
    write_bytes(options.out, as_json(cleaned, data).encode())
    kept, edges = (sum(len(getattr(c, part)) for c in cleaned.values()) for part in ("kept", "edges"))
    print(f"{options.out}: {kept} of {len(data)} images in {len(cleaned)} classes, {edges} edges")


if __name__ == "__main__":
    main()
