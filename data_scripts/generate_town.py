"""Generate the town of the mini tier into the cache (or find it there), and say what it holds.

    python data_scripts/generate_town.py [--cache FOLDER]

An interrupted run goes on where it stopped. The cache is $VISRET_CACHE, else the usual place of the system.
"""

import argparse
import os
import sys

from visret_lab.datasets import DataError, load


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", help="cache folder to use instead of $VISRET_CACHE")
    options = parser.parse_args()
    if options.cache:
        os.environ["VISRET_CACHE"] = options.cache
    try:
        print(load("town"))
    except DataError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
