"""Fetch six clips of one shot each (CC BY-SA 4.0, 7 MB).

    python data_scripts/fetch_video_ccby.py [--cache FOLDER]

With VISRET_MIRROR set, they are taken from that folder or URL first.
"""

from fetching import bring

if __name__ == "__main__":
    bring("video-ccby", __doc__)
