"""Make the yard: pictures with five sentences each, whose phrases are tied to boxes.

    generate(folder, config=None, *, workers=None, progress=True) -> folder

writes `images/<id>.jpg`, `records/<part>.json`, and last of all `manifest.json`. Every scene has a seed of its own.
"""

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
from visret_lab.worlds.yard.language import describe
from visret_lab.worlds.yard.scene import SIZE, draw_scene

VERSION = "1.0"
PART = 250  # scenes of a part
QUALITY = 85


@dataclass(frozen=True)
class YardConfig:
    """How large the yard is. train, val, test: scenes; captions: sentences of a scene; size: (width, height); seed: of everything."""

    train: int = 2000
    val: int = 250
    test: int = 500
    captions: int = 5
    size: tuple[int, int] = SIZE
    seed: int = 2016

    def __post_init__(self):
        if min(self.train, self.val, self.test, self.captions) < 1 or min(self.size) < 32:
            raise ValueError(f"A yard needs scenes in each split, a caption and pictures of at least 32 pixels; got {self}.")


def generate(folder, config=None, *, workers=None, progress=True):
    """Generate the yard into `folder`, or go on where an interrupted call stopped.

    Args:
        folder: where to; made if needed. config: YardConfig, None for that of the course. workers: processes; None takes one a core, at
            most 4. progress: show a bar.

    Returns:
        pathlib.Path of the folder.

    Raises:
        OSError: the folder cannot be written, or the disk is full; whatever is complete stays and is used by the next call.
    """
    folder, config = Path(folder), config or YardConfig()
    parts = [(split, start, min(PART, count - start)) for split,
             count in (("train", config.train), ("val", config.val), ("test", config.test))
             for start in range(0, count, PART)]
    todo = [p for p in parts if not is_complete(folder, _record_file(p), p[2])]
    with tqdm(total=sum(p[2] for p in todo), desc="yard", unit="scene", disable=not progress or not todo) as bar:
        for count in make_parts(partial(_make, folder, config=config), todo, workers):
            bar.update(count)
    records = [r for p in parts for r in json.loads((folder / _record_file(p)).read_text())]
    write_bytes(folder / "truth.json", json.dumps({"version": VERSION, "config": asdict(config), "scenes": records}).encode(),
                durable=False)
    write_manifest(folder, "yard", VERSION, config.seed,
                   [f"images/{r['id']}.jpg" for r in records] + [_record_file(p) for p in parts] + ["truth.json"])
    return folder


def _record_file(part):
    return f"records/{part[0]}{part[1]:05d}.json"


def _make(folder, part, config):
    """Draw, describe and write the scenes of one part, then their record."""
    cv2.setNumThreads(1)
    split, start, count = part
    records = []
    for i in range(start, start + count):
        rng = np.random.default_rng([config.seed, 50, ("train", "val", "test").index(split), i])
        image, scene = draw_scene(rng, config.size)
        name = f"{split}{i:05d}"
        ok, jpeg = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        if not ok:
            raise OSError(f"OpenCV could not encode {name} as JPEG.")
        write_bytes(folder / f"images/{name}.jpg", jpeg.tobytes(), durable=False)
        told = describe(scene, rng, config.captions)
        records.append({"id": name, "split": split, "place": scene.place, "events": scene.events, "extras": scene.extras,
                        "things": [asdict(t) for t in scene.things], "captions": [text for text, _ in told],
                        "phrases": [phrases for _, phrases in told]})
    write_bytes(folder / _record_file(part), json.dumps(records).encode(), durable=False)
    return count
