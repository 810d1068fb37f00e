import numpy as np
import pytest

from visret_lab.tables.experiments import ch10_product_quantization as run
from visret_lab.tables.experiments.neighbours import Task


class Flat:
    """An encoder that takes the mean of an image's descriptors."""

    def transform(self, descriptors):
        assert descriptors and all(len(d) >= 20 for d in descriptors)
        return np.stack([d.mean(axis=0) for d in descriptors])


def test_what_was_not_found_comes_last_and_every_image_once():
    ids = np.array([[3, 1, -1, -1], [0, 2, 4, 5]])
    ranking = run.completed(ids, 6)
    assert ranking[0, :2].tolist() == [3, 1] and ranking[1, :4].tolist() == [0, 2, 4, 5]
    assert (np.sort(ranking, axis=1) == np.arange(6)).all()


def test_what_was_not_found_is_in_no_telling_order():
    ranking = run.completed(np.full((200, 2), -1), 5)
    assert len({tuple(row) for row in ranking.tolist()}) > 60
    assert (ranking == run.completed(np.full((200, 2), -1), 5)).all()


def test_windows_are_parts_of_one_image():
    rng = np.random.default_rng(0)
    points = [rng.uniform(0, 100, (n, 4)) for n in (60, 5, 300)]
    descriptors = [np.full((len(p), 2), i, float) for i, p in enumerate(points)]
    made = run.window_vectors(Flat(), points, descriptors, count=40)
    assert set(made[:, 0]) == {0.0, 2.0}  # the second image has too few, and no part mixes two images
    assert 20 <= len(made) < 40
    with pytest.raises(ValueError, match="no windows"):
        run.window_vectors(Flat(), points[1:2], descriptors[1:2])


def test_points_of_a_small_task():
    rng = np.random.default_rng(2)
    x, learn, q = (rng.normal(size=(n, 16)).astype(np.float32) for n in (500, 10000, 12))
    true = ((q[:, None] - x) ** 2).sum(2).argsort(1)[:, :10]
    task = Task(learn, x, q, np.arange(12) // 2, true)
    exact = run.exact_point(task)
    assert exact.mean == 1 and exact.bytes == 64 and len(exact.recall) == 6
    codes, made = run.code_points(task, (2, 8), n_iter=5)
    named = [(p.method, p.setting, p.bytes) for p in codes]
    assert named == [("PQ", "M 2", 2), ("PQ", "M 8", 8), ("OPQ", "M 2", 2), ("OPQ", "M 8", 8)]
    assert codes[0].mean < codes[1].mean < 1 and codes[2].mean < codes[3].mean < 1
    assert codes[0].fixed == 4 * 256 * 16 and codes[2].fixed == 4 * 256 * 16 + 4 * 16 * 16
    turned = run.code_point(task, "turned", made["PQ", 8], np.eye(16, dtype=np.float32))
    assert turned.mean == codes[1].mean and turned.fixed == codes[1].fixed + 4 * 16 * 16
    four = run.ProductQuantizer(2, bits=4, n_iter=2).fit(learn)
    with pytest.raises(ValueError, match="256 words"):
        run.code_point(task, "PQ", four)
    graph = run.graph_points(task, links=4, lists=(10, 400))
    assert graph[0].mean <= graph[1].mean and graph[1].mean > 0.95 and graph[0].bytes > 64 + 4 * 8
    low, high = codes[0].interval
    assert low < codes[0].mean < high


def test_cells_by_nprobe():
    rng = np.random.default_rng(3)
    x, learn, q = (rng.normal(size=(n, 16)).astype(np.float32) for n in (500, 10000, 12))
    task = Task(learn, x, q, np.arange(12), ((q[:, None] - x) ** 2).sum(2).argsort(1)[:, :10])
    points = run.cell_points(task, nlist=8, pieces=8, probes=(1, 8))
    one, every, coded_one, coded = points
    assert one.mean < every.mean == 1 and coded_one.mean < coded.mean < 1
    assert (every.bytes, coded.bytes) == (64 + 8, 8 + 8) and every.fixed == 4 * 16 * 8
