import numpy as np
import pytest

from visret_lab.search.exact import ExactIndex

RNG = np.random.default_rng(0)
X, Q = RNG.normal(size=(200, 16)).astype(np.float32), RNG.normal(size=(7, 16)).astype(np.float32)


@pytest.mark.reference
@pytest.mark.parametrize("metric", ["ip", "l2"])
def test_equal_to_faiss(metric):
    import faiss

    index = {"ip": faiss.IndexFlatIP, "l2": faiss.IndexFlatL2}[metric](16)
    index.add(X)
    expected, ids = index.search(Q, 10)
    scores, ours = ExactIndex(metric, block=3).add(X).search(Q, 10)
    assert (ours == ids).all()
    assert np.allclose(scores, expected if metric == "ip" else -expected, atol=1e-4)


def test_ties_go_to_the_lower_id_also_at_the_border():
    index = ExactIndex().add(np.ones((6, 2)))
    assert index.search(np.ones((1, 2)), 3)[1].tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("k", [40, 100, 200])
def test_many_equal_scores_stand_in_the_order_of_their_ids(k):
    # More than 16 equal ones: below that, NumPy's unstable sorts happen to be stable.
    values = np.random.default_rng(1).integers(0, 3, 200)
    ids = ExactIndex().add(values[:, None]).search(np.ones((1, 1)), k)[1][0]
    assert ids.tolist() == sorted(range(200), key=lambda i: (-values[i], i))[:k]


def test_ids_go_on_counting_and_a_short_database_is_padded():
    index = ExactIndex().add(X[:2]).add(X[2:3])
    scores, ids = index.search(Q[:1], 5)
    assert sorted(ids[0, :3]) == [0, 1, 2] and ids[0, 3:].tolist() == [-1, -1] and np.isneginf(scores[0, 3:]).all()
    assert index.nbytes == 3 * 16 * 4


def test_a_function_as_metric():
    index = ExactIndex(lambda a, b: -np.abs(a[:, None] - b[None]).sum(-1)).add(X)
    assert index.search(X[:5], 1)[1].ravel().tolist() == [0, 1, 2, 3, 4]


def test_bad_input():
    with pytest.raises(ValueError, match="empty"):
        ExactIndex().search(Q, 1)
    with pytest.raises(ValueError, match="8 columns, but 16"):
        ExactIndex().add(X).search(Q[:, :8], 1)
    with pytest.raises(ValueError, match="not finite"):
        ExactIndex().add(np.array([[np.nan, 1.0]]))
    with pytest.raises(ValueError, match="at least 1"):
        ExactIndex().add(X).search(Q, 0)
    with pytest.raises(ValueError, match="metric"):
        ExactIndex("cosine")
