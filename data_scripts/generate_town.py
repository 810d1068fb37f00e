"""Generate the town of the mini tier into the cache (or find it there), and say what it holds.

    python data_scripts/generate_town.py [--cache FOLDER]

An interrupted run goes on where it stopped. The cache is $VISRET_CACHE, else the usual place of the system.
"""

from fetching import bring

if __name__ == "__main__":
    bring("town", __doc__)
