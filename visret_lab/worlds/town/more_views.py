"""More pictures of the town's landmarks: what other visitors have taken. None of them is in the town.

They are for learning what the *target domain* looks like. The places are those of the town; every picture is drawn from a seed of its
own, which no picture of the town has.

    generate(folder, config=None, views=20, *, workers=None, progress=True) -> folder

writes `images/<id>.jpg`, `records/<landmark>.json`, `truth.json` and `manifest.json`.
"""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from visret_lab.files import write_bytes
from visret_lab.worlds.manifest import write_manifest
from visret_lab.worlds.parts import is_complete, make_parts
from visret_lab.worlds.town.generate import TownConfig
from visret_lab.worlds.town.place import make_place
from visret_lab.worlds.town.render import render, whole_area
from visret_lab.worlds.town.truth import label
from visret_lab.worlds.town.view import draw_view

VERSION = "1.0"
VIEWS = 20  # a landmark
OWN = 31  # the town draws its views from [seed, 30, ...]


def generate(folder, config=None, views=VIEWS, *, workers=None, progress=True):
    """Paint the pictures into `folder`, or go on where an interrupted call stopped.

    Args:
        folder: where to; made if needed. config: TownConfig of the town, None for the mini town: its landmarks, size and seed are used.
        views: pictures a landmark. workers: processes; None takes one a core, at most 4. progress: show a bar.

    Returns:
        pathlib.Path of the folder.

    Raises:
        ValueError: views below 1. OSError: the folder cannot be written, or the disk is full; whatever is complete stays.
    """
    if views < 1:
        raise ValueError(f"There must be at least one view of a landmark, not {views}.")
    folder, config = Path(folder), config or TownConfig()
    numbers = range(config.landmarks)
    todo = [n for n in numbers if not is_complete(folder, _record_file(n), views)]
    with tqdm(total=len(todo) * views, desc="town-views", unit="image", disable=not progress or not todo) as bar:
        for count in make_parts(partial(_make, folder, config=config, views=views), todo, workers):
            bar.update(count)
    records = [r for n in numbers for r in json.loads((folder / _record_file(n)).read_text())]
    truth = {"name": "town-views", "version": VERSION, "config": {**asdict(config), "views": views}, "images": records}
    write_bytes(folder / "truth.json", json.dumps(truth, indent=1).encode(), durable=False)
    files = [f"images/{r['id']}.jpg" for r in records] + [_record_file(n) for n in numbers] + ["truth.json"]
    write_manifest(folder, "town-views", VERSION, config.seed, files)
    return folder


def _record_file(landmark):
    return f"records/landmark{landmark:02d}.json"


def _make(folder, landmark, config, views):
    """Paint and write the new pictures of one landmark, then their record."""
    cv2.setNumThreads(1)
    style, place = np.random.SeedSequence([config.seed, 10, landmark]), np.random.SeedSequence([config.seed, 20, 0, landmark])
    scene = make_place(style, place, "landmark")
    records = []
    for i in range(views):
        rng = np.random.default_rng([config.seed, OWN, landmark, i])
        view = draw_view(rng)
        image, seen = render(scene, view, rng, config.size)
        ok, jpeg = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, view.quality])
        name = f"visitor{landmark:02d}_{i:03d}"
        if not ok:
            raise OSError(f"OpenCV could not encode {name} as JPEG.")
        write_bytes(folder / f"images/{name}.jpg", jpeg.tobytes(), durable=False)
        whole = whole_area(scene, view, config.size)
        record = {"id": name, "landmark": landmark, "visible": round(min(int(seen.sum()) / whole, 1.0), 4) if whole else 0.0,
                  "size": round(int(seen.sum()) / seen.size, 4),
                  **{key: asdict(view)[key] for key in ("azimuth", "distance", "light", "weather", "blur")}}
        records.append({**record, "label": label(record)[0]})
    write_bytes(folder / _record_file(landmark), json.dumps(records, indent=1).encode(), durable=False)
    return views
