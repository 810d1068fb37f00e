"""Pairs of patches that show the same point: cut from painted houses, where the geometry is known.

A house is painted twice, from two sides and in two lights. SIFT finds points in both pictures. A point of the first picture lies on a
wall that is known, so it can be moved to the second picture; where SIFT has found a point there, of about the same size and direction,
the two patches are a pair. It is the errors of the detector that the descriptor then learns to bear. Each picture is also warped by a
homography and spoilt (light, blur, noise), which gives pairs in any direction of view.

    paint(folder, config=None, *, workers=None) -> folder
    read(folder) -> Pairs

Every house has a seed of its own: none occurs in the town, in the other town, or in another painted world.
"""

import io
import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from tqdm import tqdm

from visret_lab.deep.patches import cut
from visret_lab.features.local import SIFT
from visret_lab.files import write_bytes
from visret_lab.rerank.geometry import apply_homography
from visret_lab.worlds.categories import CATEGORIES, building
from visret_lab.worlds.parts import make_parts
from visret_lab.worlds.town.painter import NEAR
from visret_lab.worlds.town.render import SUPERSAMPLING, render
from visret_lab.worlds.town.view import camera_of, draw_view

NEAR_ENOUGH = 2.5  # pixels between where a point should be and where SIFT found one
OCTAVE, TURN = 0.5, 25.0  # largest difference of the sizes, in octaves, and of the directions, in degrees


@dataclass(frozen=True)
class PairConfig:
    """How much to paint.

    Attributes:
        buildings: houses. views: pictures of each, taken two by two. points: that SIFT keeps in a picture. most: pairs that are kept of
            two pictures. size: (width, height) in pixels. seed: of everything.
    """

    buildings: int = 384
    views: int = 4
    points: int = 500
    most: int = 60
    size: tuple[int, int] = (320, 240)
    seed: int = 18001

    def __post_init__(self):
        if min(self.buildings, self.views, self.points, self.most, *self.size) < 1:
            raise ValueError(f"There must be at least one of everything; got {self}.")


class Pairs(NamedTuple):
    """Pairs that were read. a, b: uint8 K x 32 x 32. building: int K. warped: bool K, by a homography; else of two views."""

    a: np.ndarray
    b: np.ndarray
    building: np.ndarray
    warped: np.ndarray

    def some(self, chosen):
        """The chosen pairs. Args: chosen: bool K or int."""
        return Pairs(*(part[chosen] for part in self))


def paint(folder, config=None, *, workers=None, progress=True):
    """Paint, cut and write one file a house into `folder`, or go on where an interrupted call stopped.

    Raises:
        OSError: the folder cannot be written; whatever is complete stays.
        ValueError: the folder holds pairs of another configuration.
    """
    folder, config = Path(folder), config or PairConfig()
    wanted, note = json.loads(json.dumps(asdict(config))), folder / "config.json"
    if note.is_file() and json.loads(note.read_text()) != wanted:
        raise ValueError(f"{folder} holds patches of another configuration. Take another folder.")
    write_bytes(note, json.dumps(wanted).encode())
    todo = [n for n in range(config.buildings) if not (folder / f"{n:04d}.npz").is_file()]
    with tqdm(total=len(todo), desc="patches", unit="house", disable=not progress or not todo) as bar:
        for _ in make_parts(partial(_make, folder, config=config), todo, workers):
            bar.update()
    return folder


def read(folder):
    """All pairs of a folder that `paint` has filled.

    Raises:
        FileNotFoundError: it was not filled, or not to the end.
    """
    folder = Path(folder)
    try:
        count = json.loads((folder / "config.json").read_text())["buildings"]
        parts = [np.load(folder / f"{n:04d}.npz") for n in range(count)]
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{folder} is not complete ({Path(error.filename).name} is missing): call `paint` first.") from error
    number = np.repeat(np.arange(count), [len(part["a"]) for part in parts])
    return Pairs(*(np.concatenate([part[k] for part in parts]) for k in ("a", "b")), number,
                 np.concatenate([part["warped"] for part in parts]))


