"""The measures of dimension against closed forms, and against data whose dimension is known."""

import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import skew
from sklearn.datasets import make_swiss_roll
from sklearn.neighbors import NearestNeighbors

from visret_lab.search import dimension as dim

RNG = np.random.default_rng(0)


def gaussian_variation(d):
    """Two points of N(0, I) are sqrt(2) chi_d apart: mean 2 G with G = gamma((d + 1) / 2) / gamma(d / 2), mean square 2 d."""
    g = np.exp(gammaln((d + 1) / 2) - gammaln(d / 2))
    return np.sqrt(2 * d / (2 * g) ** 2 - 1)


@pytest.mark.parametrize("d", [1, 2, 3, 10, 100])
def test_variation_of_gaussian_data(d):
    found = [dim.variation(dim.pair_distances(np.random.default_rng(s).normal(size=(400, d)))) for s in range(8)]
    assert np.mean(found) == pytest.approx(gaussian_variation(d), rel=0.02)


@pytest.mark.parametrize("d", [1, 8, 64])
def test_variation_of_squared_distances_in_the_cube(d):
    squared = [dim.pair_distances(np.random.default_rng(s).uniform(size=(400, d))) ** 2 for s in range(8)]
    assert np.mean([dim.variation(s) for s in squared]) == pytest.approx(np.sqrt(1.4 / d), rel=0.02)  # mean d/6, variance 7d/180


def test_distances_and_contrast_by_hand():
    x = np.array([[3, 4], [0, 1], [6, 8]])
    assert dim.distances([[0, 0]], x).tolist() == [[5, 1, 10]]
    assert dim.pair_distances(x).tolist() == pytest.approx([np.sqrt(18), 5, np.sqrt(85)])
    assert dim.relative_contrast(dim.distances([[0, 0]], x)).tolist() == [9]
    assert dim.variation([1, 3]) == 0.5


@pytest.mark.parametrize("d", [2, 60])
def test_neighbours_are_those_of_scikit_learn(d):
    x = RNG.normal(size=(600, d)).astype(np.float32)  # more than two blocks
    theirs = NearestNeighbors(n_neighbors=6, algorithm="brute").fit(x.astype(float))
    want, ids = theirs.kneighbors(x.astype(float))
    ours, found = dim.neighbours(x, 5)
    assert (found == ids[:, 1:]).all() and np.allclose(ours, want[:, 1:], atol=1e-6)


def test_equal_rows_are_neighbours_at_zero_and_a_row_is_not_its_own():
    x = np.array([[100.1, 7], [3, 3], [100.1, 7], [100.1, 7]])
    distance, ids = dim.neighbours(x, 2)
    assert distance[[0, 2, 3]].tolist() == [[0, 0]] * 3
    assert ids[[0, 2, 3]].tolist() == [[2, 3], [0, 3], [0, 2]]


def test_small_distances_far_from_the_origin_keep_their_digits():
    x = np.float32(1000) + np.arange(6, dtype=np.float32)[:, None] * np.float32(2**-10)
    assert dim.neighbours(x, 1)[0].ravel().tolist() == [2**-10] * 6


def test_equal_rows_with_many_large_numbers_are_at_exactly_zero():
    x = 100 + np.random.default_rng(5).normal(size=(20, 128))
    assert (dim.neighbours(np.concatenate([x, x]), 1)[0] == 0).all()


def test_k_occurrences_of_a_star():
    star = np.array([[0, 0], [2, 0], [-2.1, 0], [0, 2.2], [0, -2.3]])  # all are nearest to the first
    assert dim.k_occurrences(dim.neighbours(star, 1)[1]).tolist() == [4, 1, 0, 0, 0]
    assert dim.k_occurrences(dim.neighbours(star, 3)[1]).sum() == 5 * 3


def test_k_occurrences_of_a_search_with_fewer_queries_than_items():
    assert dim.k_occurrences([[4, 1], [4, 0]], items=6).tolist() == [1, 1, 0, 0, 2, 0]


def test_skewness():
    counts = RNG.poisson(3, 50)
    assert dim.skewness(counts) == pytest.approx(skew(counts))
    assert dim.skewness([2, 2, 2]) == 0
    # One success with probability p: (1 - 2 p) / sqrt(p (1 - p)).
    assert dim.skewness([1] + [0] * 9) == pytest.approx(0.8 / np.sqrt(0.09))


