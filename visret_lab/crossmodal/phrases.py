"""Where in the picture is what a phrase names? Regions and phrases in one space (Plummer et al., ICCV 2015; Wang, Li, Lazebnik 2016).

    score(box, phrase) = cosine of z_x(box), z_y(phrase)

z are the two sides of a CCA or of two branches that learnt from boxes with their phrases. A box is right where its intersection with a
true box is at least half of their union.
"""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.cluster import KMeans

from visret_lab.training.boxes import box_iou

RIGHT = 0.5
SAME = 0.7  # a box that overlaps one with a higher score by more is the same answer once more


class Located(NamedTuple):
    """Phrases with their boxes. texts: list of str P. boxes: float64 P x 4 (x0, y0, x1, y1). owner: int64 P, the picture of each."""

    texts: list
    boxes: np.ndarray
    owner: np.ndarray


def located(data, rows):
    """The phrases of some pictures of a CaptionedSet that have a box; of several the first. owner counts in `rows`."""
    at = {int(row): i for i, row in enumerate(rows)}
    own = [p for p in data.phrases if p.image in at and len(p.boxes)]
    return Located([p.text.lower() for p in own], np.array([p.boxes[0] for p in own], np.float64).reshape(-1, 4),
                   np.array([at[p.image] for p in own], np.int64))


def common_sizes(boxes, count=12, seed=0):
    """Widths and heights that boxes have, by k-means of their logarithms: float64 count x 2. ValueError: fewer boxes than sizes."""
    sizes = np.asarray(boxes, np.float64)[:, 2:] - np.asarray(boxes, np.float64)[:, :2]
    if len(sizes) < count or (sizes <= 0).any():
        raise ValueError(f"{count} sizes need as many boxes, none of them empty; got {len(sizes)}.")
    return np.exp(KMeans(count, n_init=3, random_state=seed).fit(np.log(sizes)).cluster_centers_)


def proposals(height, width, sizes, step=0.4):
    """A grid of boxes of each size, `step` of a side apart: float64 R x 4, all inside the picture."""
    found = []
    for w, h in np.minimum(sizes, (width, height)):
        xs = np.linspace(0, width - w, int(np.ceil((width - w) / (step * w))) + 1)
        ys = np.linspace(0, height - h, int(np.ceil((height - h) / (step * h))) + 1)
        x, y = (a.ravel() for a in np.meshgrid(xs, ys))
        found.append(np.stack([x, y, x + w, y + h], axis=1))
    return np.concatenate(found)


def box_means(maps, boxes, height, width):
    """The mean of each channel inside each box, of maps of several layers, each of unit length, and where the box lies.

    Args:
        maps: list of float C x h x w, layers of one picture. boxes: float R x 4, pixels of a picture of height x width.

    Returns:
        float32 R x (sum of C + 4). Integral images make the cost of a box independent of its size.
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    parts = []
    for layer in maps:
        c, h, w = layer.shape
        sums = np.zeros((h + 1, w + 1, c))
        sums[1:, 1:] = np.asarray(layer, np.float64).cumsum(1).cumsum(2).transpose(1, 2, 0)
        grid = boxes * np.array([w / width, h / height, w / width, h / height])
        x0, y0 = (np.clip(np.floor(v).astype(int), 0, n - 1) for v, n in ((grid[:, 0], w), (grid[:, 1], h)))
        x1, y1 = (np.clip(np.ceil(v).astype(int), a + 1, n) for v, a, n in ((grid[:, 2], x0, w), (grid[:, 3], y0, h)))
        area = ((x1 - x0) * (y1 - y0))[:, None]
        mean = (sums[y1, x1] - sums[y0, x1] - sums[y1, x0] + sums[y0, x0]) / area
        parts.append(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9))
    return np.hstack([*parts, boxes / (width, height, width, height)]).astype(np.float32)


@torch.inference_mode()
def layer_maps(backbone, image, layers=("conv3_2", "conv4_2")):
    """Maps of some layers of one picture: list of float32 C x h x w."""
    found = backbone.several(backbone.prepare(image), layers)
    return [found[layer][0].numpy() for layer in layers]


def best_boxes(scores, boxes, count=10, same=SAME):
    """The boxes of the highest scores, of which no two overlap by more than `same`: int64, at most `count`, best first."""
    order, kept = np.argsort(-scores, kind="stable")[: 40 * count], []
    for i in order:
        if not kept or overlap(boxes[kept], boxes[i]).max() <= same:
            kept.append(int(i))
            if len(kept) == count:
                break
    return np.array(kept, np.int64)


def overlap(boxes, box):
    """Intersection over union of boxes R x 4 with one: float64 R."""
    return box_iou(boxes, np.broadcast_to(box, np.shape(boxes)))
