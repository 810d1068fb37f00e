"""Fetch the 8-bit MobileNetV2 (Apache 2.0, 3.6 MB): real ImageNet weights.

    python data_scripts/fetch_mobilenet.py [--cache FOLDER]

With VISRET_MIRROR set, it is taken from that folder or URL first.
"""

from fetching import bring

if __name__ == "__main__":
    bring("mobilenet", __doc__)
