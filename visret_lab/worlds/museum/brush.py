"""From a plain drawing to a painting: strokes that follow the forms, the light of a school, and the ground that it is painted on."""

import cv2
import numpy as np

from visret_lab.worlds.town.textures import noise


def paint(rng, drawing, author, technique):
    """Paint a drawing with an author's hand.

    Args:
        rng: numpy Generator. drawing: float32 S x S x 3 in [0, 1]. author: authors.Author. technique: a name of authors.TECHNIQUES.

    Returns:
        uint8 S x S x 3, RGB.
    """
    picture = strokes(rng, drawing, *author.stroke, author.loose)
    if technique in ("Tempera on wood", "Oil on panel"):  # smooth: most of the drawing shows
        picture = 0.35 * picture + 0.65 * drawing
    if technique in ("Watercolour on paper", "Pastel"):
        picture = 0.25 + 0.75 * cv2.GaussianBlur(picture, (0, 0), 1.0 if technique == "Pastel" else 1.6)
    picture = graded(picture, author.warm, author.vivid, author.dark)
    return np.clip(grounded(rng, picture, technique, author.period) * 255 + 0.5, 0, 255).astype(np.uint8)


def strokes(rng, drawing, length, width, loose):
    """Cover a drawing with strokes along its edges, each in the colour where it begins.

    Args:
        rng: numpy Generator. drawing: float32 S x S x 3. length, width: of a stroke, shares of the side. loose: 0 (each follows the form)
            to 1 (any direction).

    Returns:
        float32 S x S x 3.
    """
    side = len(drawing)
    grey = cv2.GaussianBlur(drawing.mean(axis=2), (0, 0), 2.0)
    gx, gy = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    along = np.arctan2(gx, -gy)  # along an edge, not across it
    thick, reach = max(1, round(width * side)), max(2.0, length * side)
    count = int(1.6 * side * side / (thick * reach))
    at = rng.integers(0, side, (count, 2))
    angle = along[at[:, 1], at[:, 0]] + loose * rng.normal(0, 1.2, count)
    color = np.clip(drawing[at[:, 1], at[:, 0]] * rng.uniform(0.93, 1.07, (count, 1)), 0, 1)
    step = 0.5 * reach * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    canvas = drawing.copy()
    for (x, y), (dx, dy), paint_ in zip(at, step, color, strict=True):
        cv2.line(canvas, (int(x - dx), int(y - dy)), (int(x + dx), int(y + dy)), paint_.tolist(), thick)
    return canvas


def graded(picture, warm, vivid, dark):
    """The light of a hand: warmer by `warm`, colours stronger by `vivid`, shadows lighter by `dark`."""
    grey = picture.mean(axis=2, keepdims=True)
    picture = grey + vivid * (picture - grey)
    return picture * np.float32([1 + warm, 1, 1 - warm]) + dark * (1 - grey)


def grounded(rng, picture, technique, period):
    """What it is painted on shows through: weave, wood, paper; old varnish is brown and cracked."""
    side = len(picture)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    if technique == "Oil on canvas":
        picture = picture * (1 + 0.035 * (np.sin(x * 2.1) + np.sin(y * 2.1)))[..., None]
    elif technique in ("Tempera on wood", "Oil on panel"):
        picture = picture * (1
                             + 0.05 * (noise(rng, side, side, 3, 2) + np.sin(y * 0.35 + 4 * noise(rng, side, side, 2, 2)) - 0.5))[..., None]
    else:
        picture = picture * (1 + 0.10 * (noise(rng, side, side, 7, 16) - 0.5))[..., None]
    age = max(0.0, 1 - period / 7)
    picture = picture * np.float32([1, 1 - 0.06 * age, 1 - 0.2 * age])
    if period <= 2 and technique != "Watercolour on paper":
        cracks = np.abs(noise(rng, side, side, 5, 10) - 0.5) < 0.006
        picture[cracks] *= 0.75
    return picture
