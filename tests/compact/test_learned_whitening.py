"""Learned whitening against its definition, and against the generalised eigenvalue problem."""

import numpy as np
import pytest
from scipy.linalg import eigh
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from visret_lab.compact.learned_whitening import LearnedWhitening, as_pairs
from visret_lab.compact.pca import PCA, same_signs

RNG = np.random.default_rng(1)
MIX, CHANGE = RNG.normal(size=(10, 10)), RNG.normal(size=(10, 10)) * 0.3
THINGS = RNG.normal(size=(400, 10)) @ MIX + 2
X = np.concatenate([THINGS + RNG.normal(size=(400, 10)) @ CHANGE for _ in range(2)]).astype(np.float32)
PAIRS = np.stack([np.arange(400), 400 + np.arange(400)], axis=1)


def test_the_differences_become_round():
    z = LearnedWhitening(l2_after=False).fit(X, PAIRS).transform(X).astype(float)
    away = z[PAIRS[:, 0]] - z[PAIRS[:, 1]]
    assert np.allclose(away.T @ away / len(away), np.eye(10), atol=1e-3)


def test_the_first_has_most_spread_and_none_goes_with_another():
    made = LearnedWhitening(l2_after=False).fit(X, PAIRS)
    z = made.transform(X).astype(float)
    assert np.allclose(z.T @ z / len(z), np.diag(made.variance_), atol=1e-3 * made.variance_[0])
    assert (np.diff(made.variance_) < 0).all()
    assert np.abs(z[PAIRS[:, 0]].mean(0)).max() < 1e-3  # the mean of the first of each pair is the origin


def test_it_solves_the_generalised_eigenvalue_problem():
    x, made = X.astype(float), LearnedWhitening(6, l2_after=False).fit(X, PAIRS)
    away, centred = x[PAIRS[:, 0]] - x[PAIRS[:, 1]], x - x[PAIRS[:, 0]].mean(0)
    values, vectors = eigh(centred.T @ centred, away.T @ away / len(away))  # w with w^T S w = 1
    assert np.allclose(made.components_, same_signs(vectors[:, ::-1][:, :6]).T, atol=1e-4)
    assert np.allclose(made.variance_ * len(x), values[::-1][:6], rtol=1e-5)


def test_a_direction_that_only_changes_is_weighed_down():
    things = RNG.normal(size=(500, 3))
    noise = np.array([0.1, 0.1, 8.0])
    x = np.concatenate([things + RNG.normal(size=(500, 3)) * noise for _ in range(2)]).astype(np.float32)
    pairs = np.stack([np.arange(500), 500 + np.arange(500)], axis=1)
    assert np.abs(PCA(1).fit(x).components_[0]).argmax() == 2  # it has the largest variance of all
    assert np.abs(LearnedWhitening(2).fit(x, pairs).components_[:, 2]).max() < 0.05


def test_shrunk_to_a_sphere_it_is_a_pca():
    made = LearnedWhitening(shrinkage=1.0, l2_after=False).fit(X, PAIRS)  # S is round: a PCA about m remains
    centred = X - X[PAIRS[:, 0]].mean(0)
    vectors = np.linalg.eigh(centred.T.astype(float) @ centred)[1][:, ::-1]
    units = made.components_ / np.linalg.norm(made.components_, axis=1, keepdims=True)
    assert np.allclose(units, same_signs(vectors).T, atol=1e-4)


def test_shrinkage_helps_where_pairs_are_few():
    with pytest.raises(ValueError, match="9 pairs do not fill 10 dimensions"):
        LearnedWhitening().fit(X, PAIRS[:9])
    made = LearnedWhitening(4, shrinkage=0.1).fit(X, PAIRS[:9])
    assert np.allclose(np.linalg.norm(made.transform(X), axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("shrinkage", [0.1, 0.6])
def test_shrinkage_goes_towards_a_sphere_of_the_same_size(shrinkage):
    made = LearnedWhitening(shrinkage=shrinkage).fit(X, PAIRS[:30])
    away = X[PAIRS[:30, 0]].astype(float) - X[PAIRS[:30, 1]]
    inner = away.T @ away / 30
    shrunk = (1 - shrinkage) * inner + shrinkage * inner.diagonal().mean() * np.eye(10)
    assert np.allclose(made.components_ @ shrunk @ made.components_.T, np.eye(10), atol=1e-4)


def test_l2_and_zero_rows():
    padded = np.concatenate([X, np.zeros((5, 10), np.float32)])
    made = LearnedWhitening(4, l2_before=True).fit(padded, PAIRS)
    assert np.allclose(made.components_, LearnedWhitening(4, l2_before=True).fit(X, PAIRS).components_, atol=1e-6)
    z = made.transform(padded)
    assert not z[800:].any() and np.allclose(np.linalg.norm(z[:800], axis=1), 1, atol=1e-5)
    assert np.allclose(made.transform(5 * X), z[:800], atol=1e-4)


@pytest.mark.parametrize(("pairs", "words"), [
    (np.zeros((0, 2), int), "at least one pair"), (np.zeros((3, 3), int), "P x 2"), (np.ones((3, 2)), "whole numbers"),
    ([[0, 800]], "rows 0 to 799"), ([[-1, 3]], "rows 0 to 799"), ([[0, 1], [4, 4]], "Pair 1 is row 4 with itself")])
def test_bad_pairs(pairs, words):
    with pytest.raises(ValueError, match=words):
        LearnedWhitening().fit(X, pairs)


def test_bad_input():
    for count in (0, 11):
        with pytest.raises(ValueError, match="between 1 and 10"):
            LearnedWhitening(count).fit(X, PAIRS)
    with pytest.raises(ValueError, match="shrinkage"):
        LearnedWhitening(shrinkage=2).fit(X, PAIRS)
    flat = np.concatenate([X, np.ones((800, 1), np.float32)], axis=1)  # a column that never changes within a pair
    with pytest.raises(ValueError, match="do not fill 11 dimensions"):
        LearnedWhitening().fit(flat, PAIRS)
    broken = X.copy()
    broken[0, 0] = np.inf
    with pytest.raises(ValueError, match="not finite"):
        LearnedWhitening().fit(broken, PAIRS)
    with pytest.raises(NotFittedError):
        LearnedWhitening().transform(X)
    with pytest.raises(ValueError, match="10 are expected"):
        LearnedWhitening().fit(X, PAIRS).transform(X[:, :9])


def test_the_face_of_an_estimator():
    made = clone(LearnedWhitening(3)).fit(np.asfortranarray(X), PAIRS.tolist())
    assert made.transform(X).dtype == np.float32 and made.transform(X[:0]).shape == (0, 3)
    assert made.get_params() == {"n_components": 3, "shrinkage": 0.0, "l2_before": False, "l2_after": True}
    assert as_pairs([[0, 1]], 2).dtype == np.int64
