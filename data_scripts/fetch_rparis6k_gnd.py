"""Fetch the ground truth of RParis6k (the pictures are those of Paris6k).

    python data_scripts/fetch_rparis6k_gnd.py [--cache FOLDER]

Then: VISRET_ROOT_RPARIS6K=<folder with the pictures>, and load("rparis6k").
"""

from fetching import bring

if __name__ == "__main__":
    bring("rparis6k-gnd", __doc__)
