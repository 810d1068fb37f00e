"""What all fetch scripts share: bring one entry of the registry into the cache.

    python data_scripts/fetching.py NAME [--cache FOLDER]

The cache is $VISRET_CACHE, else the usual place of the system. With VISRET_MIRROR set, files are taken from that folder
or URL first. An interrupted download goes on where it stopped.
"""

import argparse
import os
import sys

from visret_lab.datasets import DataError
from visret_lab.datasets.commands import get
from visret_lab.datasets.registry import entry


def bring(name, description):
    """Read the command line of a script and fetch or generate the entry `name`; exit code 1 when that fails."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", help="cache folder to use instead of $VISRET_CACHE")
    options = parser.parse_args()
    if options.cache:
        os.environ["VISRET_CACHE"] = options.cache
    try:
        print(get(entry(name)))
    except DataError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    bring(sys.argv.pop(1), __doc__)
