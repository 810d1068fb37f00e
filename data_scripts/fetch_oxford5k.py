"""Fetch Oxford5k (research use, 2 GB; faces are blurred since 2022) and its ground truth.

    python data_scripts/fetch_oxford5k.py [--cache FOLDER]

Its home was reported dead in 2023; a broken download goes on at the next call. Then: load("oxford5k").
"""

from fetching import bring

if __name__ == "__main__":
    bring("oxford5k", __doc__)
