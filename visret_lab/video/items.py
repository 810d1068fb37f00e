"""Item search: from a photograph of a screen to what is worn in that scene, and to where it is seen again.

Garcia and Vogiatzis, "Dress like a star: retrieving fashion products from videos", ICCV workshops 2017. The film's owner has noted, once,
which garment is where in which frame. A photograph finds its frame through the index of the film; the homography between the two then
carries every noted box into the photograph. No garment is recognised: the moment is, and the notes know the rest.
"""

from typing import NamedTuple

import numpy as np

from visret_lab.rerank.geometry import apply_homography, verify
from visret_lab.video.tracks import linked

LEAST = 10  # matches that agree on one homography, for a moment to be certain
NEAR = 64  # bits in which two features of a match may differ, at most: geometry sorts out the wrong ones
PIXELS = 40  # seen of a garment, for it to be named


class Moment(NamedTuple):
    """Where a garment is seen: shot, the frame of it that shows most of it, box (x0, y0, x1, y1), pixels."""

    shot: int
    frame: int
    box: tuple
    pixels: int


class Worn(NamedTuple):
    """A garment in a photograph: item; corners float64 4 x 2, its box as it lies in the photograph, or None where the moment is not
    certain; again: list of Moment, its other shots, those that show most of it first."""

    item: object
    corners: np.ndarray | None
    again: list


class Found(NamedTuple):
    """What a photograph found: shots, best first (list of moments.Shot); frame, or None; inliers: matches that agree; homography float64
    3 x 3, frame to photograph, or None; worn: list of Worn; words: what is uncertain, or ''."""

    shots: list
    frame: int | None
    inliers: int
    homography: np.ndarray | None
    worn: list
    words: str


class ItemSearch:
    """Search a film for what is worn in it.

    Args:
        film: datasets.film.Film, or anything with `reader()`, `items`, `worn`, `shot_of`. index: moments.FilmIndex that holds this film.
        name: of the film in the index; None: that of its file.

    Raises:
        ValueError: the index does not hold the film, or nothing is noted of what is worn in it.
    """

    def __init__(self, film, index, name=None):
        self.film, self.index, self.reader = film, index, film.reader()
        self.name = name or film.path.name
        if self.name not in index.films:
            raise ValueError(f"The index holds {', '.join(index.films) or 'no film'}, not {self.name!r}. Add it with add_film first.")
        if not len(film.worn):
            raise ValueError(f"Nothing is noted of what is worn in {self.name!r}: load_film(\"items\") has such notes.")
        self.items = {item.number: item for item in film.items}

    def search(self, photo, seed=0):
        """What is worn in a photograph.

        Args:
            photo: uint8 H x W x 3, RGB. seed: of RANSAC.

        Returns:
            Found. Where the photograph has no feature, or no moment is like it, `worn` is empty and `words` say so.

        Raises:
            ValueError: no uint8 picture.
        """
        answer = self.index.search(photo)
        shots = [shot for shot in answer.shots if shot.film == self.name]
        if not shots:
            return Found([], None, 0, None, [], answer.words or "No shot of the film is like this photograph.")
        frame, _ = self.index.find_frame(photo, shots[0], self.reader)
        inliers, homography = self.locate(photo, frame, seed)
        words = "" if homography is not None else f"Only {inliers} points agree on where the screen is: the moment is not certain."
        worn = [Worn(self.items[number], None if homography is None else apply_homography(homography, _corners(box)),
                     self.again(number, self.film.shot_of(frame))) for number, box in self.worn_at(frame)]
        return Found(shots, frame, inliers, homography, worn, words)

    def locate(self, photo, frame, seed=0):
        """The homography from a frame to a photograph: (inliers, float64 3 x 3), or (inliers, None) below LEAST."""
        (a, a_bits), (b, b_bits) = (self.index.brief.detect(image) for image in (self.reader.frame(frame), photo))
        matches = linked(a, a_bits, b, b_bits, distance=NEAR, moved=np.inf)
        found = verify(a[:, :2], b[:, :2], matches, np.random.default_rng(seed), threshold=4.0)
        return found.count, found.homography if found.count >= LEAST else None

    def worn_at(self, frame):
        """What is noted for a frame, larger pieces first: list of (number of the item, (x0, y0, x1, y1))."""
        rows = self.film.worn[(self.film.worn[:, 0] == frame) & (self.film.worn[:, 6] >= PIXELS)]
        return [(int(r[1]), tuple(int(v) for v in r[2:6])) for r in rows[np.argsort(-rows[:, 6], kind="stable")]]

    def again(self, number, shot):
        """Other shots in which an item is seen: list of Moment, those that show most of it first."""
        rows = self.film.worn[(self.film.worn[:, 1] == number) & (self.film.worn[:, 6] >= PIXELS)]
        shots = np.searchsorted(self.film.shots[:, 0], rows[:, 0], side="right") - 1
        best = {}
        for row, where in zip(rows.tolist(), shots.tolist(), strict=True):
            if where != shot and (where not in best or row[6] > best[where].pixels):
                best[where] = Moment(where, row[0], tuple(row[2:6]), row[6])
        return sorted(best.values(), key=lambda m: (-m.pixels, m.shot))


def at_point(worn, x, y):
    """The garment under a point of the photograph: the smallest box that holds it, or None. Args: worn: list of Worn. x, y: pixels."""
    held = [(area(w.corners), i) for i, w in enumerate(worn) if w.corners is not None and _inside(w.corners, x, y)]
    return worn[min(held)[1]] if held else None


def area(corners):
    """Area of a polygon, K x 2, by the shoelace formula."""
    x, y = np.asarray(corners, float).T
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def _inside(corners, x, y):
    """Whether a point lies in a convex polygon: on the same side of every edge."""
    a = np.asarray(corners, float)
    edge, to = np.roll(a, -1, axis=0) - a, np.array([x, y]) - a
    side = edge[:, 0] * to[:, 1] - edge[:, 1] * to[:, 0]
    return bool((side >= 0).all() or (side <= 0).all())


def _corners(box):
    x0, y0, x1, y1 = box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float) - 0.5  # the outer border of its pixels
