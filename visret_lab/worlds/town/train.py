"""A training set as the web gives it: for each landmark, what an image search for its name returns.

A class holds pictures of its landmark from every side, by day and by night, and much else: another building by the same architect,
rooms, streets, other landmarks, and the same picture once more, cut, framed or saved again. The label says only which class a
picture was found in. The truth is kept aside in `truth.json`, measured as in `visret_lab.worlds.town.truth`.

    generate(folder, config=None, *, workers=None, progress=True) -> folder

writes `images/<id>.jpg`, `records/<place>.json`, `truth.json` and `manifest.json`. No building of another world occurs here: every
world has a seed of its own. The first classes of a larger set are those of a smaller one, when both are whole dozens.
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
from visret_lab.worlds.town.copies import copy_picture
from visret_lab.worlds.town.place import make_place
from visret_lab.worlds.town.render import render, whole_area
from visret_lab.worlds.town.room import make_room
from visret_lab.worlds.town.truth import label
from visret_lab.worlds.town.view import draw_view

VERSION = "1.0"
KINDS = ("landmark", "look_alike", "street", "interior", "wrong")
DOZEN = 12  # classes whose wrong labels and streets are each other's
STREETS = 6  # a dozen


@dataclass(frozen=True)
class TrainConfig:
    """How much to paint. The counts are (least, most) pictures of one class.

    Attributes:
        classes: number of landmarks. views: taken of the landmark; from some of them it is not seen, and they are streets.
        look_alikes: of one other building by the same architect. streets, interiors, wrong: of streets, of a room, of
            other landmarks. copies: near-duplicates of pictures of the landmark. other_copies: of the rest.
        size: (width, height) in pixels. seed: of everything.
    """

    classes: int = 12
    views: tuple[int, int] = (17, 25)
    look_alikes: tuple[int, int] = (4, 6)
    streets: tuple[int, int] = (2, 4)
    interiors: tuple[int, int] = (3, 5)
    wrong: tuple[int, int] = (4, 6)
    copies: tuple[int, int] = (2, 4)
    other_copies: tuple[int, int] = (0, 1)
    size: tuple[int, int] = (320, 240)
    seed: int = 2016

    def __post_init__(self):
        if self.classes < 1 or self.views[0] < 1:
            raise ValueError(f"There must be at least one class and one view of its landmark; got {self}.")
        if min(self.size) < 64:
            raise ValueError(f"TrainConfig.size must be at least 64 x 64 pixels, not {self.size}.")


def generate(folder, config=None, *, workers=None, progress=True):
    """Paint the pictures into `folder`, or go on where an interrupted call stopped.

    Args:
        folder: where to; made if needed. config: TrainConfig, None for the mini set. workers: processes; None takes one a core,
            at most 4. progress: show a bar.

    Returns:
        pathlib.Path of the folder.

    Raises:
        OSError: the folder cannot be written, or the disk is full; whatever is complete stays and is used by the next call.
    """
    folder, config = Path(folder), config or TrainConfig()
    places = _places(_shots(config))
    todo = [place for place in places if not is_complete(folder, _record_file(place), len(place["shots"]))]
    with tqdm(total=sum(len(p["shots"]) for p in todo), desc="town-train", unit="image", disable=not progress or not todo) as bar:
        for count in make_parts(partial(_make, folder, config=config), todo, workers):
            bar.update(count)
    records = sorted((r for p in places for r in json.loads((folder / _record_file(p)).read_text())), key=lambda r: r["id"])
    truth = {"name": "town-train", "version": VERSION, "config": asdict(config), "images": records}
    write_bytes(folder / "truth.json", json.dumps(truth, indent=1).encode(), durable=False)
    files = [f"images/{r['id']}.jpg" for r in records] + [_record_file(p) for p in places] + ["truth.json"]
    write_manifest(folder, "town-train", VERSION, config.seed, files)
    return folder


def _shots(config):
    """One dict a picture: its id, its class, what it was taken of ((kind, number) of a place), and whose copy it is."""
    shots = []
    for own in range(config.classes):
        rng = np.random.default_rng([config.seed, 1, own])
        first = own - own % DOZEN
        others = [c for c in range(first, min(first + DOZEN, config.classes)) if c != own]
        count = {name: int(rng.integers(*getattr(config, name), endpoint=True))
                 for name in ("views", "look_alikes", "streets", "interiors", "wrong", "copies", "other_copies")}
        streets = [("street", first // DOZEN * STREETS + s) for s in range(STREETS)]
        taken = [("landmark", own)] * count["views"] + [("look_alike", own)] * count["look_alikes"]
        taken += [("interior", own)] * count["interiors"] + _some(rng, streets, count["streets"])
        taken += _some(rng, [("landmark", c) for c in others] or streets, count["wrong"])
        rest = range(count["views"], len(taken))
        twice = [*rng.choice(count["views"], min(count["copies"], count["views"]), replace=False),
                 *rng.choice(rest, min(count["other_copies"], len(rest)), replace=False)]
        names = [f"c{own:02d}_{slot:02d}" for slot in rng.permutation(len(taken) + len(twice))]
        shots += [{"id": names[i], "class": own, "place": place, "of": None} for i, place in enumerate(taken)]
        shots += [{"id": name, "class": own, "place": taken[i], "of": names[i]}
                  for name, i in zip(names[len(taken):], twice, strict=True)]
    return shots


def _some(rng, places, count):
    """`count` of the places: all different as long as there are enough."""
    return [places[i % len(places)] for i in rng.permutation(max(count, len(places)))[:count]]


def _places(shots):
    """The shots by place, so that every place is built once: dicts {kind, number, shots}."""
    found = {}
    for shot in shots:
        kind, number = shot["place"]
        found.setdefault((kind, number), {"kind": kind, "number": number, "shots": []})["shots"].append(shot)
    return [found[key] for key in sorted(found, key=lambda k: (KINDS.index(k[0]), k[1]))]


def _record_file(place):
    return f"records/{place['kind']}{place['number']:02d}.json"


def _make(folder, place, config):
    """Paint and write all pictures of one place, originals before their copies, then its record."""
    cv2.setNumThreads(1)
    scene, painted, records = _scene(place, config), {}, []
    for shot in sorted(place["shots"], key=lambda s: s["of"] is not None):
        rng = np.random.default_rng([config.seed, 30, shot["class"], int(shot["id"].rsplit("_", 1)[1])])
        if shot["of"] is None:
            image, seen, record, quality = _photograph(scene, place, shot, rng, config)
        else:
            image, seen, edit, quality = copy_picture(*painted[shot["of"]][:2], rng)
            record = {**painted[shot["of"]][2], "edit": edit}
        painted[shot["id"]] = image, seen, record
        ok, jpeg = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        if not ok:
            raise OSError(f"OpenCV could not encode {shot['id']} as JPEG.")
        write_bytes(folder / f"images/{shot['id']}.jpg", jpeg.tobytes(), durable=False)
        records.append(_judged(shot, place, record, seen))
    write_bytes(folder / _record_file(place), json.dumps(records, indent=1).encode(), durable=False)
    return len(records)


def _scene(place, config):
    """Build the place. The look-alike has its landmark's architect."""
    seed = np.random.SeedSequence([config.seed, 20, KINDS.index(place["kind"]), place["number"]])
    if place["kind"] == "interior":
        return make_room(np.random.default_rng(seed))
    return make_place(np.random.SeedSequence([config.seed, 10, place["number"]]), seed, place["kind"])


