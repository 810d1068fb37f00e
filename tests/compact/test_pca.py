"""PCA and whitening: the four steps, the ways back, and what is refused."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from visret_lab.compact import pca as module
from visret_lab.compact.pca import PCA, principal, same_signs

RNG = np.random.default_rng(0)
TURN = np.linalg.qr(RNG.normal(size=(12, 12)))[0]
SIGMA = np.geomspace(4, 0.05, 12)
X = (RNG.normal(size=(3000, 12)) * SIGMA @ TURN.T + 5).astype(np.float32)
WIDE = RNG.normal(size=(20, 60)).astype(np.float32)  # fewer rows than dimensions


def energies(x, vectors):
    """Sum of squares of the centred rows along each column, by plain loops."""
    away = x.astype(float) - x.astype(float).mean(axis=0)
    return [sum(float(row @ v) ** 2 for row in away) for v in vectors.T]


def test_the_four_steps():
    mean, directions, variances, total = principal(X, 5)
    assert np.allclose(mean, X.astype(float).mean(0), atol=1e-5)
    assert np.allclose(directions.T @ directions, np.eye(5), atol=1e-6)
    c = np.cov(X.T.astype(float))
    assert total == pytest.approx(np.trace(c), rel=1e-6)
    assert np.allclose(c @ directions, directions * variances, atol=1e-4)  # C u = v u
    assert (np.diff(variances) < 0).all() and np.allclose(variances, np.array(energies(X, directions)) / 2999, rtol=1e-5)
    assert np.abs(directions.T @ TURN[:, :5]).diagonal().min() > 0.99  # the axes that the data were made with


def test_no_other_directions_keep_more():
    kept = sum(principal(X, 3)[2])
    for _ in range(50):
        other = np.linalg.qr(RNG.normal(size=(12, 3)))[0]
        assert ((X - X.mean(0)) @ other).var(axis=0, ddof=1).sum() < kept
    assert sum(energies(X, TURN[:, :3])) / 2999 <= kept * (1 + 1e-6)


def test_few_rows_of_many_dimensions_give_what_the_covariance_gives():
    mean, directions, variances, total = principal(WIDE, 19)
    values, vectors = np.linalg.eigh(np.cov(WIDE.T.astype(float)))
    assert np.allclose(variances, values[::-1][:19], rtol=1e-6) and total == pytest.approx(values.sum())
    assert np.allclose(directions, same_signs(vectors[:, ::-1][:, :19]), atol=1e-4)
    assert np.allclose(directions.T @ directions, np.eye(19), atol=1e-5)


def test_blocks_of_rows_change_nothing(monkeypatch):
    whole = principal(X)
    monkeypatch.setattr(module, "ROWS", 700)
    for a, b in zip(whole, principal(X), strict=True):
        assert np.allclose(a, b, rtol=1e-5, atol=1e-6)


def test_the_largest_entry_is_positive():
    for x in (X, WIDE):
        directions = principal(x, 6)[1]
        assert (directions[np.abs(directions).argmax(0), np.arange(6)] > 0).all()


@pytest.mark.parametrize("x", [X, WIDE], ids=["many rows", "few rows"])
def test_rotation_keeps_all_distances_of_the_training_rows(x):
    z = PCA().fit_transform(x)
    pairs = np.linalg.norm(x[:10, None] - x[:10], axis=2)
    assert z.dtype == np.float32 and np.allclose(np.linalg.norm(z[:10, None] - z[:10], axis=2), pairs, atol=1e-3)


def test_energy_and_error_are_what_is_lost():
    made = PCA(4).fit(X)
    total = X.astype(float).var(axis=0, ddof=1).sum()
    assert np.allclose(made.explained_variance_ratio_, made.variance_ / total, rtol=1e-5)
    lost = made.reconstruction_error(X)
    assert np.allclose(lost, ((X - made.inverse_transform(made.transform(X))) ** 2).sum(1), rtol=1e-2, atol=1e-4)
    assert lost.sum() / (len(X) - 1) == pytest.approx(total - made.variance_.sum(), rel=1e-3)


@pytest.mark.parametrize("power", [0, 0.25, 0.5])
@pytest.mark.parametrize("epsilon", [0, 0.3])
def test_the_power_is_on_the_variance(power, epsilon):
    made = PCA(6, power=power, epsilon=epsilon).fit(X)
    spread = made.transform(X).astype(float).std(axis=0, ddof=1)
    assert np.allclose(spread, made.variance_**0.5 / (made.variance_ + epsilon) ** power, rtol=1e-3)
    back = made.inverse_transform(made.transform(X))
    assert np.allclose(back, PCA(6).fit(X).inverse_transform(PCA(6).fit(X).transform(X)), atol=1e-3)


def test_full_whitening_gives_the_identity():
    z = PCA(power=0.5).fit_transform(X).astype(float)
    assert np.allclose(np.cov(z.T), np.eye(12), atol=1e-3) and np.abs(z.mean(0)).max() < 1e-3


def test_l2_before_and_after():
    made = PCA(5, l2_before=True, l2_after=True).fit(X)
    units = X / np.linalg.norm(X, axis=1, keepdims=True)
    z = PCA(5).fit(units).transform(units)
    assert np.allclose(made.transform(X), z / np.linalg.norm(z, axis=1, keepdims=True), atol=1e-4)
    assert np.allclose(made.transform(3 * X), made.transform(X), atol=1e-4)
    with pytest.raises(ValueError, match="length of each row"):
        made.inverse_transform(z)


def test_zero_rows():
    padded = np.concatenate([X, np.zeros((50, 12), np.float32)])
    directional = PCA(5, l2_before=True, l2_after=True).fit(padded)
    assert directional.n_samples_ == 3000 and not directional.transform(padded)[3000:].any()
    assert np.allclose(directional.mean_, PCA(5, l2_before=True).fit(X).mean_, atol=1e-6)
    as_point = PCA(5).fit(padded)  # without l2_before zero is a place like any other
    assert as_point.n_samples_ == 3050 and np.abs(as_point.transform(padded)[3000:]).max() > 1


def test_a_constant_column_has_no_direction():
    flat = np.concatenate([X, np.full((3000, 2), 7, np.float32)], axis=1)
    assert len(PCA(power=0.5).fit(flat).components_) == 12
    for count in (13, 14):
        with pytest.raises(ValueError, match="have at most 12"):
            PCA(count, power=0.5).fit(flat)
    wide = np.concatenate([WIDE, WIDE[:5]])  # 25 rows, 20 of them different
    assert len(PCA().fit(wide).components_) == 19
    with pytest.raises(ValueError, match="have at most 19"):
        PCA(22).fit(wide)


@pytest.mark.parametrize("rows", [0, 1])
def test_a_variance_needs_two_rows(rows):
    with pytest.raises(ValueError, match="at least 2 training rows"):
        PCA(1).fit(X[:rows])
    with pytest.raises(ValueError, match="not zero"):
        PCA(1, l2_before=True).fit(np.concatenate([X[:rows], np.zeros((9, 12))]))


def test_equal_rows_are_refused():
    for x in (np.ones((30, 4)), np.ones((3, 40))):
        with pytest.raises(ValueError, match="no direction of variance"):
            PCA().fit(x)


def test_bad_input():
    for count, words in ((0, "At least 1 of the components .* at most 12"), (13, "13 components .* at most 12")):
        with pytest.raises(ValueError, match=words):
            PCA(count).fit(X)
    with pytest.raises(ValueError, match="have at most 19"):
        PCA(20).fit(WIDE)
    for wrong in ({"power": -0.5}, {"power": 1.5}, {"epsilon": -1}, {"epsilon": np.nan}):
        with pytest.raises(ValueError, match="power must be"):
            PCA(2, **wrong).fit(X)
    broken = X.copy()
    broken[7, 3] = np.nan
    with pytest.raises(ValueError, match=r"first at \(7, 3\)"):
        PCA(2).fit(broken)
    with pytest.raises(NotFittedError):
        PCA(2).transform(X)
    made = PCA(2).fit(X)
    with pytest.raises(ValueError, match="12 are expected"):
        made.transform(X[:, :11])
    with pytest.raises(ValueError, match="2 are expected"):
        made.inverse_transform(X)
    with pytest.raises(ValueError, match="not finite"):
        made.transform(broken)


@pytest.mark.parametrize("power", [0.0, 0.25, 0.5])
def test_the_first_components_are_what_fit_gives(power):
    whole = PCA(l2_before=True, l2_after=True).fit(X)
    made, fitted = whole.first(5, power, 0.1), PCA(5, power, 0.1, l2_before=True, l2_after=True).fit(X)
    assert np.allclose(made.transform(X), fitted.transform(X), atol=1e-5) and len(whole.components_) == 12
    assert made.get_params() == fitted.get_params()
    assert np.allclose(made.explained_variance_ratio_, fitted.explained_variance_ratio_)
    for count in (0, 13):
        with pytest.raises(ValueError, match="has 12 components"):
            whole.first(count)


def test_the_face_of_an_estimator():
    made = clone(PCA(4, power=0.25, epsilon=0.1)).fit(X)
    assert made.get_params() == {"n_components": 4, "power": 0.25, "epsilon": 0.1, "l2_before": False, "l2_after": False}
    assert made.components_.shape == (4, 12) and made.components_.flags.c_contiguous
    for same in (np.asfortranarray(X), X.astype(np.float64), np.repeat(X, 2, axis=1)[:, ::2]):
        assert np.allclose(made.transform(same), made.transform(X), atol=1e-5)
        assert np.allclose(PCA(4).fit(same).components_, made.components_, atol=1e-5)
    assert made.transform(X[0]).shape == (1, 4) and made.transform(X[:0]).shape == (0, 4)
