"""Make the yard: pictures with five sentences each, whose phrases are tied to boxes.

    generate(folder, config=None, *, workers=None, progress=True) -> folder

writes `images/<id>.jpg`, `records/<part>.json`, and last of all `manifest.json`. Every scene has a seed of its own.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from visret_lab.files import write_bytes
from visret_lab.worlds.parts import make_splits, split_file
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
    return make_splits(Path(folder), ("yard", VERSION), _make, config or YardConfig(), size=PART, content="scenes", unit="scene",
                       workers=workers, progress=progress)


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
    write_bytes(folder / split_file(part), json.dumps(records).encode(), durable=False)
    return count
