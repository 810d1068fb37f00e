"""Fetch the HPatches sequences (research use, 1.3 GB): 116 scenes with true homographies.

    python data_scripts/fetch_hpatches.py [--cache FOLDER]

Then: load("hpatches") finds them.
"""

from fetching import bring

if __name__ == "__main__":
    bring("hpatches", __doc__)
