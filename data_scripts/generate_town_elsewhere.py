"""Generate the second town of the mini tier, the one to learn on, into the cache (or find it there).

    python data_scripts/generate_town_elsewhere.py [--cache FOLDER]
"""

from fetching import bring

if __name__ == "__main__":
    bring("town-elsewhere", __doc__)
