"""Make the town: every place in its turn, every picture from its own seed, so that order and workers do not matter."""

import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from visret_lab.files import write_bytes
from visret_lab.worlds.manifest import write_manifest
from visret_lab.worlds.parts import is_complete, make_parts
from visret_lab.worlds.town.place import make_place
from visret_lab.worlds.town.render import render, whole_area
from visret_lab.worlds.town.truth import difficulty, label
from visret_lab.worlds.town.view import draw_view

VERSION = "1.0"
QUERY_TRIES = 12


@dataclass(frozen=True)
class TownConfig:
    """How large the town is. The defaults are the mini town of the course; tests build smaller ones.

    Attributes:
        landmarks: number of landmarks.
        queries: queries a landmark.
        views: other pictures a landmark.
        look_alikes: other buildings by each landmark's architect.
        look_alike_views: pictures of each of those.
        streets: places without a landmark.
        street_views: pictures of each street.
        size: (width, height) in pixels.
        seed: the seed of everything.
    """

    landmarks: int = 11
    queries: int = 5
    views: int = 55
    look_alikes: int = 3
    look_alike_views: int = 6
    streets: int = 20
    street_views: int = 8
    size: tuple[int, int] = (320, 240)
    seed: int = 2018

    def __post_init__(self):
        for name in ("landmarks", "queries"):
            if getattr(self, name) < 1:
                raise ValueError(f"TownConfig.{name} must be at least 1, not {getattr(self, name)}.")
        if min(self.size) < 64:
            raise ValueError(f"TownConfig.size must be at least 64 x 64 pixels, not {self.size}.")


def generate(folder, config=None, *, workers=None, progress=True):
    """Generate the town into `folder`, or go on where an interrupted call stopped.

    Files: `images/<id>.jpg`, `records/<place>.json` (measured truth of the pictures of one place), `truth.json`
    (labels, queries), and last of all `manifest.json`.

    Args:
        folder: where to; made if needed.
        config: TownConfig, None for the mini town.
        workers: processes; None takes one a core, at most 4.
        progress: show a bar.

    Returns:
        pathlib.Path of the folder.

    Raises:
        OSError: folder cannot be written, or the disk is full; whatever is complete stays and is used by the next call.
    """
    folder, config = Path(folder), config or TownConfig()
    places = _places(config)
    todo = [place for place in places if not is_complete(folder, _record_file(place), place["count"])]
    with tqdm(total=sum(p["count"] for p in todo), desc="town", unit="image", disable=not progress or not todo) as bar:
        for count in make_parts(partial(_make, folder, config=config), todo, workers):
            bar.update(count)
    records = [r for place in places for r in json.loads((folder / _record_file(place)).read_text())]
    truth = _truth(records, config)
    write_bytes(folder / "truth.json", json.dumps(truth, indent=1).encode(), durable=False)
    files = [f"images/{r['id']}.jpg" for r in records] + [_record_file(p) for p in places] + ["truth.json"]
    write_manifest(folder, "town", VERSION, config.seed, files)
    return folder


def _places(config):
    """One dict a place: what it is, which seeds it has, how many pictures."""
    places = []
    for landmark in range(config.landmarks):
        common = {"landmark": landmark}
        places.append({**common, "kind": "landmark", "name": f"landmark{landmark:02d}", "key": [0, landmark],
                       "count": config.queries + config.views})
        places += [{**common, "kind": "look_alike", "name": f"alike{landmark:02d}_{i}", "key": [1, landmark, i],
                    "count": config.look_alike_views} for i in range(config.look_alikes)]
    places += [{"landmark": -1, "kind": "street", "name": f"street{i:02d}", "key": [2, i], "count": config.street_views}
               for i in range(config.streets)]
    return places


def _record_file(place):
    return f"records/{place['name']}.json"


def _make(folder, place, config):
    """Paint and write all pictures of one place, then its record."""
    cv2.setNumThreads(1)
    style = np.random.SeedSequence([config.seed, 10, max(place["landmark"], 0)])
    scene = make_place(style, np.random.SeedSequence([config.seed, 20, *place["key"]]), place["kind"])
    records = []
    for i in range(place["count"]):
        query = place["kind"] == "landmark" and i < config.queries
        record, jpeg = _picture(scene, place, config, i, query)
        write_bytes(folder / f"images/{record['id']}.jpg", jpeg, durable=False)
        records.append(record)
    write_bytes(folder / _record_file(place), json.dumps(records, indent=1).encode(), durable=False)
    return place["count"]


def _picture(scene, place, config, i, query):
    """One picture with its record. A query is drawn again until it shows its landmark as a tourist would want it."""
    for attempt in range(QUERY_TRIES if query else 1):
        rng = np.random.default_rng([config.seed, 30, *place["key"], i, attempt])
        view = draw_view(rng, easy=query)
        image, seen = render(scene, view, rng, config.size)
        record = _record(scene, view, place, config, i, seen)
        if not query or (label(record)[1] == "easy" and record["size"] > 0.12):
            break
    ok, jpeg = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, view.quality])
    if not ok:
        raise OSError(f"OpenCV could not encode {record['id']} as JPEG.")
    return record, jpeg.tobytes()


def _record(scene, view, place, config, i, seen):
    whole = whole_area(scene, view, config.size) if place["kind"] == "landmark" else 0
    count = int(seen.sum())
    record = {"id": f"{place['name']}_{i:03d}", "kind": place["kind"], "landmark": place["landmark"],
              "visible": round(min(count / whole, 1.0), 4) if whole else 0.0,
              "size": round(count / seen.size, 4)}
    record |= {key: asdict(view)[key] for key in ("azimuth", "distance", "zoom", "light", "weather", "blur")}
    if count:
        ys, xs = np.nonzero(seen)
        record["box"] = [int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1]
    return record


def _truth(records, config):
    landmarks = [{name: [] for name in ("good", "ok", "junk", "easy", "hard")} for _ in range(config.landmarks)]
    queries = []
    for record in records:
        classic, revisited = label(record)
        record["difficulty"] = difficulty(record)
        record["classic"], record["revisited"] = classic, revisited
        if record["kind"] != "landmark" or classic == "absent":
            continue
        lists = landmarks[record["landmark"]]
        lists[classic].append(record["id"])
        if revisited != "junk":
            lists[revisited].append(record["id"])
        if int(record["id"].rsplit("_", 1)[1]) < config.queries:
            queries.append({"id": f"q_{record['id']}", "image": record["id"], "box": record["box"], "landmark": record["landmark"]})
    return {"name": "town", "version": VERSION, "config": asdict(config), "images": records, "queries": queries,
            "landmarks": landmarks}
