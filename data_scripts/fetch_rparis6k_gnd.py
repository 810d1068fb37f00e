"""Fetch the ground truth of RParis6k (the pictures are those of Paris6k).

    python data_scripts/fetch_rparis6k_gnd.py [--cache FOLDER]

Then: VISRET_ROOT_RPARIS6K=<folder with the pictures>, and load("rparis6k").
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
        print(get(entry("rparis6k-gnd")))
    except DataError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
