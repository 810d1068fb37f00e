"""The people of a film and what they wear: each garment has a pattern, a name, and a number by which it is found again.

A person is a board that faces the camera, made of layers: body, trousers (four strides), top, bag, hat. A layer is a part of the board
with a texture of its own, so that the painter can say of every pixel which garment is seen there.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from visret_lab.worlds.town.painter import Quad, Texture
from visret_lab.worlds.town.props import board
from visret_lab.worlds.town.textures import noise

TALL, WIDE = 320, 128  # pixels of a person's board
METRES = 1.8, 0.72  # of the same
STRIDES = 4
SLOTS = ("hat", "top", "trousers", "bag")
PATTERNS = ("plain", "stripes", "checks", "dots", "zigzag", "patches", "sign")
COLORS = {"red": (0.78, 0.12, 0.12), "orange": (0.90, 0.48, 0.10), "yellow": (0.92, 0.80, 0.18), "green": (0.14, 0.50, 0.22),
          "turquoise": (0.10, 0.58, 0.58), "blue": (0.14, 0.28, 0.70), "violet": (0.45, 0.20, 0.60), "pink": (0.90, 0.50, 0.62),
          "brown": (0.42, 0.26, 0.14), "black": (0.08, 0.08, 0.09), "grey": (0.50, 0.50, 0.52), "white": (0.92, 0.92, 0.90)}
# Where each layer lies on the board: left, top, right, bottom, as shares; and how far it stands before the body, in layers.
PARTS = {"body": (0, 0, 1, 1, 0), "trousers": (0.15, 0.5, 0.85, 0.985, 1), "top": (0.14, 0.16, 0.86, 0.56, 2),
         "bag": (0.62, 0.38, 0.98, 0.62, 3),
         "hat": (0.25, 0, 0.75, 0.1, 3)}
LAYER = 0.02  # metres between layers, so that the depth buffer keeps them apart


@dataclass(frozen=True)
class Item:
    """A garment. number: from 1 on, in the film; actor: who wears it; slot: "hat", "top", "trousers" or "bag"; name: plain words."""

    number: int
    actor: int
    slot: str
    name: str


@dataclass(eq=False)
class Actor:
    """A person: `layers` are (slot or "body", number of the item or 0, one texture or STRIDES of them), `items` what is worn."""

    layers: list
    items: list


def make_actor(rng, actor, first):
    """Draw a person.

    Args:
        rng: numpy Generator. actor: its number. first: number of its first garment.

    Returns:
        Actor. Top and trousers are always worn, hat and bag by most.
    """
    worn = [s for s in SLOTS if s in ("top", "trousers") or rng.random() < 0.7]
    layers, items = [("body", 0, [_body(rng)])], []
    for slot in ("trousers", "top", "bag", "hat"):
        cloth, words = _cloth(rng)
        strides = range(STRIDES) if slot == "trousers" else (0,)
        textures = [_garment(slot, cloth, stride) for stride in strides]
        if slot in worn:
            items.append(Item(first + len(items), actor, slot, f"{words} {slot}"))
            layers.append((slot, items[-1].number, textures))
    return Actor(layers, items)


def boards(actor, x, z, step, camera_position, y=0.0, tall=METRES[0]):
    """The quads of a person who stands at (x, z).

    Args:
        step: float, strides so far: chooses the legs, and lifts the body a little between two.
        y: height of the feet. tall: metres.

    Returns:
        list of Quads, the owner of each is the number of its item (the body's is -2: somebody, nothing worn).
    """
    wide = METRES[1] * tall / METRES[0]
    whole = board(actor.layers[0][2][0], x, z, wide, tall, camera_position, y + 0.03 * abs(np.sin(np.pi * step)))
    a, b, _, d = whole.corners
    towards = np.array([camera_position[0] - x, 0, camera_position[2] - z])
    towards /= np.linalg.norm(towards) + 1e-9
    quads = []
    for slot, number, textures in actor.layers:
        left, top, right, bottom, layer = PARTS[slot]
        corners = [a + u * (b - a) + v * (d - a) for u, v in ((left, top), (right, top), (right, bottom), (left, bottom))]
        texture = textures[int(step * 2) % len(textures)]
        quads.append(Quad(np.array(corners) + layer * LAYER * towards, texture, number or -2, flat=True))
    return quads


def _body(rng):
    """Head with a face, hair, arms, hands and feet."""
    albedo, alpha = np.zeros((TALL, WIDE, 3), np.float32), np.zeros((TALL, WIDE), np.float32)
    skin = tuple((rng.uniform(0.38, 0.9) * np.array([1.0, 0.78, 0.64])).tolist())
    hair, shoes = tuple(rng.uniform(0.04, 0.55, 3).tolist()), tuple(rng.uniform(0.03, 0.35, 3).tolist())
    middle, long = WIDE // 2, rng.random() < 0.5
    for image, (s, h, f) in ((albedo, (skin, hair, shoes)), (alpha, (1.0, 1.0, 1.0))):
        if long:
            cv2.ellipse(image, (middle, 34), (20, 30), 0, 0, 360, h, -1)
        cv2.rectangle(image, (middle - 6, 40), (middle + 6, 62), s, -1)
        cv2.ellipse(image, (middle, 28), (15, 20), 0, 0, 360, s, -1)
        cv2.ellipse(image, (middle, 16), (16, 11), 0, 180, 360, h, -1)
        for side in (-1, 1):
            cv2.line(image, (middle + side * 32, 68), (middle + side * 40, 150), s, 10)
            cv2.ellipse(image, (middle + side * 14, 312), (13, 6), 0, 0, 360, f, -1)
    dark = tuple((np.array(skin) * 0.35).tolist())
    for side in (-1, 1):
        cv2.circle(albedo, (middle + side * 6, 25), 2, (0.05, 0.05, 0.06), -1)
        cv2.line(albedo, (middle + side * 9, 20), (middle + side * 3, 20), hair, 1)
    cv2.line(albedo, (middle, 27), (middle + 1, 33), dark, 1)
    cv2.ellipse(albedo, (middle, 38), (5, 2), 0, 0, 180, dark, 1)
    return Texture(albedo * (0.92 + 0.16 * noise(rng, TALL, WIDE)[..., None]), alpha)


def _cloth(rng, size=160):
    """A piece of cloth with a pattern: float32 size x size x 3, and its name."""
    pattern = str(rng.choice(PATTERNS))
    names = rng.choice(list(COLORS), 2, replace=False)
    ground, figure = (np.float32(COLORS[n]) for n in names)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    pitch = float(rng.choice([14, 18, 24]))
    masks = {"plain": x < 0, "stripes": (y if rng.random() < 0.5 else x) % pitch < pitch / 2,
             "checks": (x % pitch < pitch / 2) ^ (y % pitch < pitch / 2),
             "dots": np.hypot(x % pitch - pitch / 2, y % pitch - pitch / 2) < pitch / 3.2,
             "zigzag": (y + np.abs(x % pitch - pitch / 2)) % pitch < pitch / 2.4,
             "patches": noise(rng, size, size, 3, 6) > 0.55, "sign": _sign(rng, size)}
    cloth = np.where(masks[pattern][..., None], figure, ground) * (0.85 + 0.3 * noise(rng, size, size, 6)[..., None])
    words = str(names[0]) if pattern == "plain" else f"{names[0]} and {names[1]} {_adjective(pattern)}"
    return cloth.clip(0, 1).astype(np.float32), words


def _adjective(pattern):
    return {"stripes": "striped", "checks": "checked", "dots": "dotted", "zigzag": "zigzag", "patches": "mottled",
            "sign": "printed"}[pattern]


def _sign(rng, size):
    """A print: a few strokes in the middle that belong to this cloth only."""
    mask = np.zeros((size, size), np.uint8)
    points = rng.integers(size // 4, 3 * size // 4, (6, 2))
    cv2.polylines(mask, [points.astype(np.int32)], False, 1, 7)
    cv2.circle(mask, tuple(int(v) for v in points[0]), 12, 1, -1)
    return mask > 0


def _garment(slot, cloth, stride):
    """Cut a garment out of cloth: a Texture of the size of its part of the board."""
    left, top, right, bottom, _ = PARTS[slot]
    h, w = round((bottom - top) * TALL), round((right - left) * WIDE)
    alpha = np.zeros((h, w), np.float32)
    outlines = {"hat": _hat, "top": _top, "trousers": _trousers, "bag": _bag}[slot](h, w, stride)
    for outline in outlines:
        cv2.fillPoly(alpha, [np.array(outline, np.int32)], 1.0)
    rows, columns = np.arange(h) % len(cloth), np.arange(w) % len(cloth)
    shade = 1.08 - 0.3 * np.abs(np.linspace(-1, 1, w, dtype=np.float32)) ** 2  # rounder than a board
    return Texture(cloth[rows][:, columns] * shade[None, :, None], cv2.GaussianBlur(alpha, (0, 0), 0.6))


def _hat(h, w, _):
    return [[(w * 0.22, 0), (w * 0.78, 0), (w * 0.82, h * 0.62), (w * 0.18, h * 0.62)], [(0, h * 0.6), (w, h * 0.6), (w, h), (0, h)]]


def _top(h, w, _):
    body = [(w * 0.38, 0), (w * 0.62, 0), (w * 0.86, h * 0.12), (w * 0.8, h), (w * 0.2, h), (w * 0.14, h * 0.12)]
    sleeves = [[(w * s, h * 0.1), (w * (s + d * 0.17), h * 0.14), (w * (s + d * 0.2), h * 0.55), (w * (s + d * 0.02), h * 0.55)]
               for s, d in ((0.17, -1), (0.83, 1))]
    return [body, *sleeves]


def _trousers(h, w, stride):
    spread = (0.04, 0.12, 0.2, 0.12)[stride] * w
    hips = [(w * 0.14, 0), (w * 0.86, 0), (w * 0.84, h * 0.2), (w * 0.16, h * 0.2)]
    legs = [[(w * 0.5 + s * w * 0.02, h * 0.1), (w * 0.5 + s * w * 0.35, h * 0.1), (w * 0.5 + s * (w * 0.22 + spread), h),
             (w * 0.5 + s * (spread + w * 0.01), h)] for s in (-1, 1)]
    return [hips, *legs]


def _bag(h, w, _):
    return [[(w * 0.04, h * 0.3), (w * 0.96, h * 0.3), (w, h), (0, h)],
            [(w * 0.2, h * 0.34), (w * 0.32, 0), (w * 0.68, 0), (w * 0.8, h * 0.34), (w * 0.7, h * 0.34), (w * 0.6, h * 0.1),
             (w * 0.4, h * 0.1), (w * 0.3, h * 0.34)]]
