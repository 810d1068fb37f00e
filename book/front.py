"""The picture of the front page, and the timeline of methods."""

import cv2
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from visret_lab.arrays import rank  # noqa: E402
from visret_lab.datasets import load  # noqa: E402
from visret_lab.features import color, distances  # noqa: E402
from visret_lab.features.extract import extract  # noqa: E402
from visret_lab.teaching.figures import verdict  # noqa: E402

STEPS = ((1991, "colour\nhistograms"), (1999, "SIFT"), (2000, "earth\nmover"), (2001, "GIST"), (2003, "bag of\nwords"),
         (2007, "spatial\nverification"), (2010, "VLAD,\nFisher"), (2011, "product\nquantisation"), (2014, "neural\ncodes"),
         (2015, "SPoC"), (2016, "R-MAC,\nend to end"), (2017, "diffusion,\nHardNet"), (2019, "similarity\nnetworks"))


def write(folder):
    """Write front.png and timeline.svg into `folder`, where they are not there or older than this file."""
    folder.mkdir(exist_ok=True)
    for name, make in (("front.png", poster), ("timeline.svg", timeline)):
        if not (folder / name).is_file():
            make(folder / name)


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
    rgb = [int(255 * c) for c in matplotlib.colors.to_rgb(color)]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    small = cv2.copyMakeBorder(small, *[border] * 4, cv2.BORDER_CONSTANT, value=rgb)
    return cv2.copyMakeBorder(small, *[4] * 4, cv2.BORDER_CONSTANT, value=[255, 255, 255])


def timeline(path):
    """Methods of the course by year, on a line."""
    figure, axis = plt.subplots(figsize=(11, 2.6), layout="constrained")
    axis.axhline(0, color="#2c5aa0", lw=2)
    for i, (year, name) in enumerate(STEPS):
        side = 1 if i % 2 else -1
        axis.plot([i, i], [0, side * 0.35], color="#9a9a9a", lw=1)
        axis.plot(i, 0, "o", color="#2c5aa0")
        axis.annotate(f"{year}\n{name}", (i, side * 0.4), ha="center", va="bottom" if side > 0 else "top", fontsize=9)
    axis.set(ylim=(-1.5, 1.5), xlim=(-0.7, len(STEPS) - 0.3))
    axis.axis("off")
    figure.savefig(path, facecolor="white", metadata={"Date": None})
    plt.close(figure)
