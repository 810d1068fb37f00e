import numpy as np
import pytest
from scipy.stats import ortho_group

from visret_lab.compact.opq import OPQ, allocate, means, procrustes
from visret_lab.compact.pq import PQIndex, ProductQuantizer
from visret_lab.search.exact import ExactIndex

pytestmark = pytest.mark.filterwarnings("ignore:.*training rows for")
RNG = np.random.default_rng(0)
TURN = ortho_group.rvs(8, random_state=0)
# Large variance in few directions, which no axis shows.
X = (RNG.normal(size=(2000, 8)) * [5, 4, 3, 2, 0.5, 0.4, 0.3, 0.2] @ TURN).astype(np.float32)


@pytest.fixture(scope="module")
def fitted():
    return OPQ(4, 4).fit(X)


@pytest.mark.parametrize("init", ["allocate", "identity"])
def test_the_error_never_rises_and_the_rotation_is_one(init):
    made = OPQ(4, 4, init=init).fit(X)
    assert len(made.errors_) == 30 and (np.diff(made.errors_) <= 1e-5 * made.errors_[0]).all()
    assert made.errors_[-1] < made.errors_[0]
    assert np.allclose(made.rotation_.T @ made.rotation_, np.eye(8), atol=1e-5)
    assert made.error(X) <= made.errors_[-1] * (1 + 1e-5)


def test_better_than_without_a_rotation(fitted):
    without = ProductQuantizer(4, 4).fit(X).error(X)
    assert fitted.error(X) < 0.8 * without
    assert OPQ(4, 4, init="identity").fit(X).error(X) < 0.8 * without  # the turns alone, without a good start


def test_codes_are_those_of_the_turned_vectors(fitted):
    plain = ProductQuantizer.from_codewords(fitted.codewords_)
    turned = X @ fitted.rotation_
    assert (fitted.encode(X) == plain.encode(turned)).all()
    assert np.allclose(fitted.decode(fitted.encode(X)) @ fitted.rotation_, plain.decode(plain.encode(turned)), atol=1e-4)


@pytest.mark.parametrize("metric", ["l2", "ip"])
@pytest.mark.parametrize("symmetric", [False, True])
def test_search_is_exact_search_among_the_reconstructions(fitted, metric, symmetric):
    scores, _ = PQIndex(fitted, metric, symmetric).add(X[100:]).search(X[:9], 10)
    q = fitted.decode(fitted.encode(X[:9])) if symmetric else X[:9]
    expected, _ = ExactIndex(metric).add(fitted.decode(fitted.encode(X[100:]))).search(q, 10)
    assert np.allclose(scores, expected, atol=1e-3) and np.abs(expected).max() > 1


def test_given_words_and_rotation(fitted):
    made = OPQ.from_codewords(fitted.codewords_, fitted.rotation_)
    assert (made.encode(X) == fitted.encode(X)).all()
    with pytest.raises(ValueError, match="orthogonal 8 x 8"):
        OPQ.from_codewords(fitted.codewords_, 2 * fitted.rotation_)


def test_procrustes_finds_the_rotation():
    assert np.allclose(procrustes(X, X @ TURN), TURN, atol=1e-5)


def test_the_variances_are_dealt_out_evenly():
    rotation = allocate(X, 4)
    variance = (X @ rotation).var(axis=0).reshape(4, 2)
    assert np.allclose(rotation.T @ rotation, np.eye(8), atol=1e-5)
    products = variance.prod(axis=1)
    assert products.max() / products.min() < 3  # the variances themselves differ by a factor of 625
    assert np.allclose(np.sort(variance.ravel()), np.linalg.eigvalsh(np.cov(X.T.astype(float))), rtol=5e-3)


def test_a_word_without_pieces_stays():
    codes = np.array([[0], [0], [2]], np.uint8)
    new = means(np.array([[1.0], [3.0], [7.0]], np.float32), codes, np.full((1, 4, 1), 9, np.float32))
    assert new.ravel().tolist() == [2, 9, 7, 9]


def test_repeats_itself_and_knows_its_parameters(fitted):
    assert (OPQ(4, 4).fit(X).codewords_ == fitted.codewords_).all()
    assert set(fitted.get_params()) == {"M", "bits", "n_iter", "per_word", "seed", "rotations", "init"}
    with pytest.raises(ValueError, match="init"):
        OPQ(4, 4, init="random").fit(X)


def test_a_dimension_without_variance():
    flat = X.copy()
    flat[:, 3] = 0
    assert np.isfinite(OPQ(4, 3, rotations=3).fit(flat).error(flat))
    assert OPQ(4, 1, rotations=2).fit(np.ones((10, 8))).error(np.ones((10, 8))) < 1e-9
