"""Fetch the sequence graf of Oxford affine (research use): six views of a painted wall with true homographies.

    python data_scripts/fetch_graf.py [--cache FOLDER]

Then: VISRET_TIER=campus, and load("pairs") finds it.
"""

import argparse
import os
import sys

from visret_lab.datasets import DataError
from visret_lab.datasets.commands import get
from visret_lab.datasets.registry import entry


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", help="cache folder to use instead of $VISRET_CACHE")
    options = parser.parse_args()
    if options.cache:
        os.environ["VISRET_CACHE"] = options.cache
    try:
        print(get(entry("graf")))
    except DataError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
