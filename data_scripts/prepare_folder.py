"""Make a data set of your own photographs: write the groups.json of a folder.

    python data_scripts/prepare_folder.py FOLDER [--licence TEXT]

Put the photographs of one thing into one subfolder: its name becomes their group. Pictures that lie directly in FOLDER
become distractors. Then: VISRET_TIER=campus, VISRET_ROOT_PLACES=FOLDER, and load("places") searches it.
"""

import argparse
import json
import sys
from pathlib import Path

from visret_lab.datasets import DataError
from visret_lab.datasets.cache import write_bytes
from visret_lab.datasets.folder import PICTURES, load_folder


def groups_of(folder, licence):
    """Map every picture below `folder` to its entry; the first subfolder on its way is its group."""
    entries = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix.lower() in PICTURES:
            parts = path.relative_to(folder).parts
            entries["/".join(parts)] = {"group": parts[0] if len(parts) > 1 else None, "licence": licence}
    return entries


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--licence", default="the owner's, all rights reserved")
    options = parser.parse_args()
    listing = options.folder / "groups.json"
    if listing.exists():
        sys.exit(f"{listing} is there already. Remove it first if it shall be written anew.")
    try:
        write_bytes(listing, json.dumps(groups_of(options.folder, options.licence), indent=1).encode())
        print(load_folder(options.folder))
    except DataError as error:
        listing.unlink(missing_ok=True)
        sys.exit(str(error))


if __name__ == "__main__":
    main()
