import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from visret_lab.compact import pq
from visret_lab.compact.opq import OPQ
from visret_lab.compact.pq import PQIndex, ProductQuantizer
from visret_lab.search.exact import ExactIndex

RNG = np.random.default_rng(0)
X = RNG.normal(size=(700, 12)).astype(np.float32)
Q = RNG.normal(size=(9, 12)).astype(np.float32)
WORDS = RNG.normal(size=(3, 16, 4)).astype(np.float32)
PQ = ProductQuantizer.from_codewords(WORDS)


def by_the_equations(x):
    """Codes and reconstructions, one vector and one piece after the other."""
    pieces = x.astype(np.float64).reshape(-1, 3, 4)
    codes = np.array([[((piece - WORDS[m]) ** 2).sum(1).argmin() for m, piece in enumerate(row)] for row in pieces])
    return codes, np.array([np.concatenate([WORDS[m, c] for m, c in enumerate(code)]) for code in codes])


def test_codes_and_reconstructions_follow_the_equation():
    codes, decoded = by_the_equations(X)
    assert PQ.encode(X).dtype == np.uint8 and (PQ.encode(X) == codes).all()
    assert (PQ.decode(codes.astype(np.uint8)) == decoded).all()
    assert np.isclose(PQ.error(X), ((X - decoded) ** 2).sum(1).mean(), rtol=1e-6)
    assert (PQ.transform(X) == codes).all() and (PQ.inverse_transform(PQ.transform(X)) == decoded).all()


def test_many_blocks_give_the_same_codes():
    many = np.tile(X, (4, 1))  # more than a block of 1,024 rows
    assert (PQ.encode(many) == np.tile(PQ.encode(X), (4, 1))).all()


@pytest.mark.parametrize("metric", ["l2", "ip"])
def test_distances_are_those_to_the_reconstructions(metric):
    codes, decoded = PQ.encode(X), PQ.decode(PQ.encode(X)).astype(np.float64)

    def true(a):
        return -a @ decoded.T if metric == "ip" else ((a[:, None] - decoded) ** 2).sum(2)

    assert np.allclose(PQ.asymmetric(Q, codes, metric), true(Q.astype(np.float64)), atol=1e-4)
    coded = PQ.encode(Q)
    assert np.allclose(PQ.symmetric(coded, codes, metric), true(PQ.decode(coded).astype(np.float64)), atol=1e-4)
    assert np.allclose(PQ.code_tables(coded, metric), PQ.tables(PQ.decode(coded), metric), atol=1e-4)


def test_one_query_and_many_queries_have_the_same_distances():
    codes = PQ.encode(X)
    for few in (1, 2, 3):  # up to three queries take another way through the sums
        parts = np.concatenate([PQ.asymmetric(Q[i : i + few], codes) for i in range(0, 9, few)])
        assert np.allclose(PQ.asymmetric(Q, codes), parts, atol=1e-5)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("metric", ["l2", "ip"])
def test_search_is_exact_search_among_the_reconstructions(metric, symmetric, monkeypatch):
    monkeypatch.setattr(pq, "ROWS", 64)
    monkeypatch.setattr(pq, "QUERIES", 4)
    scores, ids = PQIndex(PQ, metric, symmetric).add(X[:300]).add(X[300:]).search(Q, 20)
    q = PQ.decode(PQ.encode(Q)) if symmetric else Q
    expected, _ = ExactIndex(metric).add(PQ.decode(PQ.encode(X))).search(q, 20)
    assert np.allclose(scores, expected, atol=1e-4) and scores.dtype == np.float32 and ids.dtype == np.int64
    distances = (PQ.symmetric(PQ.encode(Q), PQ.encode(X), metric) if symmetric else PQ.asymmetric(Q, PQ.encode(X), metric))
    assert np.allclose(np.take_along_axis(distances, ids, 1), -scores, atol=1e-5)
    assert all(len(set(row)) == 20 for row in ids)


def test_ties_go_to_the_lower_id():
    index = PQIndex(PQ).add(np.tile(X[:1], (50, 1)))
    assert index.search(Q, 30)[1].tolist() == [list(range(30))] * 9


def test_bytes_and_missing_places():
    index = PQIndex(PQ).add(X[:3])
    scores, ids = index.search(Q[:1], 5)
    assert index.nbytes == 9 and len(index) == 3
    assert sorted(ids[0, :3]) == [0, 1, 2] and ids[0, 3:].tolist() == [-1, -1] and np.isneginf(scores[0, 3:]).all()


@pytest.mark.filterwarnings("ignore:.*training rows for")
def test_training_gets_better_with_more_bits_and_repeats_itself():
    errors = [ProductQuantizer(3, bits).fit(X).error(X) for bits in (1, 3, 5)]
    assert errors[0] > errors[1] > errors[2] > 0
    a, b, c = (ProductQuantizer(3, 4, seed=s).fit(X).codewords_ for s in (1, 1, 2))
    assert (a == b).all() and (a != c).any()
    assert ProductQuantizer(3, 4).fit(X).error(X) < 0.8 * PQ.error(X)  # learnt words against random ones


