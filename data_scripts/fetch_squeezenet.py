"""Fetch the deep-compressed SqueezeNet 1.0 (BSD, 0.7 MB): a real ImageNet network.

    python data_scripts/fetch_squeezenet.py [--cache FOLDER]

With VISRET_MIRROR set, it is taken from that folder or URL first.
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
        print(get(entry("squeezenet")))
    except DataError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
