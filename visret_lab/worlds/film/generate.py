"""Make the films: each a real video file with its truth beside it, and photographs of a screen that plays it.

    generate(folder, plans=None, *, workers=None, progress=True) -> folder

writes, for each film, `<name>.mp4`, `<name>.npy` (what is worn, frame by frame), `<name>/q000.jpg` ... (photographs of the screen) and
`<name>.json` (shots, joins, garments, where each photograph was taken), and last of all `manifest.json`. The photographs show frames as
a player shows them: decoded from the file.
"""

import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from visret_lab.film_file import FilmReader, write_film
from visret_lab.files import replacing, write_bytes
from visret_lab.worlds.film.script import FilmConfig, write_script
from visret_lab.worlds.film.shoot import Studio, shoot
from visret_lab.worlds.manifest import write_manifest
from visret_lab.worlds.parts import make_parts
from visret_lab.worlds.recapture import recapture

VERSION = "1.0"
PHOTO_QUALITY = 88


@dataclass(frozen=True)
class FilmPlan:
    """A film to be made. name; seed; config; queries: number of photographs of the screen."""

    name: str
    seed: int
    config: FilmConfig
    queries: int


# The films of the course. Those that train something have seeds from 10,000 on.
PLANS = (FilmPlan("feature", 1, FilmConfig(seconds=150), 160),
         FilmPlan("items", 2, FilmConfig(seconds=80, close=0.7, cast=10, moves=(0.2, 0.4, 0.2, 0.2, 0, 0)), 24),
         *(FilmPlan(f"unseen-{i}", 11 + i, FilmConfig(seconds=50), 60) for i in range(5)))


def generate(folder, plans=None, *, workers=None, progress=True):
    """Make the films in `folder`, or go on where an interrupted call stopped: films that are complete stay.

    Args:
        folder: where to; made if needed. plans: FilmPlans, None for those of the course. workers: processes; None takes one a core, at
            most 4. progress: show a bar.

    Returns:
        pathlib.Path of the folder.

    Raises:
        ValueError: two plans of one name. OSError: the folder cannot be written, or the disk is full; whatever is complete stays.
    """
    folder, plans = Path(folder), PLANS if plans is None else tuple(plans)
    names = [plan.name for plan in plans]
    if len(set(names)) < len(names):
        raise ValueError(f"Films need names of their own; got {', '.join(names)}.")
    todo = sorted((p for p in plans if not _complete(folder, p)), key=lambda p: -p.config.seconds)  # the longest first: no worker waits
    with tqdm(total=round(sum(p.config.seconds for p in todo)), desc="film", unit="s", disable=not progress or not todo) as bar:
        for seconds in make_parts(partial(_make, folder), todo, workers):
            bar.update(round(seconds))
    files = [f for p in plans for f in _files(p)]
    write_manifest(folder, "film", VERSION, [p.seed for p in plans], files)
    return folder


def _files(plan):
    return [f"{plan.name}.{ending}" for ending in ("mp4", "npy", "json")] + [f"{plan.name}/q{i:03d}.jpg" for i in range(plan.queries)]


def _complete(folder, plan):
    """Its truth is written last, so what stands beside it is whole."""
    try:
        made = json.loads((folder / f"{plan.name}.json").read_text())
    except (OSError, ValueError):
        return False
    same = made.get("seed") == plan.seed and made.get("config") == json.loads(json.dumps(asdict(plan.config)))
    return same and all((folder / name).is_file() for name in _files(plan))


def _make(folder, plan):
    """Paint and write one film, photograph the screen, then write its truth. Returns its length in seconds."""
    cv2.setNumThreads(1)
    script = write_script(plan.seed, plan.config)
    studio, worn = Studio(script), []
    path = folder / f"{plan.name}.mp4"
    write_film(path, _noted(shoot(script, studio=studio, seen=True), worn), fps=plan.config.fps)
    with replacing(folder / f"{plan.name}.npy", durable=False) as part, open(part, "wb") as file:
        np.save(file, np.array(worn, np.int32).reshape(-1, 7))
    photos = _photographs(folder, plan, script, FilmReader(path))
    truth = {"name": plan.name, "version": VERSION, "seed": plan.seed, "config": asdict(plan.config), "frames": script.frames,
             "shots": [asdict(shot) for shot in script.shots], "dissolves": script.dissolves, "stages": script.stages,
             "looks": [asdict(look) for look in script.looks], "items": [asdict(item) for item in studio.items], "queries": photos}
    write_bytes(folder / f"{plan.name}.json", json.dumps(truth).encode(), durable=False)
    return plan.config.seconds


def _noted(taken, worn):
    """The pictures of a stream of frames; what is worn in them is added to a list."""
    for t, image, seen in taken:
        worn += [(t, *row) for row in seen]
        yield image


def _photographs(folder, plan, script, reader):
    """Photographs of frames that belong to one shot alone and are not flashed: as many of each shot as can be."""
    rng = np.random.default_rng([plan.seed, 45])
    turns = np.concatenate([rng.permutation(len(script.shots)) for _ in range(-(-plan.queries // len(script.shots)))])[: plan.queries]
    moments = sorted((int(rng.choice(_clear(script, shot))), int(shot)) for shot in turns)
    found = []
    for i, (t, shot) in enumerate(moments):
        photo, homography = recapture(reader.frame(t), np.random.default_rng([plan.seed, 46, i]))
        ok, jpeg = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, PHOTO_QUALITY])
        if not ok:
            raise OSError(f"OpenCV could not encode the photograph of frame {t} as JPEG.")
        write_bytes(folder / f"{plan.name}/q{i:03d}.jpg", jpeg.tobytes(), durable=False)
        found.append({"photo": f"{plan.name}/q{i:03d}.jpg", "frame": t, "shot": shot, "homography": homography.tolist()})
    return found


def _clear(script, number):
    """Frames of a shot in which nothing else is mixed."""
    shot = script.shots[number]
    taken = {t for first, last in script.dissolves for t in range(first, last + 1)}
    taken |= set(range(shot.flash[0], shot.flash[1] + 1)) if shot.flash else set()
    return [t for t in range(shot.first, shot.last) if t not in taken]
