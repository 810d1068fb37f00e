"""Fetch the four ALIKE networks (BSD, 5 MB): learned keypoints and descriptors.

    python data_scripts/fetch_alike.py [--cache FOLDER]

With VISRET_MIRROR set, they are taken from that folder or URL first.
"""

from fetching import bring

if __name__ == "__main__":
    bring("alike", __doc__)
