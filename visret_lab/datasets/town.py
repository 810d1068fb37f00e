"""The town: generated landmarks seen by a camera, with ground truth from the measured visibility.

Protocol "classic" is that of Oxford5k: the good and ok views are positive, the query's own view among them. Under
"easy", "medium" and "hard", those of ROxford, the query's own view is junk, as if it were not in the database.
"""

import json
from pathlib import Path

from visret_lab.datasets.collection import Collection, relevance
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.generated import ensure
from visret_lab.protocols import Query
from visret_lab.worlds.town.generate import VERSION, TownConfig, generate

# Another town, with other architects. What has to be learnt before a search (visual words, principal axes) is learnt
# here, as the papers learn on Paris what they test on Oxford.
ELSEWHERE = TownConfig(landmarks=6, queries=1, views=19, look_alikes=1, look_alike_views=6, streets=18, street_views=8,
                       seed=2012)
DETAILS = ("kind", "landmark", "light", "weather", "azimuth", "distance", "visible", "size", "blur")
LICENCE = "CC0; painted by the course, with textures from scikit-image and scikit-learn"


def load_town(progress=True):
    """The town of the mini tier; generated into the cache at the first call.

    Returns:
        Collection with the protocols "classic", "easy", "medium" (default) and "hard". `groups` gives the landmark
        that a picture was taken of, None for streets and look-alikes.

    Raises:
        DataError: read-only cache or full disk.
    """
    folder = ensure("town", VERSION, lambda place, bar: generate(place, progress=bar), progress)
    return read_town(folder)


def load_town_elsewhere(progress=True):
    """A second, smaller town that shares no building with the first: for learning, never for testing.

    Returns:
        Collection, as `load_town`.

    Raises:
        DataError: read-only cache or full disk.
    """
    folder = ensure("town-elsewhere", VERSION, lambda place, bar: generate(place, ELSEWHERE, progress=bar), progress)
    return read_town(folder, "town-elsewhere")


def read_town(folder, name="town"):
    """Read a generated town from its folder. DataError when its `truth.json` is missing or broken."""
    folder = Path(folder)
    try:
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        return _collection(folder, truth, name)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{folder / 'truth.json'} is missing or broken ({type(error).__name__}: {error}).") from error


def _collection(folder, truth, name):
    ids = [record["id"] for record in truth["images"]]
    positions = {image_id: position for position, image_id in enumerate(ids)}
    names = [f"landmark {number}" for number in range(len(truth["landmarks"]))]
    queries, answers = [], {"classic": {}, "easy": {}, "medium": {}, "hard": {}}
    for row in truth["queries"]:
        query = Query(row["id"], row["image"], tuple(row["box"]), names[row["landmark"]])
        lists = {kind: {positions[i] for i in members} for kind, members in truth["landmarks"][row["landmark"]].items()}
        queries.append(query)
        for protocol, (positive, junk) in judge(lists, positions[query.image_id]).items():
            answers[protocol][query.id] = relevance(sorted(positive), sorted(junk), len(ids), query.id)
    return Collection(
        name=name, tier="mini", version=truth["version"], licence=LICENCE, ids=ids,
        files={image_id: folder / "images" / f"{image_id}.jpg" for image_id in ids}, queries=queries, truth=answers,
        default_protocol="medium",
        details={record["id"]: {key: record[key] for key in DETAILS if key in record} for record in truth["images"]},
        groups={record["id"]: names[record["landmark"]] if record["kind"] == "landmark" else None
                for record in truth["images"]},
    )


def judge(lists, own):
    """Turn the lists of a landmark into protocol -> (positive, junk).

    Args:
        lists: dict good, ok, junk, easy, hard -> set of database ids.
        own: database id of the query's own view.
    """
    easy, hard, junk = (lists[kind] - {own} for kind in ("easy", "hard", "junk"))
    return {
        "classic": (lists["good"] | lists["ok"], lists["junk"]),
        "easy": (easy, junk | hard | {own}),
        "medium": (easy | hard, junk | {own}),
        "hard": (hard, junk | easy | {own}),
    }
