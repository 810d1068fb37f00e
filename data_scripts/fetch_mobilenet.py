"""Fetch the 8-bit MobileNetV2 (Apache 2.0, 3.6 MB): real ImageNet weights.

    python data_scripts/fetch_mobilenet.py [--cache FOLDER]

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
        print(get(entry("mobilenet")))
    except DataError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
