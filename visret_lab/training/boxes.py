"""Where is the landmark? A box for each picture, from the points that match, made better by what the neighbours say.

A box is (x0, y0, x1, y1) in pixels. After Gordo et al., ECCV 2016 and IJCV 2017: the first box of a picture is the geometric median
of the boxes of its matched points, one an edge of the match graph (`first_boxes`); then boxes move along the edges by the affine maps
between the pictures, until nothing changes (`diffuse`). Where an edge has ten points and not hundreds, each of its boxes holds a part of
the landmark only; the box around the matched points of all edges is then the better start (`boxes_of_all`).
"""

import numpy as np

STEP = 0.1  # of the way to what the neighbours say, in each round


def geometric_median(points, tolerance=1e-3, rounds=200):
    """The point with the least sum of distances to the given ones (Weiszfeld, 1937), safe where it falls on one of them.

        y = argmin_y  sum_i ||x_i - y||_2

    Each round takes the mean of the points with weights 1 / ||x_i - y||. A point at y itself would get an infinite weight; it is left
    out and pulls back with a force of one (Vardi and Zhang, PNAS 2000).

    Args:
        points: float N x D, N of 1 or more. tolerance: stop when y moves less than this. rounds: at most so many.

    Returns:
        float64 D.

    Raises:
        ValueError: no point, or values that are not finite.
    """
    x = np.asarray(points, np.float64)
    if x.ndim != 2 or len(x) == 0 or not np.isfinite(x).all():
        raise ValueError(f"The median needs at least one point, N x D, all finite; got shape {x.shape}.")
    y = np.median(x, axis=0)
    for _ in range(rounds):
        gap = x - y
        far = np.linalg.norm(gap, axis=1)
        away = far > 1e-9
        if not away.any():
            return y
        weight = 1 / far[away]
        pull = (gap[away] * weight[:, None]).sum(axis=0)
        force = np.linalg.norm(pull)
        stays = (~away).sum()  # points at y hold it with a force of one each
        if force <= stays:
            return y
        move = (1 - stays / force) * pull / weight.sum()
        y = y + move
        if np.linalg.norm(move) < tolerance:
            break
    return y


def box_around(points):
    """The smallest box around points float K x 2 (or K x 4: x, y, ...). float64 4."""
    points = np.asarray(points, np.float64)[:, :2]
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def move_boxes(matrices, boxes):
    """Boxes as another picture sees them: the centre moves by the map, the sides are scaled by it.

        centre' = A centre + t,    width' = width ||A e_x||,    height' = height ||A e_y||

    A box around the four moved corners would grow at every turn of the camera, there and on the way back; this one does not.

    Args:
        matrices: float64 E x 2 x 3. boxes: float64 E x 4.

    Returns:
        float64 E x 4.
    """
    matrices, boxes = np.asarray(matrices, np.float64), np.asarray(boxes, np.float64)
    middle, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    middle = np.einsum("eij,ej->ei", matrices[:, :, :2], middle) + matrices[:, :, 2]
    sides = sides * np.linalg.norm(matrices[:, :, :2], axis=1)
    return np.concatenate([middle - sides / 2, middle + sides / 2], axis=1)


def first_boxes(count, images, boxes):
    """The geometric median of the boxes of each picture.

    Args:
        count: number of pictures. images: int M, whose box it is. boxes: float M x 4.

    Returns:
        float64 count x 4; NaN for a picture without a box.
    """
    found = np.full((count, 4), np.nan)
    for image in np.unique(images):
        found[image] = geometric_median(boxes[images == image])
    return found


def boxes_of_all(count, images, boxes):
    """The smallest box around all boxes of each picture: around the matched points of all its edges. Arguments as `first_boxes`."""
    found = np.full((count, 4), np.nan)
    for image in np.unique(images):
        own = boxes[images == image]
        found[image] = np.concatenate([own[:, :2].min(axis=0), own[:, 2:].max(axis=0)])
    return found


def diffuse(boxes, sources, targets, matrices, step=STEP, tolerance=0.25, rounds=100):
    """Let the boxes move along the edges until they agree.

        B_j <- median over edges (i, j) of  (1 - step) B_j + step A_ij B_i

    The median is the geometric one: an edge whose map is wrong cannot carry a box away.

    Args:
        boxes: float N x 4. sources, targets: int E, each edge in both directions. matrices: float E x 2 x 3, from source to target.
        step: how far a round goes. tolerance: stop when no side of a box moves more pixels than this. rounds: at most so many.

    Returns:
        list of float64 N x 4: the boxes before the first round and after each; the last is the answer. Pictures without an edge
        keep their box.

    Raises:
        ValueError: a step outside (0, 1], or an edge at a picture without a box.
    """
    sources, targets = np.asarray(sources, np.int64), np.asarray(targets, np.int64)
    history = [np.array(boxes, np.float64)]
    if not 0 < step <= 1:
        raise ValueError(f"step must be in (0, 1], not {step}: 0 moves nothing, 1 forgets the own box.")
    if not np.isfinite(history[0][np.r_[sources, targets]]).all():
        raise ValueError("An edge ends at a picture without a box. Start from first_boxes of the same edges.")
    for _ in range(rounds):
        now = history[-1]
        said = (1 - step) * now[targets] + step * move_boxes(matrices, now[sources])
        new = now.copy()
        for image in np.unique(targets):
            new[image] = geometric_median(said[targets == image], tolerance / 10)
        history.append(new)
        if len(targets) == 0 or np.nanmax(np.abs(new - now)) < tolerance:
            break
    return history


def clip_boxes(boxes, sizes):
    """Cut boxes N x 4 to their pictures, sizes N x 2 (width, height). float64 N x 4; NaN stays."""
    boxes, limit = np.asarray(boxes, np.float64), np.asarray(sizes, np.float64)
    return np.clip(boxes, 0, np.concatenate([limit, limit], axis=1))


def box_iou(a, b):
    """Intersection over union of boxes N x 4 and N x 4. float64 N; NaN where a box is, 0 where both are empty."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    common = np.maximum(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0).prod(axis=1)
    union = (a[:, 2:] - a[:, :2]).prod(axis=1) + (b[:, 2:] - b[:, :2]).prod(axis=1) - common
    return np.divide(common, union, out=np.where(np.isfinite(union), 0.0, np.nan), where=union > 0)