def _photograph(scene, place, shot, rng, config):
    """(image, landmark's pixels, what is known of the view, JPEG quality)."""
    view = draw_view(rng)
    if place["kind"] == "interior":  # no weather, no car and no tree in a room, and the camera looks at the far wall
        view = replace(view, azimuth=view.azimuth / 4, distance=min(view.distance, 2.2), weather="clear", near_tree=False, cars=0,
                       eye=1.7, light="day" if view.light == "day" else "dusk")
    image, seen = render(scene, view, rng, config.size)
    whole = whole_area(scene, view, config.size) if place["kind"] == "landmark" else 0
    record = {key: asdict(view)[key] for key in ("azimuth", "distance", "zoom", "light", "weather", "blur")}
    return image, seen, {**record, "share": seen.sum() / whole if whole else 0.0, "pixels": int(seen.sum())}, view.quality


def _judged(shot, place, record, seen):
    """The truth about one picture. What is seen of a copy is measured anew: a cut may have taken the landmark away."""
    own, count = place["kind"] == "landmark" and place["number"] == shot["class"], int(seen.sum())
    share = record["share"] * count / record["pixels"] if record["pixels"] else 0.0
    facts = {key: record[key] for key in ("azimuth", "distance", "zoom", "light", "weather", "blur")}
    found = {"id": shot["id"], "class": shot["class"], "kind": place["kind"], "landmark": None, "duplicate_of": shot["of"],
             "edit": record.get("edit"), "visible": round(float(min(share, 1.0)), 4), "size": round(count / seen.size, 4), **facts}
    if place["kind"] == "landmark" and count:
        found |= {"landmark": place["number"], "kind": "landmark" if own else "wrong"}
    elif place["kind"] == "landmark":
        found["kind"] = "street"  # taken before a landmark, which is not in the picture
    if own and count:
        ys, xs = np.nonzero(seen)
        found["box"] = [int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1]
    found["label"] = label(found)[0] if own else "absent"
    return found
