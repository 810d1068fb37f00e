"""Painted scenes with one building whose pixels are known: to learn where things are, and to test it.

    paint(folder, config=None, *, workers=None) -> folder
    read(folder) -> Scenes

Every building has a seed of its own: none occurs in the town, in the other town, or in the world of categories.
"""

import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from tqdm import tqdm

from visret_lab.files import write_bytes
from visret_lab.worlds.categories import CATEGORIES, building
from visret_lab.worlds.parts import is_complete, make_parts
from visret_lab.worlds.town.render import render
from visret_lab.worlds.town.view import draw_view

EASY = 0.5  # of the views are by day, sharp and near the front
LEAST = 0.02  # of the picture that the building must fill
TRIES = 8


@dataclass(frozen=True)
class SceneConfig:
    """How much to paint: buildings of each of the 48 categories, views of each, (width, height) in pixels, seed."""

    buildings: int = 8
    views: int = 4
    size: tuple[int, int] = (320, 240)
    seed: int = 15003

    def __post_init__(self):
        if min(self.buildings, self.views, *self.size) < 1:
            raise ValueError(f"There must be at least one building, one view and one pixel; got {self}.")


class Scenes(NamedTuple):
    """Scenes that were read. images: uint8 N x H x W x 3. seen: bool N x H x W, the pixels of the building. building: int N.
    category: int N."""

    images: np.ndarray
    seen: np.ndarray
    building: np.ndarray
    category: np.ndarray

    def some(self, chosen):
        """The chosen scenes. Args: chosen: bool N or int."""
        return Scenes(*(part[chosen] for part in self))


def paint(folder, config=None, *, workers=None, progress=True):
    """Paint the scenes into `folder`, or go on where an interrupted call stopped: images/<id>.jpg and <id>.png, records/<n>.json.

    Raises:
        OSError: the folder cannot be written; whatever is complete stays.
        ValueError: the folder holds scenes of another configuration.
    """
    folder, config = Path(folder), config or SceneConfig()
    wanted = json.loads(json.dumps(asdict(config)))
    note = folder / "config.json"
    if note.is_file() and json.loads(note.read_text()) != wanted:
        raise ValueError(f"{folder} holds scenes of another configuration. Take another folder.")
    write_bytes(note, json.dumps(wanted).encode())
    todo = [n for n in range(len(CATEGORIES) * config.buildings) if not is_complete(folder, _record(n), config.views)]
    with tqdm(total=len(todo), desc="scenes", unit="building", disable=not progress or not todo) as bar:
        for _ in make_parts(partial(_make, folder, config=config), todo, workers):
            bar.update()
    return folder


def read(folder):
    """All scenes of a folder that `paint` has filled."""
    config = SceneConfig(**json.loads((folder / "config.json").read_text()))
    records = [r for n in range(len(CATEGORIES) * config.buildings) for r in json.loads((folder / _record(n)).read_text())]
    images = np.stack([cv2.imread(str(folder / f"images/{r['id']}.jpg"))[..., ::-1] for r in records])
    seen = np.stack([cv2.imread(str(folder / f"images/{r['id']}.png"), cv2.IMREAD_GRAYSCALE) > 0 for r in records])
    return Scenes(images, seen, np.array([r["building"] for r in records]), np.array([r["category"] for r in records]))


def scene(category, rng, size=(320, 240)):
    """One scene: (image uint8 H x W x 3, seen bool H x W, JPEG quality)."""
    return _view(building(category, rng), rng, size)


def boxes(seen):
    """The smallest box around the pixels of each building: bool N x H x W -> float32 N x 4, (x0, y0, x1, y1), ends excluded."""
    found = []
    for plane in seen:
        y, x = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
        found.append((x[0], y[0], x[-1] + 1, y[-1] + 1))
    return np.array(found, np.float32)


def _record(number):
    return f"records/{number:04d}.json"


def _view(place, rng, size):
    for _ in range(TRIES):
        view = draw_view(rng, easy=bool(rng.random() < EASY))
        image, seen = render(place, view, rng, size)
        if seen.mean() >= LEAST:
            break
    return image, seen, view.quality


def _make(folder, number, config):
    cv2.setNumThreads(1)
    category = number % len(CATEGORIES)
    place = building(category, np.random.default_rng([config.seed, 1, number]))
    records = []
    for i in range(config.views):
        name = f"{number:04d}_{i}"
        image, seen, quality = _view(place, np.random.default_rng([config.seed, 2, number, i]), config.size)
        if not seen.any():
            seen[config.size[1] // 2, config.size[0] // 2] = True  # hidden by all that passes: one pixel, so that there is a box
        jpeg = cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        write_bytes(folder / f"images/{name}.jpg", jpeg.tobytes(), durable=False)
        write_bytes(folder / f"images/{name}.png", cv2.imencode(".png", seen.astype(np.uint8) * 255)[1].tobytes(), durable=False)
        records.append({"id": name, "building": number, "category": category})
    write_bytes(folder / _record(number), json.dumps(records).encode(), durable=False)
