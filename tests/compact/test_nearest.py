import numpy as np
import pytest

from visret_lab.compact.nearest import Nearest


def by_sorting(distances, k):
    ids = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, ids, axis=1), ids


@pytest.mark.parametrize("fortran", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.uint16])
@pytest.mark.parametrize("k", [1, 7, 60])
@pytest.mark.parametrize("order", ["random", "falling", "equal"])
def test_the_same_as_sorting_all(fortran, dtype, k, order):
    rng = np.random.default_rng(k)
    distances = rng.integers(0, 20 if order == "random" else 1, (5, 900)).astype(dtype)
    if order == "falling":  # each block is nearer than all before it
        distances = np.tile(np.arange(900, 0, -1), (5, 1)).astype(dtype)
    nearest = Nearest(5, k, dtype)
    for first in range(0, 900, 64):
        block = distances[:, first : first + 64]
        nearest.see(first, np.asfortranarray(block) if fortran else np.ascontiguousarray(block))
    found, ids = nearest.result()
    expected = by_sorting(distances, k)
    assert (found == expected[0]).all() and (ids == expected[1]).all()
    assert found.dtype == dtype and ids.dtype == np.int64


def test_too_few_rows_leave_empty_places():
    nearest = Nearest(2, 4)
    nearest.see(0, np.array([[3.0, 1.0], [2.0, 5.0]], np.float32))
    found, ids = nearest.result()
    assert ids.tolist() == [[1, 0, -1, -1], [0, 1, -1, -1]] and np.isinf(found[:, 2:]).all()
    assert Nearest(1, 2).result()[1].tolist() == [[-1, -1]]


def test_memory_stays_bounded():
    rng = np.random.default_rng(0)
    nearest = Nearest(3, 10)
    for first in range(0, 100_000, 1000):
        nearest.see(first, rng.random((3, 1000), np.float32))
        assert sum(map(len, nearest._ids)) <= 20 * 3 + 1000


def test_k_below_one():
    with pytest.raises(ValueError, match="at least 1"):
        Nearest(1, 0)
