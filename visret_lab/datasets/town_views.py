"""Other pictures of the town's landmarks, for learning what the target domain looks like. No picture of the town is among them."""

import json
from pathlib import Path

from visret_lab.datasets.collection import Collection
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.generated import ensure
from visret_lab.worlds.town.more_views import VERSION, generate

LICENCE = "CC0; painted by the course, with textures from scikit-image and scikit-learn"


def load_town_views(progress=True):
    """The pictures, painted into the cache at the first call: 20 of each of the town's 11 landmarks.

    Returns:
        Collection without queries. `groups`: image id -> "landmark 3", as in the town. `details`: image id -> `label` ("good", "ok",
        "junk", "absent": how much of the landmark is seen), `visible`, `size`, `light`, `weather`, `azimuth`, `distance`, `blur`.

    Raises:
        DataError: read-only cache or full disk.
    """
    return read_town_views(ensure("town-views", VERSION, lambda place, bar: generate(place, progress=bar), progress))


def read_town_views(folder):
    """Read the pictures from their folder. DataError when its `truth.json` is missing or broken."""
    folder = Path(folder)
    try:
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        records, version = truth["images"], truth["version"]
        ids = [record["id"] for record in records]
        groups = {record["id"]: f"landmark {record['landmark']}" for record in records}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder / 'truth.json'} is missing or broken ({type(error).__name__}: {error}).") from error
    return Collection(
        name="town-views", tier="mini", version=version, licence=LICENCE, ids=ids, files={i: folder / f"images/{i}.jpg" for i in ids},
        queries=[], truth={}, default_protocol="none", groups=groups,
        details={record["id"]: {key: value for key, value in record.items() if key != "id"} for record in records})
