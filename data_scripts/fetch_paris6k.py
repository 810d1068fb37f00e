"""Fetch Paris6k (research use, 2.5 GB; faces are blurred since 2022) and its ground truth.

    python data_scripts/fetch_paris6k.py [--cache FOLDER]

Its home was reported dead in 2023; a broken download goes on at the next call. Then: load("paris6k").
"""

from fetching import bring

if __name__ == "__main__":
    bring("paris6k", __doc__)