def corresponding(points, moved, found):
    """Which points of a first picture SIFT has found again in a second.

    Args:
        points: float N x 4, of the first picture. moved: float N x 4, where they must lie in the second (x, y, size, angle); nan where
            a point cannot be seen. found: float M x 4, of the second.

    Returns:
        int64 K x 2: rows of `points` and of `found`. Each place in the first picture and each point of the second occurs once.
    """
    if not len(points) or not len(found):
        return np.zeros((0, 2), np.int64)
    apart = np.linalg.norm(moved[:, None, :2] - found[None, :, :2], axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        octaves = np.abs(np.log2(moved[:, None, 2] / found[None, :, 2]))
    turned = np.abs((moved[:, None, 3] - found[None, :, 3] + 180) % 360 - 180)
    good = (apart < NEAR_ENOUGH) & (octaves < OCTAVE) & (turned < TURN)
    apart = np.where(good, apart, np.inf)
    best = apart.argmin(axis=1)
    rows = np.flatnonzero(good.any(axis=1))
    rows = rows[np.argsort(apart[rows, best[rows]], kind="stable")]
    _, first = np.unique(points[rows, :2].round(1), axis=0, return_index=True)  # a place with two directions counts once
    rows = rows[np.sort(first)]
    _, first = np.unique(best[rows], return_index=True)
    rows = rows[np.sort(first)]
    return np.stack([rows, best[rows]], axis=1)


def moved_by(points, move):
    """Points N x 4 under any smooth movement of pixels: places are moved, sizes and directions with the movement's slope at each.

    Args:
        points: float N x 4. move: function float N x 2 -> N x 2, nan where a pixel goes nowhere.

    Returns:
        float64 N x 4.
    """
    place, half = np.asarray(points[:, :2], np.float64), points[:, 2:3] / 2
    slope = np.stack([(move(place + half * step) - move(place - half * step)) / (2 * half) for step in np.eye(2)], axis=2)
    angle = np.deg2rad(points[:, 3])
    along = np.einsum("nij,nj->ni", slope, np.stack([np.cos(angle), np.sin(angle)], axis=1))
    with np.errstate(invalid="ignore"):  # nan stays nan
        size = points[:, 2] * np.sqrt(np.abs(np.linalg.det(slope)))
    return np.concatenate([move(place), size[:, None], np.rad2deg(np.arctan2(along[:, 1], along[:, 0]))[:, None]], axis=1)


class Walls:
    """What a camera sees of a building, wall by wall: moves pixels of one picture to another.

    Args:
        place: Place. view: View. seen: bool H x W, the pixels of the building (`render` gives them).
    """

    def __init__(self, place, view, seen):
        height, width = seen.shape
        self.camera, self.seen = camera_of(view, place, int(width * SUPERSAMPLING), int(height * SUPERSAMPLING)), seen
        self.quads = [q for q in place.quads if q.owner == 1 and (q.flat or q.normal @ (self.camera.position - q.corners[0]) > 0)]

    def under(self, pixels):
        """The wall under each pixel and the point on it: (int N, -1 where there is none; float N x 3 in metres)."""
        rays = self._rays(pixels)
        nearest, wall = np.full(len(rays), np.inf), np.full(len(rays), -1)
        for number, quad in enumerate(self.quads):
            with np.errstate(divide="ignore", invalid="ignore"):
                t = ((quad.corners[0] - self.camera.position) @ quad.normal) / (rays @ quad.normal)
            hit = (t > NEAR) & (t < nearest) & self._inside(quad, pixels)
            nearest[hit], wall[hit] = t[hit], number
        wall[~self._visible(pixels)] = -1
        return wall, self.camera.position + np.where(wall < 0, np.nan, nearest)[:, None] * rays

    def on(self, pixels, walls):
        """Points on the planes of given walls, wherever they end: float N x 3."""
        rays, found = self._rays(pixels), np.full((len(pixels), 3), np.nan)
        for number in np.unique(walls[walls >= 0]):
            mine, quad = walls == number, self.quads[number]
            t = ((quad.corners[0] - self.camera.position) @ quad.normal) / (rays[mine] @ quad.normal)
            found[mine] = self.camera.position + t[:, None] * rays[mine]
        return found

    def project(self, points):
        """Points in metres to pixels of the picture: float N x 2; nan behind the camera."""
        pixels, depth = self.camera.project(points)
        return (np.where(depth[:, None] > NEAR, pixels, np.nan) + 0.5) / SUPERSAMPLING - 0.5

    def _rays(self, pixels):
        large = (np.asarray(pixels) + 0.5) * SUPERSAMPLING - 0.5 - (self.camera.width / 2, self.camera.height / 2)
        return np.c_[large / self.camera.focal, np.ones(len(large))] @ self.camera.rotation

    def _inside(self, quad, pixels):
        corners, depth = self.camera.project(quad.polygon())
        if depth.min() < NEAR:
            return np.zeros(len(pixels), bool)
        corners = (corners + 0.5) / SUPERSAMPLING - 0.5
        edge = np.roll(corners, -1, axis=0) - corners
        to = pixels[:, None] - corners[None]
        side = edge[None, :, 0] * to[..., 1] - edge[None, :, 1] * to[..., 0]
        return (side >= 0).all(axis=1) | (side <= 0).all(axis=1)

    def _visible(self, pixels):
        height, width = self.seen.shape
        with np.errstate(invalid="ignore"):
            inside = ((pixels >= 0) & (pixels <= (width - 1, height - 1))).all(axis=1)
        x, y = np.where(inside[:, None], np.nan_to_num(pixels), 0).round().astype(int).T
        return inside & self.seen[y, x]


def moved_along_walls(points, first, second):
    """Points N x 4 of one picture in another picture of the same building; nan where they are not seen there. Args: Walls of both."""
    wall, _ = first.under(points[:, :2])
    moved = moved_by(points, lambda pixels: second.project(first.on(pixels, wall)))
    ends = np.nan_to_num(moved[:, :2], nan=-1e6)
    again, there = second.under(ends)
    with np.errstate(invalid="ignore"):
        same = np.linalg.norm(there - first.on(points[:, :2], wall), axis=1) < 0.05  # metres: no other wall stands before it
    moved[(wall < 0) | (again < 0) | ~same] = np.nan
    return moved


def warped(image, rng):
    """A picture under a random homography, in another light, perhaps blurred and noisy: (uint8 H x W x 3, homography 3 x 3)."""
    height, width = image.shape[:2]
    middle = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1]])
    angle, size = np.deg2rad(rng.normal(0, 25)), np.exp(rng.normal(0, 0.3))
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag(np.exp(rng.normal(0, 0.12, 2)))
    lean = np.eye(3)
    lean[:2, :2], lean[2, :2] = turn, rng.normal(0, 0.25, 2) / (width, height)
    homography = middle @ lean @ np.linalg.inv(middle)
    copy = cv2.warpPerspective(image, homography, (width, height), flags=cv2.INTER_AREA if size < 1 else cv2.INTER_LINEAR,
                               borderMode=cv2.BORDER_REFLECT_101)
    values = (copy.astype(np.float32) / 255) ** np.exp(rng.normal(0, 0.4)) * np.exp(rng.normal(0, 0.25))
    if rng.random() < 0.4:
        values = cv2.GaussianBlur(values, (0, 0), rng.uniform(0.5, 2.0))
    values += rng.normal(0, rng.choice([0.005, 0.02, 0.06]), values.shape)
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8), homography


