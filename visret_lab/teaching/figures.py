"""Figures in one style: ranked lists, images side by side, distance maps. Colour is never the only carrier."""

import cv2
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

GREEN, RED, GREY, BLUE = "#1a7f4b", "#c8442f", "#7a7a7a", "#2c5aa0"
STYLE = {
    "figure.facecolor": "white", "axes.facecolor": "white", "savefig.facecolor": "white", "figure.dpi": 110,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.25,
    "axes.prop_cycle": plt.cycler(color=[BLUE, "#d98218", GREEN, "#8a4f9e", RED, "#5b5b5b"]),
    "font.size": 10, "axes.titlesize": 10, "legend.frameon": False, "image.cmap": "viridis",
}


def use_style():
    """Take the course's style for all figures that follow. Colours can be told apart with colour-blind eyes."""
    plt.rcParams.update(STYLE)


def show_images(images, titles=None, columns=6, width=9.5):
    """Images side by side, in rows.

    Args:
        images: list of uint8 H x W x 3, or float H x W (drawn in grey).
        titles: list of str, or None.
        columns: images a row.
        width: of the figure, in inches.

    Returns:
        matplotlib Figure.
    """
    if len(images) == 0:
        raise ValueError("There are no images to show.")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    h, w = np.shape(images[0])[:2]
    height = rows * (width / columns * min(h / w, 1.4) + (0.28 if titles else 0.05))
    figure, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False, layout="constrained")
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, title in zip(axes.flat, images, titles or [""] * len(images), strict=False):
        axis.imshow(image, cmap="gray" if np.ndim(image) == 2 else None)
        axis.set_title(title, fontsize=8)
    return figure


def heat(image, values, strength=0.65):
    """An image with a map laid over it: dark blue where the map is 0, yellow where it is largest.

    Args:
        image: uint8 H x W x 3. values: float h x w, not negative: what each part of the image is worth.
        strength: of the colours, 0 to 1.

    Returns:
        uint8 H x W x 3.

    Raises:
        ValueError: a map that is not h x w, or has negative or non-finite values.
    """
    values = np.asarray(values, np.float32)
    if values.ndim != 2 or not values.size or not np.isfinite(values).all() or values.min() < 0:
        raise ValueError(f"A map must be h x w with finite values of at least 0; got shape {values.shape}.")
    grown = cv2.resize(values / (values.max() or 1), image.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    colours = 255 * plt.get_cmap("viridis")(grown)[..., :3]
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]
    return np.uint8((1 - strength) * grey + strength * colours)


def cut_patch(image, point, side=48):
    """The patch around a local feature, turned upright, to be looked at.

    Args:
        image: uint8 H x W x 3.
        point: x, y, diameter, angle in degrees, as SIFT gives them. The patch is 6 diameters wide, as its descriptor sees it.
        side: of the result, in pixels.

    Returns:
        uint8 side x side x 3; black where the patch reaches beyond the image.
    """
    x, y, size, angle = (float(v) for v in point)
    turn = cv2.getRotationMatrix2D((x, y), angle, side / (6 * size))
    turn[:, 2] += side / 2 - np.array([x, y])
    return cv2.warpAffine(image, turn, (side, side))


def is_inside(image, point):
    """Whether the patch of `cut_patch` lies within the image, however it is turned."""
    x, y, size, _ = (float(v) for v in point)
    height, width = np.shape(image)[:2]
    return 3 * size * 2**0.5 <= min(x, width - x, y, height - y)


def show_ranking(dataset, query, ranking, k=6, relevance=None, title=""):
    """A ranked list: the query with its box, then the first k images with their verdict.

    Args:
        dataset: speaks protocols.Dataset.
        query: Query.
        ranking: int64 N, database ids, best first.
        relevance: Relevance; None takes the set's default protocol.

    Returns:
        matplotlib Figure. Green and a tick: positive. Red and a cross: negative. Grey and a circle: junk.
    """
    relevance = relevance or dataset.relevant(query, dataset.default_protocol)
    figure, axes = plt.subplots(1, k + 1, figsize=(9.5, 9.5 / (k + 1) + 0.35), layout="constrained")
    axes[0].imshow(dataset.image(query.image_id))
    if query.box is not None:
        x0, y0, x1, y1 = query.box
        axes[0].add_patch(plt.Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, color="#ffd21f", lw=2))
    axes[0].set_title("query", fontsize=8)
    for axis, image_id in zip(axes[1:], ranking[:k], strict=False):
        axis.imshow(dataset.image(dataset.ids[image_id]))
        word, color = verdict(image_id, relevance)
        axis.set_title({"positive": "✓", "junk": "○ junk", "negative": "✗"}[word], fontsize=8, color=color)
        for spine in axis.spines.values():
            spine.set(visible=True, color=color, linewidth=3)
    for axis in axes:
        axis.set(xticks=[], yticks=[])
        axis.grid(False)
    if title:
        figure.suptitle(title, fontsize=9, x=0.01, ha="left")
    return figure


def verdict(image_id, relevance):
    """("positive" | "junk" | "negative", its colour) for a database id."""
    if image_id in relevance.positive:
        return "positive", GREEN
    if image_id in relevance.junk:
        return "junk", GREY
    return "negative", RED


def distance_map(points, images, size=52, title=""):
    """Thumbnails at their places in a plane: near means alike.

    Args:
        points: N x 2.
        images: list of N uint8 H x W x 3.
        size: of a thumbnail's longer side in pixels.

    Returns:
        matplotlib Figure.
    """
    points = np.asarray(points, float)
    if points.shape != (len(images), 2):
        raise ValueError(f"points must be {len(images)} x 2, one an image; got {points.shape}.")
    figure, axis = plt.subplots(figsize=(8.5, 6), layout="constrained")
    axis.scatter(points[:, 0], points[:, 1], s=1)
    for point, image in zip(points, images, strict=True):
        scale = size / max(image.shape[:2])
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        axis.add_artist(AnnotationBbox(OffsetImage(small, zoom=0.65), point, frameon=False))
    axis.margins(0.12)
    axis.set(title=title, xlabel="first axis", ylabel="second axis")
    return figure


def precision_recall(ranking, relevance):
    """Precision and recall after each image of a ranking, junk removed.

    Args:
        ranking: int64 N. relevance: Relevance.

    Returns:
        recall float64 M, precision float64 M.
    """
    kept = ranking[~np.isin(ranking, relevance.junk)]
    hits = np.cumsum(np.isin(kept, relevance.positive))
    return hits / max(len(relevance.positive), 1), hits / np.arange(1, len(kept) + 1)
