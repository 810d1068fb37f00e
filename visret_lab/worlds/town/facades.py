"""Facades: a wall with windows, doors, cornices and the things by which a building is known.

A facade is (albedo, glow): float32 H x W x 3 in [0, 1] and float32 H x W, the light that its windows give at night.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from visret_lab.worlds.town.textures import wall

PIXELS_A_METRE = 22
FLOOR = 3.4  # metres


@dataclass(frozen=True)
class Style:
    """What an architect keeps from house to house: material, colours, the shape of windows, the love of ornament."""

    material: str
    color: tuple[float, float, float]
    trim: tuple[float, float, float]
    roof: tuple[float, float, float]
    accent: tuple[float, float, float]
    window: str
    ornament: float


WALLS = {
    "brick": ((0.60, 0.28, 0.20), (0.70, 0.42, 0.28), (0.48, 0.26, 0.22), (0.66, 0.55, 0.40)),
    "stone": ((0.72, 0.66, 0.54), (0.60, 0.59, 0.56), (0.76, 0.60, 0.46), (0.52, 0.48, 0.44)),
    "plaster": ((0.86, 0.76, 0.52), (0.82, 0.62, 0.54), (0.68, 0.76, 0.78), (0.88, 0.86, 0.80), (0.66, 0.74, 0.58)),
    "timber": ((0.90, 0.86, 0.76), (0.84, 0.72, 0.56)),
}
ROOFS = ((0.56, 0.26, 0.18), (0.36, 0.38, 0.42), (0.30, 0.46, 0.42), (0.46, 0.34, 0.28))


def random_style(rng):
    """Draw the style of an architect."""
    material = str(rng.choice(list(WALLS)))
    color = np.asarray(WALLS[material][rng.integers(len(WALLS[material]))]) + rng.uniform(-0.05, 0.05, 3)
    trim = np.clip(color * rng.choice([0.55, 1.35]) + rng.uniform(-0.05, 0.05, 3), 0.05, 0.95)
    accent = cv2.cvtColor(np.float32([[[rng.uniform(0, 360), rng.uniform(0.5, 0.9), rng.uniform(0.45, 0.85)]]]), cv2.COLOR_HSV2RGB)
    window = str(rng.choice(["square", "arch", "pair", "gothic", "round"]))
    return Style(
        material, tuple(np.clip(color, 0, 1).tolist()), tuple(trim.tolist()), ROOFS[rng.integers(len(ROOFS))],
        tuple(accent[0, 0].tolist()), window, float(rng.uniform(0.2, 1)),
    )


def facade(rng, style, width, height, front=False, signature=None):
    """Paint one facade.

    Args:
        rng: numpy Generator.
        style: Style.
        width, height: metres.
        front: whether it has the entrance (and, for a landmark, its signature).
        signature: None, or what makes a landmark known: "rose", "clock", "mural", "banners", "mosaic", "arms".

    Returns:
        albedo float32 H x W x 3, glow float32 H x W.
    """
    w, h = int(width * PIXELS_A_METRE), int(height * PIXELS_A_METRE)
    albedo, glow = wall(rng, h, w, style.material, style.color), np.zeros((h, w), np.float32)
    floors = max(1, round(height / FLOOR))
    bay = rng.uniform(2.2, 3.4)
    columns = max(1, round(width / bay))
    for floor in range(floors):
        _floor(rng, albedo, glow, style, floor, floors, columns, front)
    _trim(rng, albedo, style, floors, columns)
    if signature:
        _signature(rng, albedo, glow, style, signature, floors)
    return albedo, glow


def _floor(rng, albedo, glow, style, floor, floors, columns, front):
    h, w = glow.shape
    fh, cw = h / floors, w / columns
    top = (floors - 1 - floor) * fh
    door = columns // 2 if front else -1
    shop = floor == 0 and rng.random() < 0.35
    kind = style.window if floor else "arch" if style.ornament > 0.6 else style.window
    for column in range(columns):
        cx = (column + 0.5) * cw
        if floor == 0 and column == door:
            opening(rng, albedo, glow, "arch", cx, top + 0.56 * fh, 0.36 * cw, 0.88 * fh, style, door=True)
        elif shop:
            opening(rng, albedo, glow, "square", cx, top + 0.6 * fh, 0.4 * cw, 0.62 * fh, style)
            _awning(albedo, cx, top + 0.22 * fh, 0.44 * cw, 0.16 * fh, style)
        else:
            opening(rng, albedo, glow, kind, cx, top + 0.5 * fh, min(0.3 * cw, 0.32 * fh), 0.56 * fh, style)


def opening(rng, albedo, glow, kind, cx, cy, half, tall, style, door=False):
    """Cut a window or a door: frame, dark glass with a reflection, bars, sill, sometimes shutters or light inside."""
    x0, x1, y0, y1 = cx - half, cx + half, cy - tall / 2, cy + tall / 2
    mask = np.zeros(glow.shape, np.uint8)
    outer = np.zeros(glow.shape, np.uint8)
    rim = max(2, 0.16 * half)
    _shape(mask, kind, x0, x1, y0, y1)
    _shape(outer, kind, x0 - rim, x1 + rim, y0 - rim, y1 + (0 if door else rim))
    albedo[outer > 0] = style.trim
    inside = mask > 0
    if door:
        albedo[inside] = np.asarray(style.accent) * 0.6
        cv2.line(albedo, (int(cx), int(y0)), (int(cx), int(y1)), (0.1, 0.08, 0.06), 2)
        for y in np.linspace(y0 + tall * 0.3, y1, 4):
            cv2.line(albedo, (int(x0), int(y)), (int(x1), int(y)), tuple((np.asarray(style.accent) * 0.4).tolist()), 1)
        return
    ramp = np.linspace(0.34, 0.12, glow.shape[0], dtype=np.float32)[:, None, None] * np.float32([0.8, 0.95, 1.15])
    glass = np.broadcast_to(ramp * rng.uniform(0.6, 1.4), albedo.shape)
    albedo[inside] = glass[inside]
    if rng.random() < 0.45:
        glow[inside] = rng.uniform(0.5, 1.0)
    bars = tuple(np.clip(np.asarray(style.trim) * 1.1, 0, 1).tolist())
    cv2.line(albedo, (int(cx), int(y0)), (int(cx), int(y1)), bars, max(1, int(half / 8)))
    cv2.line(albedo, (int(x0), int(cy)), (int(x1), int(cy)), bars, max(1, int(half / 8)))
    sill = int(y1 + rim)
    cv2.rectangle(albedo, (int(x0 - 2 * rim), sill), (int(x1 + 2 * rim), sill + max(2, int(rim))), bars, -1)
    if kind == "square" and style.ornament > 0.45:
        for side in (x0 - rim - half * 0.8, x1 + rim):
            cv2.rectangle(albedo, (int(side), int(y0)), (int(side + half * 0.8), int(y1)), style.accent, -1)
            for y in np.arange(y0, y1, 4):
                cv2.line(albedo, (int(side), int(y)), (int(side + half * 0.8), int(y)), tuple(0.6 * c for c in style.accent), 1)


def _shape(mask, kind, x0, x1, y0, y1):
    x0, x1, y0, y1 = (int(round(v)) for v in (x0, x1, y0, y1))
    half = max(1, (x1 - x0) // 2)
    if kind == "round":
        cv2.circle(mask, ((x0 + x1) // 2, (y0 + y1) // 2), half, 1, -1)
    elif kind == "pair":
        gap = max(1, half // 5)
        cv2.rectangle(mask, (x0, y0), ((x0 + x1) // 2 - gap, y1), 1, -1)
        cv2.rectangle(mask, ((x0 + x1) // 2 + gap, y0), (x1, y1), 1, -1)
    elif kind == "arch":
        cv2.rectangle(mask, (x0, y0 + half), (x1, y1), 1, -1)
        cv2.ellipse(mask, ((x0 + x1) // 2, y0 + half), (half, half), 0, 180, 360, 1, -1)
    elif kind == "gothic":
        points = np.array([[x0, y1], [x0, y0 + 2 * half], [x0 + half // 2, y0 + half // 2], [(x0 + x1) // 2, y0],
                           [x1 - half // 2, y0 + half // 2], [x1, y0 + 2 * half], [x1, y1]])
        cv2.fillPoly(mask, [points], 1)
    else:
        cv2.rectangle(mask, (x0, y0), (x1, y1), 1, -1)


def _awning(albedo, cx, top, half, tall, style):
    stripes = 8
    for i in range(stripes):
        color = style.accent if i % 2 else (0.92, 0.9, 0.85)
        x0, x1 = cx - half + 2 * half * i / stripes, cx - half + 2 * half * (i + 1) / stripes
        cv2.rectangle(albedo, (int(x0), int(top)), (int(x1), int(top + tall)), color, -1)


def _trim(rng, albedo, style, floors, columns):
    h, w = albedo.shape[:2]
    light = tuple(np.clip(np.asarray(style.trim) * 1.1, 0, 1).tolist())
    dark = tuple((np.asarray(style.trim) * 0.55).tolist())
    thick = max(3, h // 40)
    cv2.rectangle(albedo, (0, 0), (w, thick * 2), light, -1)
    for x in range(0, w, max(6, thick * 2)):  # dentils below the cornice
        cv2.rectangle(albedo, (x, thick * 2), (x + thick, thick * 3), dark, -1)
    if style.ornament > 0.4:
        for floor in range(1, floors):
            y = int(floor * h / floors)
            cv2.rectangle(albedo, (0, y), (w, y + thick // 2 + 1), light, -1)
    if style.ornament > 0.7:
        for column in range(columns + 1):
            x = int(column * w / columns)
            cv2.rectangle(albedo, (x - thick, thick * 2), (x + thick, h), light, -1)
            cv2.line(albedo, (x + thick, thick * 2), (x + thick, h), dark, 2)
    cv2.rectangle(albedo, (0, h - thick * 2), (w, h), dark, -1)


def _signature(rng, albedo, glow, style, signature, floors):
    h, w = glow.shape
    cx, cy, radius = w / 2, 0.5 * h / floors, 0.42 * min(h / floors, w)
    if floors > 2:
        cy, radius = 0.85 * h / floors, 0.75 * min(h / floors, w / 2)
    center = int(cx), int(cy)
    light = tuple(np.clip(np.asarray(style.trim) * 1.2, 0, 1).tolist())
    if signature in ("rose", "clock"):
        cv2.circle(albedo, center, int(radius), light, -1)
        cv2.circle(albedo, center, int(radius * 0.86), style.accent if signature == "rose" else (0.95, 0.94, 0.88), -1)
        spokes = int(rng.integers(8, 17)) if signature == "rose" else 12
        for angle in np.arange(spokes) * 2 * np.pi / spokes:
            tip = int(cx + radius * 0.82 * np.sin(angle)), int(cy - radius * 0.82 * np.cos(angle))
            if signature == "rose":
                cv2.line(albedo, center, tip, light, max(2, int(radius / 14)))
                cv2.circle(albedo, (int((tip[0] + cx) / 2), int((tip[1] + cy) / 2)), int(radius / 7), (0.15, 0.2, 0.5), -1)
            else:
                cv2.circle(albedo, tip, max(2, int(radius / 16)), (0.1, 0.1, 0.1), -1)
        if signature == "clock":
            for angle, length in ((rng.uniform(0, 6.28), 0.5), (rng.uniform(0, 6.28), 0.72)):
                tip = int(cx + radius * length * np.sin(angle)), int(cy - radius * length * np.cos(angle))
                cv2.line(albedo, center, tip, (0.05, 0.05, 0.05), max(3, int(radius / 10)))
            cv2.circle(glow, center, int(radius * 0.86), 0.7, -1)
        return
    x0, x1, y0, y1 = _panel(w, h, floors, signature)
    if signature == "banners":
        for x in np.linspace(0.14 * w, 0.86 * w, 4):
            hue = style.accent if rng.random() < 0.6 else tuple(rng.uniform(0.2, 0.9, 3).tolist())
            cv2.rectangle(albedo, (int(x - 0.05 * w), int(y0)), (int(x + 0.05 * w), int(y1)), hue, -1)
            _emblem(rng, albedo, x, (y0 + y1) / 2, 0.04 * w)
        return
    panel = albedo[int(y0):int(y1), int(x0):int(x1)]
    if signature == "mosaic":
        cells = rng.random((9, 21, 3), dtype=np.float32) * 0.4 + 0.6 * np.float32(style.accent)
        panel[:] = cv2.resize(cells, panel.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    else:
        panel[:] = cv2.resize(rng.random((3, 5, 3), dtype=np.float32), panel.shape[1::-1], interpolation=cv2.INTER_CUBIC).clip(0.1, 0.95)
        for _ in range(14 if signature == "mural" else 5):
            _emblem(rng, panel, rng.uniform(0, panel.shape[1]), rng.uniform(0, panel.shape[0]), rng.uniform(0.06, 0.22) * panel.shape[0])
    cv2.rectangle(albedo, (int(x0), int(y0)), (int(x1), int(y1)), light, 3)


def _panel(w, h, floors, signature):
    if signature == "mural":
        return 0.2 * w, 0.8 * w, 0.12 * h, 0.62 * h
    if signature == "mosaic":
        return 0.04 * w, 0.96 * w, 0.06 * h, 0.06 * h + 0.5 * h / floors
    return 0.34 * w, 0.66 * w, 0.1 * h, 0.1 * h + 0.9 * h / floors


def _emblem(rng, image, x, y, radius):
    color = tuple(rng.uniform(0.05, 0.98, 3).tolist())
    kind = rng.integers(3)
    radius = max(2, int(radius))
    if kind == 0:
        cv2.circle(image, (int(x), int(y)), radius, color, -1)
        cv2.circle(image, (int(x), int(y)), radius // 2, tuple(rng.uniform(0.05, 0.98, 3).tolist()), -1)
    elif kind == 1:
        angles = np.arange(10) * np.pi / 5 + rng.uniform(0, 6)
        reach = np.where(np.arange(10) % 2, radius * 0.45, radius)
        star = np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], 1).astype(np.int32)
        cv2.fillPoly(image, [star], color)
    else:
        points = np.stack([x + rng.uniform(-1, 1, 5) * radius, y + rng.uniform(-1, 1, 5) * radius], 1).astype(np.int32)
        cv2.fillConvexPoly(image, cv2.convexHull(points), color)