def _make(folder, number, config):
    """Paint a house, pair its points, and write the patches."""
    cv2.setNumThreads(1)
    place = building(number % len(CATEGORIES), np.random.default_rng([config.seed, 1, number]))
    sift, patches = SIFT(config.points, contrast=0.02), {"a": [], "b": [], "warped": []}
    pictures = []
    for i in range(config.views):
        rng = np.random.default_rng([config.seed, 2, number, i])
        view = draw_view(rng, easy=bool(rng.random() < 0.4))
        image, seen = render(place, view, rng, config.size)
        pictures.append((image, sift.detect(image)[0], Walls(place, view, seen)))
    for i in range(0, config.views - 1, 2):
        (image_a, points_a, walls_a), (image_b, points_b, walls_b) = pictures[i : i + 2]
        rng = np.random.default_rng([config.seed, 3, number, i])
        pairs = corresponding(points_a, moved_along_walls(points_a, walls_a, walls_b), points_b)
        _add(patches, image_a, points_a, image_b, points_b, pairs, False, rng, config.most)
    for i, (image, points, _) in enumerate(pictures):
        rng = np.random.default_rng([config.seed, 4, number, i])
        copy, homography = warped(image, rng)
        found = sift.detect(copy)[0]
        moved = moved_by(points, partial(apply_homography, homography)) if len(points) else points
        _add(patches, image, points, copy, found, corresponding(points, moved, found), True, rng, config.most // 3)
    content = io.BytesIO()
    np.savez(content, a=_stack(patches["a"]), b=_stack(patches["b"]), warped=np.array(patches["warped"], bool))
    write_bytes(folder / f"{number:04d}.npz", content.getvalue(), durable=False)


def _add(patches, image_a, points_a, image_b, points_b, pairs, kind, rng, most):
    pairs = pairs[np.sort(rng.permutation(len(pairs))[:most])]
    for name, image, points in (("a", image_a, points_a[pairs[:, 0]]), ("b", image_b, points_b[pairs[:, 1]])):
        patches[name] += list(np.rint(cut(image, points)).astype(np.uint8))
    patches["warped"] += [kind] * len(pairs)


def _stack(patches):
    return np.stack(patches) if patches else np.zeros((0, 32, 32), np.uint8)
