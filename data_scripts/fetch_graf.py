"""Fetch the sequence graf of Oxford affine (research use): six views of a painted wall with true homographies.

    python data_scripts/fetch_graf.py [--cache FOLDER]

Then: VISRET_TIER=campus, and load("pairs") finds it.
"""

from fetching import bring

if __name__ == "__main__":
    bring("graf", __doc__)
