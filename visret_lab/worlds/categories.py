"""Pictures of buildings with a category each: what a network is trained on before it is used for search.

A category says what a building is made of, what stands on it and what it is known by: "brick, spire, clock". All else, its size,
its colours, its windows, its roof, its neighbours, is drawn anew for each building. No building of another world occurs here: every
one has a seed of its own.

    generate(folder, config=None, *, workers=None, progress=True) -> folder

writes `images/<id>.jpg`, `records/<building>.json`, `labels.json` and `manifest.json`. `labels.json` holds {name, version, config,
categories: [names], images: [{id, category, building}]}.
"""

import json
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from visret_lab.files import write_bytes
from visret_lab.worlds.manifest import write_manifest
from visret_lab.worlds.parts import is_complete, make_parts
from visret_lab.worlds.town.buildings import build, random_plan
from visret_lab.worlds.town.facades import WALLS, random_style
from visret_lab.worlds.town.place import surround
from visret_lab.worlds.town.render import render
from visret_lab.worlds.town.view import draw_view

VERSION = "1.0"
TOPS = ("none", "spire", "dome")
SIGNS = ("none", "rose", "clock", "mural")
CATEGORIES = tuple((wall, top, sign) for wall in WALLS for top in TOPS for sign in SIGNS)
LEAST = 0.04  # of the picture that the building must fill
TRIES = 8
EASY = 0.6  # of the views are by day, sharp and near the front: in many of the others the category can hardly be seen


@dataclass(frozen=True)
class CategoryConfig:
    """How much to paint.

    Attributes:
        buildings: of each category. views: pictures of each building. size: (width, height) in pixels. seed: of everything.
    """

    buildings: int = 60
    views: int = 5
    size: tuple[int, int] = (192, 144)
    seed: int = 1989

    def __post_init__(self):
        if min(self.buildings, self.views, *self.size) < 1:
            raise ValueError(f"There must be at least one building, one view and one pixel; got {self}.")


def generate(folder, config=None, *, workers=None, progress=True):
    """Paint the pictures into `folder`, or go on where an interrupted call stopped.

    Args:
        folder: where to; made if needed. config: CategoryConfig. workers: processes; None takes one a core, at most 4.
        progress: show a bar.

    Returns:
        pathlib.Path of the folder.

    Raises:
        OSError: the folder cannot be written, or the disk is full; whatever is complete stays and is used by the next call.
    """
    folder, config = Path(folder), config or CategoryConfig()
    buildings = [(category, i) for category in range(len(CATEGORIES)) for i in range(config.buildings)]
    todo = [one for one in buildings if not is_complete(folder, _record_file(one), config.views)]
    with tqdm(total=len(todo), desc="categories", unit="building", disable=not progress or not todo) as bar:
        for _ in make_parts(partial(_make, folder, config=config), todo, workers):
            bar.update()
    records = [record for one in buildings for record in json.loads((folder / _record_file(one)).read_text())]
    labels = {"name": "categories", "version": VERSION, "config": asdict(config), "categories": [", ".join(c) for c in CATEGORIES],
              "images": records}
    write_bytes(folder / "labels.json", json.dumps(labels, indent=1).encode(), durable=False)
    files = [f"images/{r['id']}.jpg" for r in records] + [_record_file(one) for one in buildings] + ["labels.json"]
    write_manifest(folder, "categories", VERSION, config.seed, files)
    return folder


def _name(one):
    return f"{one[0]:02d}_{one[1]:03d}"


def _record_file(one):
    return f"records/{_name(one)}.json"


def _make(folder, one, config):
    """Paint and write all pictures of one building, then its record."""
    cv2.setNumThreads(1)
    category, number = one
    scene = building(category, np.random.default_rng([config.seed, 1, category, number]))
    records = []
    for i in range(config.views):
        name = f"{_name(one)}_{i}"
        image, quality = _picture(scene, np.random.default_rng([config.seed, 2, category, number, i]), config.size)
        ok, jpeg = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        if not ok:
            raise OSError(f"OpenCV could not encode {name} as JPEG.")
        write_bytes(folder / f"images/{name}.jpg", jpeg.tobytes(), durable=False)
        records.append({"id": name, "category": category, "building": _name(one)})
    write_bytes(folder / _record_file(one), json.dumps(records).encode(), durable=False)


def building(category, rng):
    """A place whose middle is a new building of a category. Args: category: number in CATEGORIES. rng: numpy Generator."""
    wall, top, sign = CATEGORIES[category]
    style = random_style(rng)
    while style.material != wall:  # colours belong to a material, so style and material are drawn together
        style = random_style(rng)
    plan = random_plan(rng, landmark=True)
    plan = replace(plan, signature=None if sign == "none" else sign, cap="flat" if top == "none" else top,
                   towers=0 if top == "none" else int(rng.integers(1, 3)))
    return surround(rng, build(rng, style, plan, owner=1), plan)


def _picture(scene, rng, size):
    """(image, JPEG quality) of a view in which the building fills enough of the picture; the last try stands as it is."""
    for _ in range(TRIES):
        view = draw_view(rng, easy=bool(rng.random() < EASY))
        image, seen = render(scene, view, rng, size)
        if seen.mean() >= LEAST:
            break
    return image, view.quality