def test_random_lists_have_the_skewness_of_the_binomial():
    n, k = 3000, 10
    ids = np.stack([RNG.choice(n, k, replace=False) for _ in range(n)])
    assert dim.skewness(dim.k_occurrences(ids)) == pytest.approx(1 / np.sqrt(k), abs=0.12)


def test_hubness_grows_with_the_dimension():
    found = [dim.skewness(dim.k_occurrences(dim.neighbours(RNG.normal(size=(1000, d)), 10)[1])) for d in (3, 20, 100)]
    assert found[0] < 0.5 and found[0] + 1 < found[1] < found[2]


def manifold(d, n=2000, ambient=30, seed=0):
    """A d-dimensional cube, turned into `ambient` dimensions."""
    rng = np.random.default_rng(seed)
    turn = np.linalg.qr(rng.normal(size=(ambient, d)))[0]
    return rng.uniform(size=(n, d)) @ turn.T


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_dimension_of_flat_manifolds(d):
    distance = dim.neighbours(manifold(d), 10)[0]
    assert dim.mle_dimension(distance) == pytest.approx(d, rel=0.1)
    assert dim.twonn_dimension(distance) == pytest.approx(d, rel=0.1)


def test_dimension_of_bent_manifolds():
    roll = dim.neighbours(make_swiss_roll(3000, random_state=0)[0], 10)[0]
    sphere = RNG.normal(size=(3000, 4))
    sphere = dim.neighbours(sphere / np.linalg.norm(sphere, axis=1, keepdims=True), 10)[0]
    for distance, want in ((roll, 2), (sphere, 3)):
        assert dim.mle_dimension(distance) == pytest.approx(want, rel=0.08)
        assert dim.twonn_dimension(distance) == pytest.approx(want, rel=0.08)


def perfect(d, n, k, rng):
    """Distances to the k nearest as the model has them: volumes that grow by independent exponential steps."""
    return np.cumsum(rng.exponential(size=(n, k)), axis=1) ** (1 / d)


def test_the_mean_of_the_inverses_is_right_and_the_mean_is_too_large():
    distance = perfect(6, 40_000, 5, np.random.default_rng(1))
    assert dim.mle_dimension(distance) == pytest.approx(6, rel=0.01)
    assert dim.mle_local(distance).mean() == pytest.approx(6 * 4 / 3, rel=0.03)  # (k - 1) / (k - 2)


@pytest.mark.parametrize("discard", [0, 0.1, 0.5])
def test_twonn_on_perfect_distances(discard):
    assert dim.twonn_dimension(perfect(7, 50_000, 2, np.random.default_rng(2)), discard) == pytest.approx(7, rel=0.03)


def test_twonn_leaves_out_the_largest_ratios():
    distance = perfect(7, 20_000, 2, np.random.default_rng(3))
    far = np.argsort(distance[:, 1] / distance[:, 0])[-1000:]
    distance[far, 1] *= 50  # the largest 5 %
    assert dim.twonn_dimension(distance) == pytest.approx(7, rel=0.05)
    assert dim.twonn_dimension(distance, discard=0) < 4


def test_twonn_by_hand():
    u, v = np.array([1, 2]), np.log([3 / 2, 3])  # of three points the last has F = 1
    assert dim.twonn_dimension(np.stack([np.ones(3), np.exp([1, 2, 4])], 1), 0) == pytest.approx((u @ v) / 5)


def test_dimension_does_not_depend_on_the_unit():
    x = manifold(3, 500)
    a, b = dim.neighbours(x, 5)[0], dim.neighbours(1000 * x, 5)[0]
    assert dim.mle_dimension(a) == pytest.approx(dim.mle_dimension(b), rel=1e-3)
    assert dim.twonn_dimension(a) == pytest.approx(dim.twonn_dimension(b), rel=1e-2)


def test_local_dimension_by_hand():
    assert dim.mle_local([[1, 2, 4]])[0] == pytest.approx(2 / (3 * np.log(2)))
    assert dim.mle_local([[1, 1]])[0] == np.inf and dim.mle_dimension([[1, 1]]) == np.inf


