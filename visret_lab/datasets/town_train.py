"""The training town: landmarks as an image search returns them, with wrong labels, for learning what is clean.

`groups` is the noisy label, all that cleaning may see. The truth is in `details`, for measuring afterwards.
"""

import json
from pathlib import Path

from visret_lab.datasets.collection import Collection
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.generated import ensure
from visret_lab.worlds.town.train import VERSION, TrainConfig, generate

LARGE = TrainConfig(classes=48)
LICENCE = "CC0; painted by the course, with textures from scikit-image and scikit-learn"


def load_town_train(progress=True):
    """The training set of the mini tier, 12 classes; generated into the cache at the first call.

    Returns:
        Collection without queries. `groups`: image id -> the class in which it was found. `details`: image id -> the truth:
        `class` (number), `kind` ("landmark", "look_alike", "street", "interior", "wrong"), `landmark` (number of the landmark that is
        seen, or None), `label` ("good", "ok", "junk", "absent": how much of the landmark of the *class* is seen), `duplicate_of` (id
        or None), `edit`, `visible` (share of the landmark), `size` (share of the picture), `box` (x0, y0, x1, y1 of the landmark's
        pixels; only where the landmark of the class is seen), and `light`, `weather`, `azimuth`, `distance`, `blur`.

    Raises:
        DataError: read-only cache or full disk.
    """
    return read_town_train(ensure("town-train", VERSION, lambda place, bar: generate(place, progress=bar), progress))


def load_town_train_large(progress=True):
    """As `load_town_train`, with 48 classes, of which the first 12 are the same."""
    folder = ensure("town-train-large", VERSION, lambda place, bar: generate(place, LARGE, progress=bar), progress)
    return read_town_train(folder, "town-train-large")


def read_town_train(folder, name="town-train"):
    """Read a generated training town from its folder. DataError when its `truth.json` is missing or broken."""
    return read_pictures(folder, name, LICENCE, "class")


def read_pictures(folder, name, licence, key):
    """Pictures of a town that are there to be learnt from, without queries.

    Args:
        folder: of the generated world. name, licence: of the data set. key: entry of a record whose number names the group.

    Returns:
        Collection. `groups`: image id -> "landmark" and that number. `details`: image id -> all other entries of its record.

    Raises:
        DataError: `truth.json` is missing or broken.
    """
    folder = Path(folder)
    try:
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        records, version = truth["images"], truth["version"]
        ids = [record["id"] for record in records]
        groups = {record["id"]: f"landmark {record[key]}" for record in records}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder / 'truth.json'} is missing or broken ({type(error).__name__}: {error}).") from error
    return Collection(
        name=name, tier="mini", version=version, licence=licence, ids=ids, files={i: folder / f"images/{i}.jpg" for i in ids},
        queries=[], truth={}, default_protocol="none", groups=groups,
        details={record["id"]: {k: value for k, value in record.items() if k != "id"} for record in records})
