"""What chapters 09 to 11 share: tasks of descriptors, recall by picture, windows."""

import numpy as np
import pytest

from visret_lab.datasets import load
from visret_lab.tables.experiments import aggregated
from visret_lab.tables.experiments.neighbours import Task, by_picture, descriptor_task, recall_by_picture, some, windows


@pytest.fixture(scope="module")
def task():
    return descriptor_task(load("town", tier="mini"), load("elsewhere", tier="mini"), base=3000, learn=500, each=3)


def test_a_task_is_what_it_says(task):
    assert task.base.shape == (3000, 128) and task.learn.shape == (500, 128) and len(task.queries) == len(task.picture) <= 165
    away = ((task.queries[:20, None] - task.base[None]) ** 2).sum(2)
    assert np.allclose(np.sort(away, axis=1)[:, :10], np.take_along_axis(away, task.true[:20], 1), atol=1e-5)
    assert len(np.unique(task.base, axis=0)) == 3000


def test_no_query_finds_its_own_picture(task):
    town = load("town", tier="mini")
    everything = descriptor_task(town, load("elsewhere", tier="mini"), base=10**7, learn=100, each=3).base
    own = {query.image_id for query in town.queries}
    mine = np.concatenate([d for i, d in zip(town.ids, aggregated.local(town)[1], strict=True) if i in own])
    held = {row.tobytes() for row in everything}
    assert sum(row.tobytes() in held for row in mine[::50]) == 0


def test_what_is_learnt_on_the_searched_set_is_refused():
    town = load("town", tier="mini")
    with pytest.raises(ValueError, match="training set was fitted on"):
        descriptor_task(town, town, base=10**7, learn=500, each=1)


def test_recall_is_a_mean_for_each_picture_that_has_descriptors():
    true = np.arange(30).reshape(3, 10)
    nothing = np.zeros((0, 2), np.float32)
    task = Task(nothing, nothing, nothing, np.array([0, 0, 2]), true)
    found = np.full((3, 12), -1)
    found[0, :10], found[1, :5], found[2, 11] = true[0], true[1, :5], true[2, 3]
    assert recall_by_picture(task, found).tolist() == [0.75, 0.1]
    assert by_picture(task, [1.0, 3.0, 5.0]).tolist() == [2, 5]


def test_some_rows():
    rows = np.arange(20)[:, None]
    assert len(some(rows, 5, np.random.default_rng(0))) == len(np.unique(some(rows, 5, np.random.default_rng(0)))) == 5
    assert sorted(some(rows, 50, np.random.default_rng(0)).ravel()) == list(range(20))


def test_windows_are_rectangles_of_one_image():
    rng = np.random.default_rng(0)
    points = [rng.uniform(10, 90, (n, 4)) for n in (400, 5, 300)]
    descriptors = [np.column_stack([np.full(len(p), i), p[:, :2]]) for i, p in enumerate(points)]
    found = dict(windows(points, descriptors, each=6, sides=(0.5, 0.6)))
    assert list(found) == [0, 2] and all(len(parts) == 6 for parts in found.values())
    for image, parts in found.items():
        for part in parts:
            assert (part[:, 0] == image).all() and len(part) >= 20
            low, high = part[:, 1:].min(0), part[:, 1:].max(0)
            inside = ((points[image][:, :2] >= low) & (points[image][:, :2] <= high)).all(1)
            assert inside.sum() == len(part)  # nothing inside was left out
            assert (0.4 * 80 < high - low).all() and (high - low < 0.6 * 80).all()
    again = dict(windows(points, descriptors, each=6, sides=(0.5, 0.6)))
    assert all(np.array_equal(a, b) for a, b in zip(found[2], again[2], strict=True))
    assert not list(windows(points, descriptors, each=6, least=1000))
