"""The picture of the front page."""

import cv2
import numpy as np
from matplotlib.colors import to_rgb

from visret_lab.arrays import rank
from visret_lab.datasets import load
from visret_lab.features import color, distances
from visret_lab.features.extract import extract
from visret_lab.teaching.figures import verdict


def write(folder):
    """Write front.png into `folder`, where it is not there."""
    folder.mkdir(exist_ok=True)
    if not (folder / "front.png").is_file():
        poster(folder / "front.png")


def poster(path, rows=3, columns=7):
    """Queries in yellow frames, each with the head of its ranked list by colour."""
    data = load("town", tier="mini")
    database = extract(data, color.histogram, "hsv histogram")
    queries = extract(data, color.histogram, "hsv histogram", queries=True)
    rankings = rank(-distances.chi_squared(queries, database))
    step = len(data.queries) // rows
    lines = []
    for q in range(0, step * rows, step):
        query = data.queries[q]
        tiles = [framed(data.image(query.image_id), "#ffd21f")]
        relevance = data.relevant(query, "classic")
        tiles += [framed(data.image(data.ids[i]), verdict(i, relevance)[1]) for i in rankings[q, :columns - 1]]
        lines.append(np.hstack(tiles))
    cv2.imwrite(str(path), np.vstack(lines)[..., ::-1])


def framed(image, color, size=(200, 150), border=6):
    """An image scaled to `size` in a frame of the given colour."""
    rgb = [int(255 * c) for c in to_rgb(color)]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    small = cv2.copyMakeBorder(small, *[border] * 4, cv2.BORDER_CONSTANT, value=rgb)
    return cv2.copyMakeBorder(small, *[4] * 4, cv2.BORDER_CONSTANT, value=[255, 255, 255])
