"""Make the museum: paintings by authors who never lived, with what a museum writes beside them.

    generate(folder, config=None, *, workers=None, progress=True) -> folder

writes `images/<id>.jpg`, `records/<part>.json`, and last of all `manifest.json`. Authors are the same in all splits, as in SemArt.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from visret_lab.files import write_bytes
from visret_lab.worlds.museum.authors import TIMEFRAMES, make_authors, technique_of
from visret_lab.worlds.museum.brush import paint
from visret_lab.worlds.museum.comments import comment, title
from visret_lab.worlds.museum.contents import compose
from visret_lab.worlds.parts import make_splits, split_file

VERSION = "1.1"
PART = 200  # paintings of a part
QUALITY = 85


@dataclass(frozen=True)
class MuseumConfig:
    """How large the museum is. train, val, test: paintings; authors: painters; seed: of everything."""

    train: int = 1600
    val: int = 200
    test: int = 400
    authors: int = 24
    seed: int = 2018

    def __post_init__(self):
        if min(self.train, self.val, self.test, self.authors) < 1:
            raise ValueError(f"A museum needs paintings in each split, and a painter; got {self}.")


def generate(folder, config=None, *, workers=None, progress=True):
    """Generate the museum into `folder`, or go on where an interrupted call stopped.

    Args:
        folder: where to; made if needed. config: MuseumConfig, None for that of the course. workers: processes; None takes one a core, at
            most 4. progress: show a bar.

    Returns:
        pathlib.Path of the folder.

    Raises:
        OSError: the folder cannot be written, or the disk is full; whatever is complete stays and is used by the next call.
    """
    return make_splits(Path(folder), ("museum", VERSION), _make, config or MuseumConfig(), size=PART, content="paintings", unit="painting",
                       workers=workers, progress=progress)


def _make(folder, part, config):
    """Paint, describe and write the paintings of one part, then their record."""
    cv2.setNumThreads(1)
    split, start, count = part
    authors = make_authors(np.random.default_rng([config.seed, 60]), config.authors)
    records = []
    for i in range(start, start + count):
        rng = np.random.default_rng([config.seed, 61, ("train", "val", "test").index(split), i])
        author = authors[int(rng.integers(len(authors)))]
        kind = str(rng.choice(author.kinds, p=(0.6, 0.25, 0.15)))
        technique = technique_of(rng, author)
        drawing, facts = compose(rng, kind)
        ok, jpeg = cv2.imencode(".jpg", paint(rng, drawing, author, technique)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        name = f"{split}{i:05d}"
        if not ok:
            raise OSError(f"OpenCV could not encode {name} as JPEG.")
        write_bytes(folder / f"images/{name}.jpg", jpeg.tobytes(), durable=False)
        first = int(TIMEFRAMES[author.period][:4])
        records.append({"id": name, "split": split, "author": author.name, "school": author.school, "timeframe": author.timeframe,
                        "type": kind,
                        "technique": technique, "date": str(first + int(rng.integers(50))), "title": title(rng, facts, kind),
                        "comment": comment(rng, facts, author, kind, technique), "facts": [list(f) for f in facts]})
    write_bytes(folder / split_file(part), json.dumps(records).encode(), durable=False)
    return count
