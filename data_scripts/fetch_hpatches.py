"""Fetch the HPatches sequences (research use, 1.3 GB): 116 scenes with true homographies.

    python data_scripts/fetch_hpatches.py [--cache FOLDER]

Then: load("hpatches") finds them.
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
        print(get(entry("hpatches")))
    except DataError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
