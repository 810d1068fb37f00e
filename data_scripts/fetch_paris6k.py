"""Fetch Paris6k (research use, 2.5 GB; faces are blurred since 2022) and its ground truth.

    python data_scripts/fetch_paris6k.py [--cache FOLDER]

Its home was reported dead in 2023; a broken download goes on at the next call. Then: load("paris6k").
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
        print(get(entry("paris6k")))
    except DataError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
