"""Six points and three centres in the plane: the exercise that is done by hand, on a whiteboard, for words and for VLAD."""

import matplotlib.pyplot as plt
import numpy as np

from visret_lab.encoding.vocabulary import lloyd
from visret_lab.teaching.figures import BLUE, GREEN, GREY

ORANGE = "#d98218"
COLORS, MARKERS = (BLUE, ORANGE, GREEN), ("o", "s", "^")


def six_points():
    """The descriptors of one image and a vocabulary of three words, with numbers that are easy by hand.

    No point lies equally far from two centres, and the words get three, two and one of the points.

    Returns:
        points float64 6 x 2, centers float64 3 x 2.
    """
    points = np.array([[1, 1], [2, 1], [1, 3], [6, 1], [8, 2], [5, 7]], float)
    centers = np.array([[2, 2], [7, 2], [4, 6]], float)
    return points, centers


def nearest(points, centers):
    """int64 N: the nearest centre of each point, the lower number where two are equally near."""
    squared = ((np.asarray(points, float)[:, None] - np.asarray(centers, float)[None]) ** 2).sum(-1)
    return squared.argmin(axis=1)


def draw(points, centers, residuals=False, axis=None):
    """Draw points and centres on squared paper, each point named x1, x2, ..., each centre c1, c2, c3.

    Args:
        points: float N x 2.
        centers: float K x 2, K at most 3.
        residuals: also draw an arrow from the nearest centre to each point; without it, the drawing does not give the
            answer away.
        axis: matplotlib axis, or None for a new figure.

    Returns:
        matplotlib Figure.

    Raises:
        ValueError: more than three centres, or arrays that are not N x 2.
    """
    points, centers = np.asarray(points, float), np.asarray(centers, float)
    if points.ndim != 2 or centers.ndim != 2 or points.shape[1] != 2 or centers.shape[1] != 2:
        raise ValueError(f"The whiteboard is a plane: points and centers must be N x 2; got {points.shape} and {centers.shape}.")
    if len(centers) > len(COLORS):
        raise ValueError(f"There are colours and marks for {len(COLORS)} centres, not for {len(centers)}.")
    if axis is None:
        _, axis = plt.subplots(figsize=(5.2, 4.6), layout="constrained")
    if residuals:
        for point, k in zip(points, nearest(points, centers), strict=True):
            axis.annotate("", point, centers[k], arrowprops={"arrowstyle": "->", "color": COLORS[k], "lw": 1.8})
    axis.scatter(*points.T, s=36, color="black", zorder=3)
    for i, point in enumerate(points):
        # Behind the tip of the arrow, where no line runs.
        away = point - centers[nearest(points, centers)[i]] if residuals else np.ones(2)
        axis.annotate(f"x{i + 1}", point, xytext=12 * away / max(np.linalg.norm(away), 1e-9), textcoords="offset points", ha="center",
                      va="center")
    for k, center in enumerate(centers):
        axis.scatter(*center, s=130, color=COLORS[k], marker=MARKERS[k], edgecolor="black", zorder=2)
        axis.annotate(f"c{k + 1}", center, xytext=(8, -13), textcoords="offset points", color=COLORS[k], weight="bold")
    _squared_paper(axis, np.concatenate([points, centers]))
    return axis.figure


def _squared_paper(axis, every):
    low, high = np.floor(every.min(axis=0)) - 1, np.ceil(every.max(axis=0)) + 1
    axis.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=np.arange(low[0], high[0] + 1),
             yticks=np.arange(low[1], high[1] + 1), aspect="equal")
    axis.grid(True, color=GREY, alpha=0.35)


def draw_rounds(points, centers, rounds=(0, 1, 2, 5)):
    """k-means at work: the state after some of its rounds, side by side.

    Args:
        points: float N x 2.
        centers: float K x 2, the first centres.
        rounds: which rounds to draw; 0 is the start, with each point given to its nearest first centre.

    Returns:
        matplotlib Figure. A cross is a centre, a line the way that it has gone since the start.
    """
    figure, axes = plt.subplots(1, len(rounds), figsize=(9.5, 2.9), layout="constrained", sharex=True, sharey=True)
    path = [np.asarray(centers, float)] + [lloyd(points, centers, n)[0] for n in range(1, max(rounds) + 1)]
    for axis, n in zip(np.atleast_1d(axes), rounds, strict=True):
        label = nearest(points, path[n])
        for k in range(len(centers)):
            axis.scatter(*points[label == k].T, s=9, color=f"C{k}", marker=MARKERS[k % 3])
        for way in np.stack(path[: n + 1], axis=1):
            axis.plot(*way.T, color="black", lw=1)
        axis.scatter(*path[n].T, s=110, marker="X", color="black", edgecolor="white", zorder=3)
        axis.set(title=f"round {n}", aspect="equal", xticks=[], yticks=[])
        axis.grid(False)
    return figure
