import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from visret_lab.crossmodal.cca import CCA, fit_several


def views(n=400, shared=3, dx=8, dy=6, noise=0.7, seed=0):
    """Two views of the same hidden numbers, each with noise and a mean of its own."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(n, shared))
    return [hidden @ rng.normal(size=(shared, d)) + noise * rng.normal(size=(n, d)) + 5 * rng.normal(size=d) for d in (dx, dy)]


def test_projections_of_the_training_pairs_are_white_and_pair_up():
    x, y = views()
    cca = CCA(regularization=0, power=0, l2=False).fit(x, y)
    zx, zy = cca.transform(x, y)
    assert np.allclose(np.cov(zx.T), np.eye(6), atol=1e-4) and np.allclose(np.cov(zy.T), np.eye(6), atol=1e-4)
    between = zx.T @ zy / (len(x) - 1)
    assert np.allclose(between, np.diag(cca.correlations_), atol=1e-4)
    assert np.allclose(cca.correlations_, [np.corrcoef(zx[:, j], zy[:, j])[0, 1] for j in range(6)], atol=1e-5)
    assert (np.diff(cca.correlations_) <= 0).all() and cca.correlations_[2] > 2 * cca.correlations_[3]


def test_a_linear_change_of_a_view_changes_nothing():
    x, y = views()
    turned = x @ np.random.default_rng(1).normal(size=(8, 8)) + 100
    a, b = (CCA(regularization=0).fit(v, y).correlations_ for v in (x, turned))
    assert np.allclose(a, b, atol=1e-4)


def test_the_scale_of_a_view_changes_nothing_with_a_regulariser_either():
    x, y = views()
    a, b = (CCA(regularization=0.1).fit(v, y) for v in (x, 1000 * x))
    assert np.allclose(a.correlations_, b.correlations_, atol=1e-5)


def test_a_strong_regulariser_leaves_the_directions_of_the_largest_covariance():
    x, y = views()
    cca = CCA(2, regularization=1e9).fit(x, y)
    u, _, vt = np.linalg.svd((x - x.mean(0)).T @ (y - y.mean(0)))
    for found, wanted in ((cca.x_weights_, u), (cca.y_weights_, vt.T)):
        cosine = np.abs((found / np.linalg.norm(found, axis=0) * wanted[:, :2]).sum(axis=0))
        assert np.allclose(cosine, 1, atol=1e-4)


def test_power_scales_by_the_correlation_and_l2_comes_last():
    x, y = views()
    plain = CCA(regularization=0, power=0, l2=False).fit(x, y)
    scaled = CCA(regularization=0, power=4, l2=True).fit(x, y)
    wanted = plain.transform(x) * plain.correlations_**4
    assert np.allclose(scaled.transform(x), wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-4)
    assert np.allclose(np.linalg.norm(scaled.transform(y=y), axis=1), 1, atol=1e-5)


def test_transform_takes_either_side_or_both():
    x, y = views()
    cca = CCA(3).fit(x, y)
    zx, zy = cca.transform(x, y)
    assert zx.shape == (400, 3) and zx.dtype == np.float32
    assert np.array_equal(cca.transform(x=x), zx) and np.array_equal(cca.transform(y=y[:7]), zy[:7])
    assert np.array_equal(np.array(clone(cca).fit_transform(x, y)), np.array([zx, zy]))
    with pytest.raises(ValueError, match="needs x, or y, or both"):
        cca.transform()


def test_a_pair_is_found_among_others():
    x, y = views(noise=0.3)
    cca = CCA(3).fit(x[:200], y[:200])
    zx, zy = cca.transform(x[200:], y[200:])
    hit = (zx @ zy.T).argmax(axis=1) == np.arange(200)
    assert hit.mean() > 0.2  # chance is 0.005


def test_score_is_the_mean_correlation_of_pairs_that_were_not_seen():
    x, y = views(n=60, dx=30, dy=20)
    weak, strong = (CCA(3, regularization=r).fit(x[:40], y[:40]) for r in (1e-6, 1.0))
    assert weak.score(x[:40], y[:40]) > strong.score(x[:40], y[:40])  # fits what it has seen
    assert weak.score(x[40:], y[40:]) < strong.score(x[40:], y[40:])  # and not what it has not
    zx, zy = CCA(3, regularization=1.0, power=0, l2=False).fit(x[:40], y[:40]).transform(x[40:], y[40:])
    assert strong.score(x[40:], y[40:]) == pytest.approx(np.mean([np.corrcoef(zx[:, j], zy[:, j])[0, 1] for j in range(3)]), abs=1e-5)


def test_components_beyond_what_is_shared_are_allowed_in_many_blocks():
    x, y = views(n=9000)  # more rows than are taken to float64 at a time
    whole = CCA(regularization=0).fit(x, y).correlations_
    a, b = ((v - v.mean(0)) for v in (x.astype(np.float32).astype(float), y.astype(np.float32).astype(float)))
    roots = [np.linalg.qr(v)[0] for v in (a, b)]
    assert np.allclose(whole, np.linalg.svd(roots[0].T @ roots[1])[1], atol=1e-6)


def test_fewer_rows_than_columns_need_a_regulariser():
    x, y = views(n=20, dx=30, dy=6)
    with pytest.raises(ValueError, match=r"covariance of x is singular: column \d+ is a combination.*20 rows, 30 columns.*regularization"):
        CCA(regularization=0).fit(x, y)
    cca = CCA(regularization=1e-3).fit(x, y)
    assert np.isfinite(cca.transform(x)).all() and cca.correlations_[0] > 0.99


def test_a_column_that_depends_on_others_is_named():
    x, y = views()
    with pytest.raises(ValueError, match="covariance of y is singular: column 6 is a combination"):
        CCA(regularization=0).fit(x, np.hstack([y, y[:, :1] - 2 * y[:, 3:4]]))


def test_a_constant_column_is_named_and_carries_nothing_under_a_regulariser():
    x, y = views()
    x[:, 2] = 7
    with pytest.raises(ValueError, match="column 2 never changes"):
        CCA(regularization=0).fit(x, y)
    cca = CCA(regularization=1e-4).fit(x, y)
    assert np.abs(cca.x_weights_[2]).max() < 1e-9 * np.abs(cca.x_weights_).max()
    other = CCA(regularization=(1e-4 * 7 / 8, 1e-4)).fit(np.delete(x, 2, axis=1), y)  # the mean variance is over one column fewer
    assert np.allclose(cca.correlations_, other.correlations_, atol=1e-6)


def test_a_constant_view_correlates_with_nothing():
    x, y = views()
    with pytest.raises(ValueError, match="y never changes"):
        CCA().fit(x, np.full_like(y, 3.0))


def test_a_component_that_does_not_vary_on_new_pairs_correlates_zero():
    x, y = views()
    same = np.repeat(x[:1], 5, axis=0)
    assert CCA(2).fit(x, y).correlations(same, y[:5]).tolist() == [0, 0]


@pytest.mark.parametrize("made, words", [
    (lambda x, y: CCA().fit(x[:-1], y), "x has 399 rows and y has 400.*same item"),
    (lambda x, y: CCA().fit(x[:1], y[:1]), "at least 2 pairs; got 1"),
    (lambda x, y: CCA(7).fit(x, y), r"between 1 and 6 \(columns 8 and 6, 400 pairs\); got 7"),
    (lambda x, y: CCA(0).fit(x, y), "between 1 and 6"),
    (lambda x, y: CCA(6).fit(x[:5], y[:5]), "between 1 and 4"),
    (lambda x, y: CCA(regularization=-1).fit(x, y), "at least 0, or a pair"),
    (lambda x, y: CCA(regularization=float("nan")).fit(x, y), "at least 0, or a pair"),
    (lambda x, y: CCA(power=-1).fit(x, y), "power must be at least 0"),
    (lambda x, y: CCA().fit(np.where(x == x[3, 3], np.nan, x), y), "x has a value that is not finite"),
    (lambda x, y: CCA().fit(x, y).transform(y=x), "y has 8 columns, but 6 are expected"),
    (lambda x, y: CCA().fit(x, y).correlations(x[:1], y[:1]), "at least 2 pairs"),
])
def test_bad_input_gets_words(made, words):
    with pytest.raises(ValueError, match=words):
        made(*views())


def test_not_fitted():
    with pytest.raises(NotFittedError):
        CCA().transform(np.ones((2, 3)))


def test_several_regularisers_at_once_are_each_the_one():
    x, y = views()
    for share, found in zip((1e-3, (0.1, 1.0)), fit_several(x, y, (1e-3, (0.1, 1.0)), 4, power=2), strict=True):
        wanted = CCA(4, share, power=2).fit(x, y)
        assert np.array_equal(found.correlations_, wanted.correlations_) and np.array_equal(found.transform(x), wanted.transform(x))
        assert np.array_equal(found.transform(y=y), wanted.transform(y=y)) and found.n_samples_ == len(x)
    assert found.correlations_[0] < fit_several(x, y, (1e-3,))[0].correlations_[0]


def test_several_regularisers_are_checked_before_anything_is_worked_out():
    x, y = views()
    with pytest.raises(ValueError, match="at least 0"):
        fit_several(x, y, (0.1, -1))
    with pytest.raises(ValueError, match="n_components"):
        fit_several(x, y, (0.1,), 7)
