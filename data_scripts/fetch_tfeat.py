"""Fetch TFeat (MIT, 2.4 MB): a learned descriptor of patches.

    python data_scripts/fetch_tfeat.py [--cache FOLDER]

With VISRET_MIRROR set, it is taken from that folder or URL first.
"""

from fetching import bring

if __name__ == "__main__":
    bring("tfeat", __doc__)
