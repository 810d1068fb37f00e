"""A room: floor, walls, ceiling, pictures in frames, lamps. What people photograph inside a landmark."""

import cv2
import numpy as np

from visret_lab.worlds.town import props
from visret_lab.worlds.town.painter import Quad, Texture
from visret_lab.worlds.town.place import Place
from visret_lab.worlds.town.textures import ground, noise, tint, wall
from visret_lab.worlds.town.weather import Horizon

PIXELS_A_METRE = 24
PANEL = 2.0  # metres; a panel that reaches behind the camera is not painted


def make_room(rng):
    """Build a room that opens to -z, where the camera stands. Returns a Place without a landmark."""
    half, length, height = rng.uniform(4, 6), 24, rng.uniform(4.5, 7)
    color, top = rng.uniform(0.35, 0.85, 3), rng.uniform(0.6, 0.9, 3)
    material = str(rng.choice(["plaster", "stone", "brick"]))
    quads = [_wall(rng, material, color, (-half, 0), (half, 0), height)]
    for z in np.arange(0, length, PANEL):
        quads.append(_wall(rng, material, color, (-half, -z - PANEL), (-half, -z), height))
        quads.append(_wall(rng, material, color, (half, -z), (half, -z - PANEL), height))
        corners = [(-half, height, -z - PANEL), (half, height, -z - PANEL), (half, height, -z), (-half, height, -z)]
        quads.append(Quad(np.array(corners, float), Texture(tint(noise(rng, 48, int(48 * half)), top, 0.2))))
    quads += [_picture(rng, x, 0.0, height) for x in np.arange(-half + 1.6, half - 1, 2.6)]
    quads += [_picture(rng, side * half, -z, height, side) for side in (-1, 1) for z in np.arange(2, 14, 3.5)]
    floor = np.tile(ground(rng, 256, str(rng.choice(["paving", "road"]))) * rng.uniform(0.6, 1.2, 3).astype(np.float32), (4, 4, 1))
    boards = {"tree": [props.tree(rng)], "lamp": [props.lamp(rng)], "person": [props.person(rng) for _ in range(8)], "car": []}
    lamps = [(side * (half - 0.7), float(z)) for side in (-1, 1) for z in (-1.0, -6.5)]
    return Place(quads, [], floor.clip(0, 1), [], lamps, boards, 5.0, height, Horizon.draw(rng))


def _wall(rng, material, color, start, end, height):
    """A wall from one (x, z) to another, left to right as seen from inside."""
    (ax, az), (bx, bz) = start, end
    wide, tall = int(max(abs(bx - ax), abs(bz - az)) * PIXELS_A_METRE), int(height * PIXELS_A_METRE)
    corners = np.array([(ax, height, az), (bx, height, bz), (bx, 0, bz), (ax, 0, az)], float)
    return Quad(corners, Texture(np.float32(wall(rng, tall, wide, material, color))))


def _picture(rng, x, z, height, side=0):
    """A framed picture of soft colours and round shapes, on the far wall (side 0) or on the left (-1) or right (1) one."""
    h, w = 60, 80
    canvas = tint(noise(rng, h, w), rng.uniform(0.2, 0.9, 3), 1.2)
    for _ in range(12):
        cv2.ellipse(canvas, (int(rng.integers(w)), int(rng.integers(h))), (int(rng.integers(3, 18)), int(rng.integers(3, 14))),
                    float(rng.uniform(0, 180)), 0, 360, rng.uniform(0, 1, 3).tolist(), -1)
    cv2.rectangle(canvas, (0, 0), (w - 1, h - 1), rng.uniform(0.1, 0.7, 3).tolist(), 7)
    wide, tall = rng.uniform(1.3, 2.0) / 2, rng.uniform(1.0, 1.5) / 2
    y = height * rng.uniform(0.38, 0.5)
    # Along the wall from left to right as seen from inside; a hand's breadth before it.
    along = {0: (1, 0), -1: (0, 1), 1: (0, -1)}[side]
    cx, cz = x - side * 0.08, z - (0.08 if side == 0 else 0)
    points = [(cx + s * along[0] * wide, y + t * tall, cz + s * along[1] * wide) for s, t in ((-1, 1), (1, 1), (1, -1), (-1, -1))]
    return Quad(np.array(points), Texture(canvas))
