"""Photo-copies: photographs that come with scikit-image, scikit-learn and matplotlib, under strong edits whose
homography is known (the generated set of pairs of the mini tier; after Copydays)."""

import json
from pathlib import Path

import numpy as np

from visret_lab.datasets.collection import Collection, relevance
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.generated import ensure
from visret_lab.datasets.pairs import Pair, PairSet
from visret_lab.protocols import Query
from visret_lab.worlds.photo_copies import VERSION, generate

LICENCE = "as the bundled photographs: CC0, CC BY or public domain"


def load_photo_copies(progress=True):
    """The pairs of the mini tier; generated into the cache at the first call.

    Returns:
        PairSet: each original with each of its copies; `change` names the edit.

    Raises:
        DataError: read-only cache or full disk.
    """
    folder = ensure("photo-copies", VERSION, lambda place, bar: generate(place, progress=bar), progress)
    return read_photo_copies(folder)


def load_copies(progress=True):
    """The same pictures as a set to search: given a photograph, find its edited copies among all pictures.

    Returns:
        Collection with the protocol "copies": queries are the originals, whole; positives are their copies, and the query's
        own picture is junk, as in INRIA Copydays and Holidays.

    Raises:
        DataError: as `load_photo_copies`.
    """
    pairs = load_photo_copies(progress)
    ids = sorted(pairs.files)
    positions = {image_id: position for position, image_id in enumerate(ids)}
    copies = {}
    for pair in pairs.pairs:
        copies.setdefault(pair.a, []).append(positions[pair.b])
    groups = {pair.b: pair.sequence for pair in pairs.pairs} | {pair.a: pair.sequence for pair in pairs.pairs}
    queries = [Query(original, original, None, groups[original]) for original in sorted(copies)]
    truth = {q.id: relevance(sorted(copies[q.id]), [positions[q.id]], len(ids), q.id) for q in queries}
    return Collection("copies", "mini", pairs.version, LICENCE, ids, dict(pairs.files), queries, {"copies": truth}, "copies", groups)


def read_photo_copies(folder):
    """Read generated photo-copies from their folder. DataError when `truth.json` is missing or broken."""
    folder = Path(folder)
    try:
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
        files = {record["id"]: folder / "images" / f"{record['id']}.jpg" for record in truth["images"]}
        originals = {r["original"]: r["id"] for r in truth["images"] if r["edit"] == "original"}
        pairs = [
            Pair(f"{r['original']}/{r['edit']}", originals[r["original"]], r["id"],
                 np.array(r["homography"], dtype=np.float64), r["original"], r["edit"])
            for r in truth["images"] if r["edit"] != "original"
        ]
        return PairSet("photo-copies", "mini", truth["version"], LICENCE, files, pairs)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder / 'truth.json'} is missing or broken ({type(error).__name__}: {error}).") from error
