import numpy as np
import pytest
from scipy import sparse

from visret_lab.arrays import rank
from visret_lab.bench.bow import bags
from visret_lab.search.exact import ExactIndex
from visret_lab.search.inverted import InvertedFile


@pytest.fixture(scope="module")
def parts():
    rng = np.random.default_rng(0)
    return bags(60, 200, 30, rng), bags(7, 200, 30, rng)


def test_by_hand():
    file = InvertedFile().add(np.array([[0.0, 2, 0], [1, 0, 3], [0, 0, 0]]))
    assert file.scores(np.array([[5.0, 7, 0], [0, 0, 1]])).tolist() == [[14, 5, 0], [0, 3, 0]]
    assert file.touched(np.array([[5.0, 7, 0], [0, 0, 0], [0, 0, 1]])).tolist() == [2, 0, 1]


def test_the_lists_are_the_columns():
    lists = InvertedFile().add(np.array([[0.0, 2, 0], [1, 4, 3]]))._segments[0].lists
    assert lists.indptr.tolist() == [0, 1, 3, 4] and lists.indices.tolist() == [1, 0, 1, 1] and lists.data.tolist() == [1, 2, 4, 3]


def test_scores_are_those_of_the_dense_product(parts):
    database, queries = parts
    got = InvertedFile().add(database).scores(queries)
    assert got.dtype == np.float32
    assert np.abs(got - queries.toarray().astype(float) @ database.toarray().astype(float).T).max() < 1e-6


def test_search_is_that_of_the_exact_index(parts):
    database, queries = parts
    want_scores, want = ExactIndex().add(database.toarray()).search(queries.toarray(), 10)
    scores, ids = InvertedFile().add(database).search(queries, 10)
    assert ids.dtype == np.int64 and np.abs(scores - want_scores).max() < 1e-6
    # Sums in another order differ in the last digit, so nearly equal images may change places; nothing else may.
    dense = queries.toarray().astype(float) @ database.toarray().astype(float).T
    assert np.abs(np.take_along_axis(dense, ids, 1) - np.take_along_axis(dense, want, 1)).max() < 1e-6


def test_intersection_is_half_the_l1_distance():
    rng = np.random.default_rng(1)
    a, b = rng.random((9, 20)) * (rng.random((9, 20)) < 0.4), rng.random((3, 20))
    a, b = a / a.sum(axis=1, keepdims=True), b / b.sum(axis=1, keepdims=True)
    want = 1 - np.abs(b[:, None] - a[None]).sum(-1) / 2
    assert np.abs(InvertedFile("intersection").add(a).scores(b) - want).max() < 1e-6


def test_adding_one_by_one_changes_nothing(parts):
    database, queries = parts
    whole, steps = InvertedFile().add(database), InvertedFile()
    for row in range(60):
        steps.add(database[row])
        if row == 20:  # searches in between do no harm
            assert np.abs(steps.scores(queries) - whole.scores(queries)[:, :21]).max() < 1e-6
    assert len(steps) == 60 and np.array_equal(steps.search(queries, 60)[1], whole.search(queries, 60)[1])
    assert len(steps._segments) <= 7  # few segments, not sixty


def test_adding_does_not_rewrite_everything():
    rng = np.random.default_rng(2)
    file = InvertedFile().add(bags(200, 100, 20, rng))
    first = file._segments[0]
    file.add(bags(1, 100, 20, rng))
    assert file._segments[0] is first and len(file._segments) == 2


def test_ties_go_to_the_lower_id_and_missing_places_are_marked():
    file = InvertedFile().add(np.array([[0.0, 1], [1, 0], [0, 0], [1, 0]]))
    scores, ids = file.search(np.array([[1.0, 0]]), 6)
    assert ids.tolist() == [[1, 3, 0, 2, -1, -1]]
    assert scores.tolist() == [[1, 1, 0, 0, -np.inf, -np.inf]]
    assert np.array_equal(rank(file.scores(np.array([[1.0, 0]])))[0], [1, 3, 0, 2])


def test_cost_is_counted_in_postings_not_in_images():
    # 1000 images with word 0, one with word 1: a query for word 1 reads one posting.
    database = sparse.csr_matrix((np.ones(1001), (np.arange(1001), [0] * 1000 + [1])), shape=(1001, 2))
    file = InvertedFile().add(database)
    assert file.touched(np.array([[0.0, 1], [1, 0], [1, 1]])).tolist() == [1, 1000, 1001]


def test_memory_is_eight_bytes_a_posting(parts):
    database, _ = parts
    assert InvertedFile().add(database).nbytes == 8 * database.nnz + 4 * 201


def test_stored_zeros_and_double_places_do_no_harm():
    odd = sparse.csr_matrix((np.float32([1, 0, 2, 3]), np.array([0, 1, 2, 2]), np.array([0, 4])), shape=(1, 3))
    file = InvertedFile().add(odd)
    assert file.nbytes == 8 * 2 + 4 * 4 and file.scores(odd).tolist() == [[26]]
    assert odd.nnz == 4  # the caller's matrix is left alone


def test_many_queries_are_taken_in_blocks(parts, monkeypatch):
    database, queries = parts
    want = InvertedFile().add(database).search(queries, 5)
    monkeypatch.setattr("visret_lab.search.inverted.CELLS", 130)  # two queries at a time
    got = InvertedFile().add(database).search(queries, 5)
    assert np.array_equal(got[0], want[0]) and np.array_equal(got[1], want[1])


@pytest.mark.parametrize(("call", "words"), [
    (lambda f: f.search(np.ones((1, 3)), 1), "empty"),
    (lambda f: f.add(np.ones((2, 3))).search(np.ones((1, 4)), 1), "4 words, but the inverted file has 3"),
    (lambda f: f.add(np.ones((2, 3))).add(np.ones((2, 4))), "4 words, but"),
    (lambda f: f.add(np.full((2, 3), np.nan)), "not finite"),
    (lambda f: f.add(np.ones((2, 3))).search(np.ones((1, 3)), 0), "at least 1"),
    (lambda f: InvertedFile("cosine"), "kernel must be"),
    (lambda f: InvertedFile("intersection").add(-np.ones((2, 3))), "negative weight"),
])
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call(InvertedFile())