def test_shuffling_keeps_each_column_and_breaks_what_ties_them():
    x = np.repeat(RNG.normal(size=(500, 1)), 3, axis=1).astype(np.float32)
    y = dim.shuffled(x, np.random.default_rng(0))
    assert (np.sort(y, axis=0) == np.sort(x, axis=0)).all()
    assert np.abs(np.corrcoef(y.T) - np.eye(3)).max() < 0.15
    assert not np.shares_memory(x, y) and (x[:, 0] == x[:, 1]).all()


def test_to_cube_spreads_each_column_evenly():
    x = np.array([[5, 1], [-2, 1], [9, 1], [7, 0]])
    assert dim.to_cube(x).tolist() == [[0.375, 0.625], [0.125, 0.625], [0.875, 0.625], [0.625, 0.125]]


@pytest.mark.parametrize("d", [1, 4, 40])
def test_border_share(d):
    x = RNG.uniform(size=(20_000, d))
    assert dim.border_share(d, 0.05) == pytest.approx(1 - 0.9**d)
    assert dim.near_border(x, 0.05) == pytest.approx(1 - 0.9**d, abs=0.012)
    assert dim.near_border([[0.5, 0.04], [0.5, 0.5], [0.97, 0.5], [0.5, 0.94]], 0.05) == 0.5
    assert dim.border_share(np.array([1, 2]), 0.25).tolist() == [0.5, 0.75]


@pytest.mark.parametrize("d", [1, 5, 10, 16])
def test_occupied_cells(d):
    x = RNG.normal(size=(1000, d))
    counted = len({tuple(row) for row in (x > 0).tolist()})
    assert dim.occupied_cells(x, np.zeros(d)) == counted
    assert counted == pytest.approx(dim.expected_cells(1000, d), abs=4 * np.sqrt(dim.expected_cells(1000, d)))


def test_occupied_cells_without_a_cut_uses_the_medians():
    assert dim.occupied_cells([[10, 0], [11, 1], [12, 2], [13, 3]]) == 2
    assert dim.occupied_cells([[1], [2]], [1]) == 2  # a value on the cut is below


def test_expected_cells():
    assert dim.expected_cells(1, 3) == pytest.approx(1)
    assert dim.expected_cells(2, 1) == pytest.approx(1.5)
    assert dim.expected_cells(5, 0) == 1 and dim.expected_cells(0, 4) == 0 and dim.expected_cells(0, 0) == 0
    assert dim.expected_cells(1000, [5, 0]).tolist() == pytest.approx([32, 1])
    # All in different cells but for the pairs that meet: N (N - 1) / 2 / 2^D of them.
    assert 1e6 - dim.expected_cells(10**6, 60) == pytest.approx(1e12 / 2 / 2**60, rel=1e-3)
    assert dim.expected_cells(1000, 5000) == pytest.approx(1000)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: dim.variation([]), "divides by the mean"),
    (lambda: dim.variation([0, 0]), "divides by the mean"),
    (lambda: dim.relative_contrast([[1, 2], [0, 3]]), "Query 1 is at distance 0"),
    (lambda: dim.distances(np.ones((2, 3)), np.ones((2, 4))), "queries has 3 columns, but 4"),
    (lambda: dim.pair_distances(np.ones((1, 3))), "At least 2 rows"),
    (lambda: dim.pair_distances([[1, np.nan], [1, 2]]), "not finite"),
    (lambda: dim.neighbours(np.ones((4, 2)), 4), "from 1 to 3"),
    (lambda: dim.neighbours(np.ones((4, 2)), 0), "from 1 to 3"),
    (lambda: dim.mle_dimension([[1.0], [2.0]]), "at least 2 neighbours"),
    (lambda: dim.mle_dimension([[1, 2], [0, 1]]), "Point 1 .*np.unique"),
    (lambda: dim.twonn_dimension([[0, 1]]), "np.unique"),
    (lambda: dim.twonn_dimension([[1, 2], [1, 2]], discard=1), "discard"),
    (lambda: dim.twonn_dimension([[1, 1], [2, 2], [3, 3]]), "Nothing to fit"),
    (lambda: dim.near_border([[0.5, 1.2]], 0.1), "from 0 to 1"),
    (lambda: dim.near_border([[0.5, np.nan]], 0.1), "from 0 to 1"),
    (lambda: dim.near_border([[0.5]], 0.6), "margin"),
    (lambda: dim.border_share(3, 0), "margin"),
    (lambda: dim.expected_cells(-1, 3), "negative"),
])
def test_bad_input(call, words):
    with pytest.raises(ValueError, match=words):
        call()
