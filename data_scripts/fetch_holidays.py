"""Fetch INRIA Holidays (research use, 2.7 GB).

    python data_scripts/fetch_holidays.py [--cache FOLDER]

Then: load("holidays").
"""

from fetching import bring

if __name__ == "__main__":
    bring("holidays", __doc__)
