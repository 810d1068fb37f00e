"""Painted buildings with two names each: which building it is, and of which category. For questions that have either answer.

No network of the course has seen these buildings. Every picture asks, whole; its own copy in the database is junk.
"""

import json
from pathlib import Path

from visret_lab.datasets.collection import Collection, relevance
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.generated import ensure
from visret_lab.protocols import Query
from visret_lab.worlds.categories import VERSION, CategoryConfig, generate

NAMED = CategoryConfig(buildings=3, views=4, seed=2015)
LICENCE = "CC0; painted by the course, with textures from scikit-image and scikit-learn"


def load_named(progress=True):
    """The named buildings of the mini tier; generated into the cache at the first call.

    Returns:
        Collection with the protocols "building" (default) and "category": positive are the other pictures with the same name.
        `groups` gives the building of a picture; `details` its category (a number), and the numbers of building and view.

    Raises:
        DataError: read-only cache or full disk.
    """
    return read_named(ensure("named", VERSION, lambda place, bar: generate(place, NAMED, progress=bar), progress))


def read_named(folder):
    """Read generated named buildings from their folder. DataError when `labels.json` is missing or broken."""
    folder = Path(folder)
    try:
        labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        return _collection(folder, labels["images"], labels["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{folder / 'labels.json'} is missing or broken ({type(error).__name__}: {error}).") from error


def _collection(folder, records, version):
    ids = [r["id"] for r in records]
    buildings = {name: number for number, name in enumerate(sorted({r["building"] for r in records}))}
    names = {"building": [buildings[r["building"]] for r in records], "category": [r["category"] for r in records]}
    truth = {}
    for protocol, of_image in names.items():
        members = {}
        for i, name in enumerate(of_image):
            members.setdefault(name, []).append(i)
        truth[protocol] = {q: relevance([j for j in members[of_image[i]] if j != i], [i], len(ids), q) for i, q in enumerate(ids)}
    views = [int(i.rsplit("_", 1)[1]) for i in ids]
    details = [{"category": c, "building": b, "view": v} for c, b, v in zip(names["category"], names["building"], views, strict=True)]
    return Collection(
        name="named", tier="mini", version=version, licence=LICENCE, ids=ids,
        files={i: folder / f"images/{i}.jpg" for i in ids}, queries=[Query(i, i, None, r["building"]) for i, r in zip(ids, records,
                                                                                                               strict=True)],
        truth=truth, default_protocol="building", details=dict(zip(ids, details, strict=True)),
        groups={r["id"]: r["building"] for r in records})