@pytest.mark.filterwarnings("ignore:.*training rows for")
def test_words_are_the_means_of_their_pieces():
    made = ProductQuantizer(3, 2, n_iter=100).fit(X)
    codes = made.encode(X)
    for m in range(3):
        for word in range(4):
            assert np.allclose(made.codewords_[m, word], X[codes[:, m] == word, 4 * m : 4 * m + 4].mean(0), atol=1e-4)


def test_at_most_so_many_rows_a_word_take_part():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(3000, 4)).astype(np.float32)
    few = ProductQuantizer(2, 2, per_word=40)._training_rows(x)
    assert few.shape == (160, 4) and len(ProductQuantizer(2, 2, per_word=4000)._training_rows(x)) == 3000
    assert {tuple(r) for r in few} <= {tuple(r) for r in x} and len({tuple(r) for r in few}) == 160


def test_as_a_scikit_learn_estimator():
    made = clone(ProductQuantizer(M=4, bits=5, seed=3))
    assert made.get_params() == {"M": 4, "bits": 5, "n_iter": 25, "per_word": 256, "seed": 3}
    with pytest.warns(UserWarning, match="fewer than 39"):
        assert made.fit_transform(X).shape == (700, 4)


def test_other_dtypes_and_layouts_are_the_same_vectors():
    codes = PQ.encode(X)
    wide = np.zeros((700, 24), np.float32)
    wide[:, ::2] = X
    assert (PQ.encode(np.asfortranarray(X)) == codes).all() and (PQ.encode(wide[:, ::2]) == codes).all()
    assert (PQ.encode(X.astype(np.float64)) == codes).all()
    index = PQIndex(PQ).add_codes(np.asfortranarray(codes))
    assert (index.search(Q.astype(np.float64), 5)[1] == PQIndex(PQ).add(X).search(Q, 5)[1]).all()
    assert PQ.encode(X[0]).shape == (1, 3) and PQ.encode(X[:0]).shape == (0, 3) and PQ.asymmetric(Q[:0], codes).shape == (0, 700)


@pytest.mark.parametrize("make", [ProductQuantizer, OPQ])
def test_what_cannot_be_trained(make):
    with pytest.raises(ValueError, match=r"M = 5 does not divide the 12 dimensions. Take one of 1, 2, 3, 4, 6, 12"):
        make(5, 2).fit(X)
    with pytest.raises(ValueError, match="does not divide"):
        make(0, 2).fit(X)
    with pytest.raises(ValueError, match="256 words a piece cannot be learnt from 255 training rows"):
        make(3, 8).fit(X[:255])
    for rows in (0, 1):
        with pytest.raises(ValueError, match=f"from {rows} training rows"):
            make(3, 2).fit(X[:rows])
    with pytest.raises(ValueError, match="bits must be between 1 and 8"):
        make(3, 9).fit(X)
    with pytest.raises(ValueError, match="not finite"):
        make(3, 2).fit(np.where(X == X[0, 0], np.nan, X))


def test_few_training_rows_get_a_warning():
    with pytest.warns(UserWarning, match="155 training rows for 4 words a piece: fewer than 39"):
        ProductQuantizer(3, 2).fit(X[:155])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ProductQuantizer(3, 2).fit(X[:156])


def test_bad_input():
    with pytest.raises(NotFittedError):
        ProductQuantizer().encode(X)
    with pytest.raises(NotFittedError):
        PQIndex(ProductQuantizer())
    with pytest.raises(ValueError, match="8 columns, but 12"):
        PQ.encode(X[:, :8])
    with pytest.raises(ValueError, match="not finite"):
        PQ.encode(np.full((1, 12), np.inf))
    with pytest.raises(ValueError, match="codes must be uint8"):
        PQ.decode(np.zeros((2, 3), np.int64))
    with pytest.raises(ValueError, match="3 columns"):
        PQ.decode(np.zeros((2, 4), np.uint8))
    with pytest.raises(ValueError, match="value 16, but there are only 16 words"):
        PQ.decode(np.full((1, 3), 16, np.uint8))
    with pytest.raises(ValueError, match="metric"):
        PQ.tables(Q, "cosine")
    with pytest.raises(ValueError, match="metric"):
        PQIndex(PQ, "cosine")
    with pytest.raises(ValueError, match="M x K x D/M"):
        ProductQuantizer.from_codewords(WORDS[:, :15])
    with pytest.raises(ValueError, match="not finite"):
        ProductQuantizer.from_codewords(np.full((1, 2, 1), np.nan))


def test_bad_searches():
    with pytest.raises(ValueError, match="empty"):
        PQIndex(PQ).search(Q, 1)
    index = PQIndex(PQ).add(X)
    with pytest.raises(ValueError, match="at least 1"):
        index.search(Q, 0)
    with pytest.raises(ValueError, match="8 columns, but 12"):
        index.search(Q[:, :8], 1)
    with pytest.raises(ValueError, match="not finite"):
        index.search(np.full((1, 12), np.nan), 1)
