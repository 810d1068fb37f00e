"""Fetch the ground truth of ROxford5k (the pictures are those of Oxford5k).

    python data_scripts/fetch_roxford5k_gnd.py [--cache FOLDER]

Then: VISRET_ROOT_ROXFORD5K=<folder with the pictures>, and load("roxford5k").
"""

from fetching import bring

if __name__ == "__main__":
    bring("roxford5k-gnd", __doc__)
