"""A colour signature: the few colours an image is made of, and how much of it each of them covers.

Source: Y. Rubner, C. Tomasi, L. Guibas, The earth mover's distance as a metric for image retrieval, IJCV 2000.
"""

import numpy as np

from visret_lab.features.color_spaces import rgb_to_lab


def signature(image, rng, colors=8, pixels=2048, rounds=10):
    """Cluster the colours of an image in CIE L*a*b* by k-means.

    Args:
        image: uint8 H x W x 3, RGB.
        rng: numpy.random.Generator; it chooses the pixels that are looked at and the first centres.
        colors: number of clusters.
        pixels: at most so many pixels are clustered.
        rounds: rounds of k-means.

    Returns:
        float32 colors x 4: weight, L, a, b; heaviest first. Weights sum to 1; a cluster that stayed empty (an image
        with fewer colours) has weight 0.

    Raises:
        ValueError: an image of another form, or fewer than one colour.
    """
    if colors < 1:
        raise ValueError(f"A signature needs at least one colour; got {colors}.")
    lab = _sample(image, rng, pixels)
    centres = _spread(lab, colors, rng)
    for _ in range(rounds):
        nearest = _nearest(lab, centres)
        count = np.bincount(nearest, minlength=colors)
        sums = np.stack([np.bincount(nearest, weights=lab[:, c], minlength=colors) for c in range(3)], axis=1)
        centres = np.where(count[:, None] > 0, sums / np.maximum(count, 1)[:, None], centres)
    weights = np.bincount(_nearest(lab, centres), minlength=colors) / len(lab)
    order = np.argsort(-weights, kind="stable")
    return np.column_stack([weights, centres])[order].astype(np.float32)


def _sample(image, rng, pixels):
    flat = np.asarray(image).reshape(1, -1, 3) if np.ndim(image) == 3 and np.shape(image)[2] == 3 else image
    if flat is not image and flat.shape[1] > pixels:
        flat = flat[:, np.sort(rng.choice(flat.shape[1], pixels, replace=False))]
    return rgb_to_lab(flat).reshape(-1, 3)


def _spread(points, count, rng):
    """First centres as in k-means++: each new one is drawn with odds growing with its squared distance."""
    centres = [points[rng.integers(len(points))]]
    while len(centres) < count:
        gap = ((points[:, None] - np.array(centres)[None]) ** 2).sum(axis=2).min(axis=1).astype(np.float64)
        odds = gap / gap.sum() if gap.sum() > 0 else None
        centres.append(points[rng.choice(len(points), p=odds)])
    return np.array(centres, dtype=np.float64)


def _nearest(points, centres):
    return ((centres**2).sum(axis=1) - 2 * points @ centres.T).argmin(axis=1)
