"""What the runs of chapters 09 to 11 share: nearest neighbours among descriptors, and more to learn from than there are images."""

from typing import NamedTuple

import numpy as np

from visret_lab.encoding.unseen import remember, require_unseen
from visret_lab.evaluation import neighbour_recall
from visret_lab.search.exact import ExactIndex
from visret_lab.tables.experiments import aggregated

K = 10  # neighbours that are looked for


class Task(NamedTuple):
    """Nearest neighbours to be found among local descriptors.

    learn: float32 L x D, of another set. base: float32 N x D. queries: float32 Q x D. picture: int64 Q, the number of the query
    picture that a descriptor is of. true: int64 Q x 10, the exact neighbours, nearest first.
    """

    learn: np.ndarray
    base: np.ndarray
    queries: np.ndarray
    picture: np.ndarray
    true: np.ndarray


def descriptor_task(dataset, elsewhere, base, learn, each, seed=0):
    """A Task of RootSIFT descriptors.

    The queries are descriptors of every query, cut to its box. The database holds descriptors of images that are nobody's query
    picture: else each query would find itself. Equal rows of the database are one row. What is learnt is learnt from `elsewhere`.

    Args:
        base, learn: rows, at most. each: descriptors of a query, at most.

    Raises:
        ValueError: `elsewhere` shares images with `dataset`.
    """
    rng = np.random.default_rng(seed)
    own = {query.image_id for query in dataset.queries}
    here = [d for i, d in zip(dataset.ids, aggregated.local(dataset)[1], strict=True) if i not in own]
    rows = some(np.unique(np.concatenate(here), axis=0), base, rng)
    other = some(np.concatenate(aggregated.local(elsewhere)[1]), learn, rng)
    require_unseen(remember(other), [rows], "training set", name=dataset.name)
    asked = [some(d, each, rng) for d in aggregated.local(dataset, queries=True)[1]]
    queries = np.concatenate(asked)
    picture = np.repeat(np.arange(len(asked)), [len(d) for d in asked])
    return Task(other, rows, queries, picture, ExactIndex("l2").add(rows).search(queries, K)[1])


def some(rows, count, rng):
    """At most `count` rows, drawn at random, in random order."""
    return rows[rng.permutation(len(rows))[:count]]


def recall_by_picture(task, ids):
    """Share of the ten true neighbours among the ids that were found, for each query picture.

    Descriptors of one picture are not independent of each other; so an interval has to be drawn over pictures.

    Args:
        task: Task. ids: int64 Q x R; -1 where nothing was found.

    Returns:
        float64, one for each picture that has descriptors.
    """
    return by_picture(task, neighbour_recall(ids, task.true))


def by_picture(task, values):
    """Means of values of the queries, float Q, over each query picture that has any: float64."""
    count = np.bincount(task.picture)
    return np.bincount(task.picture, values)[count > 0] / count[count > 0]


def windows(points, descriptors, each, sides=(0.4, 0.9), least=20, seed=0):
    """Parts of images: the descriptors inside random windows.

    Args:
        points: list of float N_i x 4, x and y first. descriptors: list of float N_i x D, as many.
        each: windows that are drawn in an image.
        sides: smallest and largest share of the width, and of the height, that the points of the image cover.
        least: descriptors that a window must hold; others are left out.

    Yields:
        (number of the image, list of its windows' descriptors, float n x D each), for every image that has at least one window.
    """
    rng = np.random.default_rng(seed)
    for image, (place, rows) in enumerate(zip(points, descriptors, strict=True)):
        share, corner = rng.uniform(*sides, (each, 2)), rng.random((each, 2))
        if len(rows) < least:
            continue
        low, field = place[:, :2].min(axis=0), np.ptp(place[:, :2], axis=0)
        first = low + corner * (1 - share) * field
        inside = ((place[:, None, :2] >= first) & (place[:, None, :2] <= first + share * field)).all(axis=2)
        parts = [rows[mask] for mask in inside.T if mask.sum() >= least]
        if parts:
            yield image, parts
