"""Films with their truth: those that the course paints, and real clips joined so that their cuts are known.

    load_film("feature"), load_film("items"), load_films("unseen")

In the mini tier they are painted into the cache at the first call. In the campus tier "feature" and "unseen" are the clips of a folder
(VISRET_ROOT_FILM), joined in the order of their names.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.generated import ensure
from visret_lab.datasets.image_io import read_image
from visret_lab.datasets.joined_clips import join
from visret_lab.datasets.load import current_tier, find_root
from visret_lab.film_file import FilmReader
from visret_lab.worlds.film.cast import Item
from visret_lab.worlds.film.generate import PLANS, VERSION, generate

NAMES = tuple(plan.name for plan in PLANS)
UNSEEN = tuple(name for name in NAMES if name.startswith("unseen"))


@dataclass(frozen=True)
class FilmQuery:
    """A photograph of a screen. file: its path. frame, shot: what it shows. homography: float64 3 x 3, pixels of the frame to the
    photo's."""

    file: Path
    frame: int
    shot: int
    homography: np.ndarray


@dataclass(frozen=True, eq=False)
class Film:
    """A film and what is true of it.

    Attributes:
        name; path: of the video file; licence.
        frames: number of frames.
        shots: int64 S x 2, first frame and last + 1 of each shot; where two shots are mixed, the border is the middle.
        cuts: int64, first frames behind hard cuts. dissolves: int64 D x 2, first and last frame in which two shots are mixed.
        flashes: int64 F x 2, first and last frame of each flash. pans: int64, numbers of the shots with a fast pan.
        scenes: int64 C x 2, first shot and last + 1 of each scene. setups: int64 S, the camera's place in each shot: shots with the
            same number look at the same thing from the same place.
        items: list of Item, what is worn. worn: int32 N x 7: frame, item, x0, y0, x1, y1, pixels seen.
        queries: list of FilmQuery.
    """

    name: str
    path: Path
    licence: str
    frames: int
    shots: np.ndarray
    dissolves: np.ndarray
    flashes: np.ndarray
    pans: np.ndarray
    scenes: np.ndarray
    setups: np.ndarray
    queries: list
    items: list = field(default_factory=list)
    worn: np.ndarray = field(default_factory=lambda: np.zeros((0, 7), np.int32))

    @property
    def cuts(self):
        """First frames behind hard cuts."""
        mixed = {int(t) for first, last in self.dissolves for t in range(first, last + 1)}
        return np.array([t for t in self.shots[1:, 0].tolist() if t not in mixed], np.int64)

    def reader(self):
        """The video file, opened: FilmReader."""
        return FilmReader(self.path)

    def shot_of(self, frame):
        """The number of the shot to which a frame belongs. IndexError: there is no such frame."""
        if not 0 <= frame < self.frames:
            raise IndexError(f"{self.name} has {self.frames} frames; there is no number {frame}.")
        return int(np.searchsorted(self.shots[:, 0], frame, side="right") - 1)

    def photo(self, query):
        """The photograph of a query: uint8 H x W x 3, RGB."""
        return read_image(query.file)

    def __repr__(self):
        return f"<Film {self.name}: {self.frames} frames, {len(self.shots)} shots, {len(self.queries)} photographs>"


def load_film(name="feature", tier=None, root=None, progress=True):
    """Load a film.

    Args:
        name: "feature", "items" or "unseen-0" to "unseen-4". tier: "mini", "campus" or "full"; None takes VISRET_TIER, else "mini".
        root: a folder of clips, each a single shot, that are joined in the order of their names; without it VISRET_ROOT_FILM in the
            campus tier and above. progress: show a bar while films are painted.

    Returns:
        Film. Joined clips have no items; "items" is painted in every tier.

    Raises:
        DataError: an unknown name, no folder, a folder without clips, a clip that cannot be read; read-only cache or full disk.
    """
    if name not in NAMES:
        raise DataError(f"There is no film {name!r}. There are: {', '.join(NAMES)}.")
    held = current_tier(tier)
    if root is not None or (held != "mini" and name != "items"):
        return join(root or find_root("video-ccby", "VISRET_ROOT_FILM"), read_film)
    folder = ensure("film", VERSION, lambda place, bar: generate(place, progress=bar), progress)
    return read_film(folder / f"{name}.json")


def load_films(name="unseen", tier=None, root=None, progress=True):
    """The films of a role, as a list: "unseen" are five painted ones, or in the campus tier the joined clips. Errors as `load_film`."""
    if name != "unseen":
        raise DataError(f"There are no films {name!r}; there are: unseen.")
    if root is not None or current_tier(tier) != "mini":
        return [load_film("feature", tier, root, progress)]
    return [load_film(one, tier, progress=progress) for one in UNSEEN]


def read_film(path, licence="CC0, painted by the course"):
    """Read a film from its truth. DataError: the file is missing or broken."""
    path = Path(path)
    try:
        truth = json.loads(path.read_text())
        shots = truth["shots"]
        runs = np.flatnonzero(np.diff([-1, *(s["scene"] for s in shots), -2]))
        worn = path.with_suffix(".npy")
        return Film(
            truth["name"], path.with_suffix(".mp4"), truth.get("licence", licence), truth["frames"],
            np.array([[s["first"], s["last"]] for s in shots], np.int64), np.array(truth["dissolves"], np.int64).reshape(-1, 2),
            np.array([s["flash"] for s in shots if s["flash"]], np.int64).reshape(-1, 2),
            np.array([i for i, s in enumerate(shots) if s["move"] == "whip"], np.int64),
            np.stack([runs[:-1], runs[1:]], axis=1).astype(np.int64), np.array([s["setup"] for s in shots], np.int64),
            [FilmQuery(path.parent / q["photo"], q["frame"], q["shot"], np.array(q["homography"])) for q in truth["queries"]],
            [Item(**item) for item in truth["items"]], np.load(worn) if worn.is_file() else np.zeros((0, 7), np.int32))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"The truth of the film in {path} is missing or broken ({error}). Remove the folder {path.parent}, then call "
                        "again.") from error

