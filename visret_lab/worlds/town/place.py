"""A place of the town: a landmark (or none) with its neighbours, street, trees and lamps. It never changes; views of it do."""

from dataclasses import dataclass

import cv2
import numpy as np

from visret_lab.worlds.town import props
from visret_lab.worlds.town.buildings import build, look_alike_plan, random_house, random_plan, random_style
from visret_lab.worlds.town.textures import ground
from visret_lab.worlds.town.weather import Horizon

GROUND_METRES = 64


@dataclass(eq=False)
class Place:
    """Everything that stands still. `quads` of the landmark have owner 1; `size` is its largest measure in metres."""

    quads: list
    footprints: list
    ground: np.ndarray
    trees: list
    lamps: list
    boards: dict
    size: float
    height: float
    horizon: Horizon


def make_place(style_seed, place_seed, kind):
    """Build a place.

    Args:
        style_seed: numpy SeedSequence of the architect, shared by a landmark and its look-alikes.
        place_seed: numpy SeedSequence of everything else.
        kind: "landmark", "look_alike" or "street".

    Returns:
        Place. In a street the middle house belongs to nobody (owner 0).
    """
    architect, rng = np.random.default_rng(style_seed), np.random.default_rng(place_seed)
    style, plan = random_style(architect), random_plan(architect, landmark=True)
    if kind == "look_alike":
        plan = look_alike_plan(rng, plan)
    if kind == "street":
        style, plan = random_style(rng), random_plan(rng)
    # A landmark draws its walls from its architect's generator, so that it is the same in every view and place.
    return surround(rng, build(architect if kind == "landmark" else rng, style, plan, owner=1 if kind == "landmark" else 0), plan)


def surround(rng, middle, plan):
    """A place around a building: neighbours, ground, street, trees, lamps, and who may pass.

    Args:
        rng: numpy Generator. middle: list of Quads of the building. plan: its Plan.
    """
    quads, footprints = list(middle), [_footprint(middle)]
    for house in _neighbours(rng, plan):
        quads += house
        footprints.append(_footprint(house))
    boards = {"tree": [props.tree(rng, s) for s in ("summer", "summer", "autumn")], "lamp": [props.lamp(rng)],
              "person": [props.person(rng) for _ in range(8)], "car": [props.car(rng) for _ in range(5)]}
    trees = [(float(rng.uniform(-26, 26)), float(rng.uniform(-13, -2)), float(rng.uniform(3.5, 7)), int(rng.integers(3)))
             for _ in range(int(rng.integers(2, 7)))]
    trees = [t for t in trees if abs(t[0]) > plan.width * 0.42 or rng.random() < 0.25]
    lamps = [(float(x), -4.2) for x in np.arange(-24, 25, 12) + rng.uniform(-2, 2)]
    tall = max(plan.height * 1.25, plan.tower_height * 1.25 if plan.towers else 0)
    return Place(quads, footprints, _ground(rng), trees, lamps, boards, max(plan.width, tall), tall, Horizon.draw(rng))


def _neighbours(rng, plan):
    """Houses to both sides, a row behind, and a few across the street."""
    houses = []
    for side in (-1, 1):
        x = side * (plan.width / 2 + rng.uniform(1, 5))
        for _ in range(3):
            house = random_plan(rng)
            houses.append(random_house(rng, x + side * house.width / 2, rng.uniform(-1.5, 4), plan=house))
            x += side * (house.width + rng.uniform(0, 3))
    for x in np.arange(-36, 37, 12):
        houses.append(random_house(rng, x + rng.uniform(-2, 2), plan.depth + rng.uniform(9, 20)))
    return houses


def _footprint(quads):
    """Corners of the box around a building: (x0, x1, z0, z1, height)."""
    points = np.concatenate([q.corners for q in quads])
    low, high = points.min(0), points.max(0)
    return low[0], high[0], low[2], high[2], high[1]


def _ground(rng):
    """Texture of GROUND_METRES squared: grass, the square before the landmark, and a road across."""
    size = 1024
    scale = size / GROUND_METRES
    picture = np.tile(ground(rng, size // 2, "grass"), (2, 2, 1))
    paving, road = (np.tile(ground(rng, size // 4, k), (4, 4, 1)) for k in ("paving", "road"))
    middle = size // 2
    square = slice(middle - int(13 * scale), middle + int(5 * scale)), slice(middle - int(26 * scale), middle + int(26 * scale))
    picture[square] = paving[square]
    band = slice(middle - int(9.5 * scale), middle - int(4.8 * scale))
    picture[band] = road[band]
    for y in (band.start + 4, band.stop - 4):
        cv2.line(picture, (0, y), (size, y), (0.72, 0.72, 0.70), 3)
    for x in range(0, size, 64):
        cv2.line(picture, (x, (band.start + band.stop) // 2), (x + 30, (band.start + band.stop) // 2), (0.85, 0.85, 0.8), 3)
    for x in range(middle - 60, middle + 60, 20):
        cv2.rectangle(picture, (x, band.start + 8), (x + 9, band.stop - 8), (0.86, 0.86, 0.84), -1)
    return picture
