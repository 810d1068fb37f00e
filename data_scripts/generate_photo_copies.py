"""Generate the photo-copies (pairs) of the mini tier into the cache (or find them there), and say what they are.

    python data_scripts/generate_photo_copies.py [--cache FOLDER]

An interrupted run goes on where it stopped. The cache is $VISRET_CACHE, else the usual place of the system.
"""

from fetching import bring

if __name__ == "__main__":
    bring("photo-copies", __doc__)
