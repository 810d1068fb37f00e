"""The museum as a set of paintings with comments: painted by the course, described as SemArt describes its paintings."""

import json
from pathlib import Path

import numpy as np

from visret_lab.datasets.captioned import SPLITS
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.generated import ensure
from visret_lab.datasets.image_io import read_image
from visret_lab.datasets.paintings import Painting, PaintingSet
from visret_lab.worlds.museum.generate import VERSION, generate

LICENCE = "CC0, painted by the course"


def load_museum(progress=True):
    """The museum, painted into the cache at the first call: a PaintingSet. DataError: read-only cache or full disk."""
    return read_museum(ensure("museum", VERSION, lambda place, bar: generate(place, progress=bar), progress))


def read_museum(folder):
    """Read the museum from its folder. DataError when its `truth.json` is missing or broken."""
    folder = Path(folder)
    try:
        rows = json.loads((folder / "truth.json").read_text())["paintings"]
        paintings = [Painting(**{key: row[key] for key in Painting._fields}) for row in rows]
        splits = {split: np.array([i for i, row in enumerate(rows) if row["split"] == split], np.int64) for split in SPLITS}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"The truth of the museum in {folder} is missing or broken ({error}). Remove the folder, then call "
                        "again.") from error
    return PaintingSet("museum", LICENCE, paintings, splits, lambda name: read_image(folder / f"images/{name}.jpg"))
