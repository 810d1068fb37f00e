import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from visret_lab.encoding.blocks import blocks, in_threads
from visret_lab.encoding.fisher import FisherVector
from visret_lab.encoding.vlad import VLAD


@pytest.mark.parametrize(("counts", "limit", "want"), [
    ([3, 3, 3], 6, [slice(0, 2), slice(2, 3)]), ([9, 1, 0, 1], 2, [slice(0, 1), slice(1, 4)]),
    ([0, 0], 5, [slice(0, 2)]), ([], 5, [])])
def test_blocks_are_of_whole_images(counts, limit, want):
    assert list(blocks(np.array(counts, int), limit)) == want


def test_two_pieces_run_at_the_same_time_and_their_products_on_one_core():
    both, inside = threading.Barrier(2, timeout=10), []

    def work(piece):
        both.wait()  # breaks where the pieces come one after the other
        # FAISS brings a BLAS of its own, whose number of threads is another one in each thread; NumPy's has one for all.
        inside.extend(p["num_threads"] for p in threadpool_info() if p.get("threading_layer") == "pthreads")

    with threadpool_limits(2, user_api="blas"):
        in_threads(work, [0, 1])
    assert set(inside) == {1}


def test_an_error_in_a_thread_comes_out():
    def work(piece):
        raise ValueError(f"piece {piece}")

    for pieces in ([1], [1, 2, 3]):
        with pytest.raises(ValueError, match="piece 1"):
            in_threads(work, pieces)


@pytest.mark.parametrize("encoder", [VLAD(4), FisherVector(3)])
def test_the_vectors_do_not_depend_on_the_number_of_threads(encoder, monkeypatch):
    rng = np.random.default_rng(0)
    sets = [rng.normal(size=(n, 6)).astype(np.float32) for n in rng.integers(0, 60, 40)]
    monkeypatch.setattr(f"{type(encoder).__module__}.BLOCK", 100)
    encoder.fit(sets)
    many = encoder.transform(sets)
    with threadpool_limits(1):
        assert np.array_equal(encoder.transform(sets), many)
