"""The yard as a set of captioned pictures: scenes painted by the course, five sentences each, phrases tied to boxes."""

import json
from pathlib import Path

import numpy as np

from visret_lab.datasets.captioned import SPLITS, CaptionedSet, Phrase
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.generated import ensure
from visret_lab.datasets.image_io import read_image
from visret_lab.worlds.yard.generate import VERSION, generate

LICENCE = "CC0, painted by the course"


def load_yard(progress=True):
    """The yard, painted into the cache at the first call.

    Returns:
        CaptionedSet; `details`: id -> place, events, extras, things, as `worlds.yard.scene.Scene`.

    Raises:
        DataError: read-only cache or full disk.
    """
    return read_yard(ensure("yard", VERSION, lambda place, bar: generate(place, progress=bar), progress))


def read_yard(folder):
    """Read the yard from its folder. DataError when its `truth.json` is missing or broken."""
    folder = Path(folder)
    try:
        scenes = json.loads((folder / "truth.json").read_text())["scenes"]
        ids, captions = [s["id"] for s in scenes], [s["captions"] for s in scenes]
        splits = {split: np.array([i for i, s in enumerate(scenes) if s["split"] == split], np.int64) for split in SPLITS}
        details = {s["id"]: {key: s[key] for key in ("place", "events", "extras", "things")} for s in scenes}
        phrases = [phrase for i, s in enumerate(scenes) for phrase in _phrases(i, s)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"The truth of the yard in {folder} is missing or broken ({error}). Remove the folder, then call again.") from error
    return CaptionedSet("yard", LICENCE, ids, captions, splits, lambda name: read_image(folder / f"images/{name}.jpg"), phrases=phrases,
                        details=details)


def _phrases(position, scene):
    """The phrases of one scene whose things can be seen."""
    for number, (text, tied) in enumerate(zip(scene["captions"], scene["phrases"], strict=True)):
        words = text.split(" ")
        for start, end, thing in tied:
            about = scene["things"][thing]
            if about["box"]:
                yield Phrase(position, number, start, end, " ".join(words[start:end]), np.array([about["box"]], np.int64), about["kind"])
