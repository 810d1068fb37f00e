"""Fetch the deep-compressed SqueezeNet 1.0 (BSD, 0.7 MB): a real ImageNet network.

    python data_scripts/fetch_squeezenet.py [--cache FOLDER]

With VISRET_MIRROR set, it is taken from that folder or URL first.
"""

from fetching import bring

if __name__ == "__main__":
    bring("squeezenet", __doc__)
