"""Buildings: blocks with four facades and a roof, towers, spires, domes; a landmark and its look-alikes."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from visret_lab.worlds.town.facades import PIXELS_A_METRE, facade, random_style
from visret_lab.worlds.town.painter import Quad, Texture
from visret_lab.worlds.town.textures import tiles

SIGNATURES = ("rose", "clock", "mural", "banners", "mosaic", "arms")


@dataclass(frozen=True)
class Plan:
    """The plan of a building: size in metres, roof, number of towers and what it is known by."""

    width: float
    depth: float
    height: float
    roof: str
    towers: int
    tower_height: float
    cap: str
    signature: str | None


def random_plan(rng, landmark=False):
    """Draw a plan. Landmarks are larger, and known by something; houses are houses."""
    if landmark:
        height = rng.uniform(9, 15)
        return Plan(rng.uniform(11, 20), rng.uniform(9, 14), height, str(rng.choice(["gable", "front_gable", "hip", "flat"])),
                    int(rng.integers(0, 3)), height * rng.uniform(1.25, 1.8), str(rng.choice(["spire", "dome", "flat"])),
                    str(rng.choice(SIGNATURES)))
    return Plan(rng.uniform(6, 11), rng.uniform(7, 11), rng.uniform(5.5, 12), str(rng.choice(["gable", "front_gable", "hip", "flat"])),
                0, 0.0, "flat", None)


def look_alike_plan(rng, plan):
    """Another building by the same architect: same kind, other measures, other towers, other signature."""
    other = [s for s in SIGNATURES if s != plan.signature] + [None]
    return replace(plan, width=plan.width * rng.uniform(0.75, 1.25), height=plan.height * rng.uniform(0.8, 1.2),
                   towers=int((plan.towers + rng.integers(1, 3)) % 3),
                   signature=other[rng.integers(len(other))])


def build(rng, style, plan, x=0.0, z=0.0, owner=0):
    """Build at (x, z), the middle of the front; the front looks to -z. Returns a list of Quads."""
    w, d, h = plan.width, plan.depth, plan.height
    quads = _block(rng, style, x - w / 2, x + w / 2, z, z + d, 0, h, owner, plan.signature, front=True)
    quads += _roof(rng, style, plan.roof, x - w / 2, x + w / 2, z, z + d, h, owner)
    side = 0.24 * w
    places = {0: (), 1: (0.0,), 2: (-w / 2 + side / 2, w / 2 - side / 2)}[plan.towers]
    for offset in places:
        cx, th = x + offset, plan.tower_height
        quads += _block(rng, style, cx - side / 2, cx + side / 2, z - 0.6, z - 0.6 + side, 0, th, owner)
        quads += _cap(rng, style, plan.cap, cx, z - 0.6 + side / 2, side, th, owner)
    return quads


def _block(rng, style, x0, x1, z0, z1, y0, y1, owner, signature=None, front=False):
    """Three walls; the camera never goes behind. Each corner list starts top left as seen from outside."""
    walls = (((x0, z0), (x1, z0)), ((x1, z0), (x1, z1)), ((x0, z1), (x0, z0)))
    quads = []
    for i, ((ax, az), (bx, bz)) in enumerate(walls):
        length = np.hypot(bx - ax, bz - az)
        albedo, glow = facade(rng, style, length, y1 - y0, front=front and i == 0, signature=signature if i == 0 else None)
        corners = np.array([(ax, y1, az), (bx, y1, bz), (bx, y0, bz), (ax, y0, az)], float)
        quads.append(Quad(corners, Texture(albedo, glow=glow), owner))
    return quads


def _tiles(rng, style, width, length):
    size = max(24, int(length * PIXELS_A_METRE * 0.7)), max(24, int(width * PIXELS_A_METRE * 0.7))
    return tiles(rng, *size, style.roof)


def _roof(rng, style, kind, x0, x1, z0, z1, h, owner):
    rise, over = 0.38 * min(x1 - x0, z1 - z0), 0.35
    cx, cz = (x0 + x1) / 2, (z0 + z1) / 2
    a0, a1, c0, c1 = x0 - over, x1 + over, z0 - over, z1 + over
    if kind == "flat":
        top = np.array([(x0, h, z1), (x1, h, z1), (x1, h, z0), (x0, h, z0)], float)
        return [Quad(top, Texture(_tiles(rng, style, x1 - x0, z1 - z0) * 0.6 + 0.15), owner)]
    if kind == "gable":  # ridge along x: slopes to the front and the back, gable walls at the sides
        front = np.array([(a0, h + rise, cz), (a1, h + rise, cz), (a1, h, c0), (a0, h, c0)])
        back = np.array([(a1, h + rise, cz), (a0, h + rise, cz), (a0, h, c1), (a1, h, c1)])
        ends = [((x1, z0), (x1, z1)), ((x0, z1), (x0, z0))]
    elif kind == "front_gable":  # ridge along z: the gable looks to the street
        front = np.array([(cx, h + rise, c1), (cx, h + rise, c0), (a0, h, c0), (a0, h, c1)])
        back = np.array([(cx, h + rise, c0), (cx, h + rise, c1), (a1, h, c1), (a1, h, c0)])
        ends = [((x0, z0), (x1, z0)), ((x1, z1), (x0, z1))]
    else:
        return _hip(rng, style, a0, a1, c0, c1, h, rise, owner)
    length = a1 - a0 if kind == "gable" else c1 - c0
    slopes = [Quad(q, Texture(_tiles(rng, style, length, np.linalg.norm(q[0] - q[3]))), owner) for q in (front, back)]
    return slopes + [_triangle(rng, style, (a, h), (b, h), rise, owner) for a, b in ends]


def _triangle(rng, style, a, b, rise, owner):
    (ax, az), h = a
    (bx, bz), _ = b
    width = np.hypot(bx - ax, bz - az)
    albedo, glow = facade(rng, replace(style, ornament=0.1, window="round"), width, rise)
    hh, ww = glow.shape
    alpha = np.zeros((hh, ww), np.float32)
    cv2.fillPoly(alpha, [np.array([[ww // 2, 0], [ww, hh], [0, hh]])], 1.0)
    corners = np.array([(ax, h + rise, az), (bx, h + rise, bz), (bx, h, bz), (ax, h, az)])
    return Quad(corners, Texture(albedo, alpha, glow), owner, outline=((0.5, 0), (1, 1), (0, 1)))


def _slope(rng, style, left, right, apex_left, apex_right, owner):
    """A roof face that narrows to its ridge (apex_left .. apex_right); a triangle when both are one point."""
    left, right = np.asarray(left, float), np.asarray(right, float)
    apex_left, apex_right = np.asarray(apex_left, float), np.asarray(apex_right, float)
    axis = right - left
    t0, t1 = ((p - left) @ axis / (axis @ axis) for p in (apex_left, apex_right))
    up = apex_left - (left + t0 * axis)
    surface = _tiles(rng, style, np.linalg.norm(axis), np.linalg.norm(up))
    hh, ww = surface.shape[:2]
    outline = ((t0, 0), (t1, 0), (1, 1), (0, 1))
    alpha = np.zeros((hh, ww), np.float32)
    cv2.fillPoly(alpha, [np.array([[u * ww, v * hh] for u, v in outline]).astype(np.int32)], 1.0)
    return Quad(np.stack([left + up, right + up, right, left]), Texture(surface, alpha), owner, outline=outline)


def _hip(rng, style, x0, x1, z0, z1, h, rise, owner):
    half = min(x1 - x0, z1 - z0) / 2
    cz, cx = (z0 + z1) / 2, (x0 + x1) / 2
    if x1 - x0 >= z1 - z0:
        r0, r1 = (x0 + half, h + rise, cz), (x1 - half, h + rise, cz)
    else:
        r0, r1 = (cx, h + rise, z0 + half), (cx, h + rise, z1 - half)
    a, b, c, d = (x0, h, z0), (x1, h, z0), (x1, h, z1), (x0, h, z1)
    if x1 - x0 >= z1 - z0:
        faces = ((a, b, r0, r1), (b, c, r1, r1), (c, d, r1, r0), (d, a, r0, r0))
    else:
        faces = ((a, b, r0, r0), (b, c, r0, r1), (c, d, r1, r1), (d, a, r1, r0))
    return [_slope(rng, style, *face, owner) for face in faces]


def _cap(rng, style, kind, cx, cz, side, h, owner):
    half = side / 2 + 0.25
    a, b, c, d = (cx - half, h, cz - half), (cx + half, h, cz - half), (cx + half, h, cz + half), (cx - half, h, cz + half)
    if kind == "flat":
        return [Quad(np.array([d, c, b, a], float), Texture(_tiles(rng, style, side, side)), owner)]
    if kind == "spire":
        tip = (cx, h + 1.9 * side, cz)
        return [_slope(rng, style, p, q, tip, tip, owner) for p, q in ((a, b), (b, c), (c, d), (d, a))]
    return [_dome(rng, style, cx, cz, half, h, owner, turn) for turn in (0.0, np.pi / 2)]


def _dome(rng, style, cx, cz, half, h, owner, turn):
    """A dome as two crossed pictures of it: right from the front and from the side, near enough between."""
    size, tall = 96, 120
    alpha, ramp = np.zeros((tall, size), np.float32), np.linspace(-1, 1, size, dtype=np.float32)
    cv2.ellipse(alpha, (size // 2, tall), (size // 2 - 2, int(tall * 0.78)), 0, 180, 360, 1.0, -1)
    cv2.rectangle(alpha, (size // 2 - 2, 2), (size // 2 + 2, tall // 2), 1.0, -1)
    ribs = 0.8 + 0.2 * np.cos(np.arcsin(ramp.clip(-0.99, 0.99)) * 10)
    surface = np.asarray(style.roof, np.float32) * ((1.15 - 0.5 * (ramp + 0.3) ** 2) * ribs)[None, :, None]
    surface = np.broadcast_to(surface, (tall, size, 3)) * (0.9 + 0.2 * rng.random((tall, 1, 1), dtype=np.float32))
    dx, dz = half * np.cos(turn), half * np.sin(turn)
    top = h + 2.4 * half
    corners = np.array([(cx - dx, top, cz - dz), (cx + dx, top, cz + dz), (cx + dx, h, cz + dz), (cx - dx, h, cz - dz)])
    outline = tuple((0.5 - 0.5 * np.cos(t), 1 - 0.78 * np.sin(t)) for t in np.linspace(0, np.pi, 13))
    return Quad(corners, Texture(surface.clip(0, 1), alpha), owner, flat=True, outline=outline)


def random_house(rng, x, z, plan=None):
    """A house of the town, the middle of its front at (x, z)."""
    return build(rng, random_style(rng), plan or random_plan(rng), x, z)
