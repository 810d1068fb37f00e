"""Data sets: the generated worlds and the real sets behind one face, in three tiers. Start with `load("town")`."""

from visret_lab.datasets.cache import cache_dir
from visret_lab.datasets.collection import Collection
from visret_lab.datasets.errors import DataError, ImageError
from visret_lab.datasets.image_io import crop, read_image
from visret_lab.datasets.load import current_tier, load
from visret_lab.datasets.pairs import Pair, PairSet
from visret_lab.datasets.registry import Entry, listing

__all__ = ["Collection", "DataError", "Entry", "ImageError", "Pair", "PairSet", "cache_dir", "crop", "current_tier",
           "listing", "load", "read_image"]
