"""Fetch the Grocery Store data set (MIT licence) and unpack it into the cache.

    python data_scripts/fetch_grocery_store.py [--cache FOLDER]

Then: VISRET_TIER=campus, and load("products") finds it.
"""

from fetching import bring

if __name__ == "__main__":
    bring("grocery-store", __doc__)
