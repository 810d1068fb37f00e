"""Surfaces of the town: brick, stone, plaster, tiles, paving. All procedural; a texture is float32 H x W x 3 in [0, 1]."""

import cv2
import numpy as np


def noise(rng, height, width, octaves=5, base=4):
    """Fractal value noise in [0, 1], float32 H x W: octaves of random grids, enlarged and added with halving weights."""
    field = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        cells = base * 2**octave
        grid = rng.random((max(2, cells * height // max(height, width)) + 1, cells + 1), dtype=np.float32)
        field += cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC) * 0.5**octave
    low, high = field.min(), field.max()
    return (field - low) / (high - low + 1e-9)


def tint(field, color, depth=0.3):
    """Colour a field in [0, 1]: `color` (3 numbers in [0, 1]) times 1 - depth/2 .. 1 + depth/2."""
    return np.clip(np.asarray(color, np.float32) * (1 + depth * (field[..., None] - 0.5)), 0, 1).astype(np.float32)


def courses(rng, height, width, color, rows, aspect, joint=0.8, spread=0.25):
    """Rows of bricks or stone blocks with mortar between, every second row shifted by half a block."""
    surface = np.full((height, width, 3), np.clip(np.asarray(color) * joint + 0.08, 0, 1), np.float32)
    row_height = height / rows
    block = row_height * aspect
    for row in range(rows):
        y0, y1 = int(row * row_height), int((row + 1) * row_height) - 1
        x = -rng.uniform(0.3, 0.7) * block if row % 2 else -rng.uniform(0, 0.2) * block
        while x < width:
            step = block * rng.uniform(0.85, 1.15)
            shade = np.asarray(color) * (1 + spread * rng.uniform(-1, 1)) + rng.uniform(-0.02, 0.02, 3)
            cv2.rectangle(surface, (int(x), y0), (int(x + step) - 2, y1 - 1), np.clip(shade, 0, 1).tolist(), -1)
            x += step
    return np.clip(surface * (0.85 + 0.3 * noise(rng, height, width)[..., None]), 0, 1)


def plaster(rng, height, width, color):
    """Painted plaster: soft stains, streaks that run down, darker at the foot."""
    field = 0.6 * noise(rng, height, width) + 0.4 * cv2.resize(rng.random((1, width // 6 + 2), dtype=np.float32), (width, height))
    grain = rng.normal(0, 0.02, (height, width)).astype(np.float32)
    foot = np.linspace(0, 1, height, dtype=np.float32)[:, None] ** 6 * 0.25
    return np.clip(tint(field, color, 0.22) * (1 - foot[..., None]) + grain[..., None], 0, 1)


def half_timber(rng, height, width, color, beams):
    """Plaster between dark beams, some of them slanted."""
    surface = plaster(rng, height, width, color)
    beam = (0.22, 0.15, 0.10)
    thick = max(3, height // 45)
    for y in np.linspace(0, height - 1, beams + 1).astype(int):
        cv2.line(surface, (0, int(y)), (width, int(y)), beam, thick)
    xs = np.linspace(0, width - 1, beams * 2 + 1).astype(int)
    for x in xs:
        cv2.line(surface, (int(x), 0), (int(x), height), beam, thick)
    step = height // beams
    for left, right in zip(xs[:-1], xs[1:], strict=True):
        if rng.random() < 0.4:
            y = int(rng.integers(0, beams)) * step
            ends = (int(left), y + step), (int(right), y)
            cv2.line(surface, ends[0], ends[1], beam, thick)
    return surface


def wall(rng, height, width, material, color):
    """A wall without openings. `material` is "brick", "stone", "timber" or "plaster"."""
    if material == "brick":
        return courses(rng, height, width, color, rows=max(8, height // 9), aspect=2.6)
    if material == "stone":
        return courses(rng, height, width, color, rows=max(5, height // 22), aspect=1.9, spread=0.14)
    if material == "timber":
        return half_timber(rng, height, width, color, beams=max(2, height // 90))
    return plaster(rng, height, width, color)


def tiles(rng, height, width, color):
    """Roof tiles: rows that overlap, each darker at its lower edge, single tiles replaced."""
    rows, columns = max(6, height // 12), max(8, width // 12)
    shade = rng.normal(1, 0.12, (rows, columns)).astype(np.float32)
    shade = cv2.resize(shade, (width, height), interpolation=cv2.INTER_NEAREST)
    y = np.arange(height, dtype=np.float32) % (height / rows) / (height / rows)
    return np.clip(np.asarray(color, np.float32) * (shade * (1.1 - 0.45 * y[:, None]))[..., None], 0, 1)


def ground(rng, size, kind):
    """A square of ground that can be repeated: "paving", "grass" or "road"."""
    field = noise(rng, size, size)
    field = 0.25 * (field + field[::-1] + field[:, ::-1] + field[::-1, ::-1])  # symmetric, so the edges meet
    if kind == "grass":
        blades = rng.normal(0, 0.05, (size, size, 1)).astype(np.float32)
        return np.clip(tint(field, (0.28, 0.42, 0.16), 0.7) + blades, 0, 1)
    if kind == "road":
        surface = tint(field, (0.30, 0.30, 0.31), 0.3) + rng.normal(0, 0.03, (size, size, 1)).astype(np.float32)
        return np.clip(surface, 0, 1)
    stones = courses(rng, size, size, (0.58, 0.55, 0.50), rows=16, aspect=1.0, spread=0.12)
    return np.clip(stones * (0.8 + 0.4 * field[..., None]), 0, 1)
