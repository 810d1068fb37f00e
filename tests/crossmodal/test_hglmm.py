import numpy as np
import pytest
from scipy.stats import laplace, norm
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.mixture import GaussianMixture

from visret_lab.crossmodal.hglmm import HGLMM, weighted_median


def rows(n=1500, seed=0, dim=6):
    """Two far groups; the first half of the numbers is Gaussian in the first group and Laplacian in the second, the rest the other way."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) % 2
    bell = (np.arange(dim) < dim // 2)[None] == (group == 0)[:, None]
    noise = np.where(bell, rng.normal(size=(n, dim)), rng.laplace(size=(n, dim)))
    return (np.where(group[:, None] == 0, 0.0, 9.0) + noise).astype(np.float32), group


def test_every_number_gets_the_kind_that_it_has():
    x, _ = rows(4000)
    model = HGLMM(2, per_component=2000).fit([x])
    first = model.centers_[:, 0].argsort()
    assert model.gaussian_[first].tolist() == [[True] * 3 + [False] * 3, [False] * 3 + [True] * 3]
    assert np.allclose(model.centers_[first], [[0] * 6, [9] * 6], atol=0.15) and np.allclose(model.weights_, 0.5, atol=0.01)
    assert np.allclose(model.scales_, 1, atol=0.1)  # a standard deviation of 1, a mean absolute deviation of 1


@pytest.mark.parametrize("kind", ["hybrid", "gaussian", "laplacian"])
def test_the_log_likelihood_never_falls(kind):
    rng = np.random.default_rng(3)
    x = np.vstack([rng.laplace(size=(300, 8)), rng.normal(1, 2, size=(300, 8)), np.repeat(rng.normal(size=(4, 8)), 50, axis=0)])  # repeated words
    for seed in range(3):
        model = HGLMM(7, n_iter=25, tol=0, kind=kind, seed=seed).fit([x])
        steps = np.diff(model.log_likelihoods_)
        assert steps.min() > -1e-8 and model.log_likelihoods_[-1] > model.log_likelihoods_[0] + 0.05, kind


def test_the_hybrid_is_at_least_as_likely_as_either():
    x, _ = rows()
    found = {kind: HGLMM(2, kind=kind).fit([x]).score(x) for kind in ("hybrid", "gaussian", "laplacian")}
    assert found["hybrid"] > max(found["gaussian"], found["laplacian"]) + 0.01


def test_all_gaussian_is_the_mixture_of_scikit_learn():
    x, _ = rows()
    ours = HGLMM(2, n_iter=100, tol=1e-9, kind="gaussian").fit([x])
    theirs = GaussianMixture(2, covariance_type="diag", random_state=0, tol=1e-9).fit(x.astype(np.float64))
    order, other = ours.centers_[:, 0].argsort(), theirs.means_[:, 0].argsort()
    assert np.allclose(ours.centers_[order], theirs.means_[other], atol=1e-4)
    assert np.allclose(ours.scales_[order] ** 2, theirs.covariances_[other], atol=1e-4)
    assert ours.score(x) == pytest.approx(theirs.score(x.astype(np.float64)), abs=1e-5)


def test_the_density_is_that_of_the_equation():
    rng = np.random.default_rng(1)
    weights, centers, scales, gaussian = [0.3, 0.7], rng.normal(size=(2, 3)), rng.random((2, 3)) + 0.5, rng.random((2, 3)) < 0.5
    model, x = HGLMM.from_parameters(weights, centers, scales, gaussian), rng.normal(size=(5, 3)).astype(np.float32)
    parts = np.array([[w * np.prod([(norm if b else laplace).pdf(v, m, s) for v, m, s, b in zip(row, *rest)])
                       for w, *rest in zip(weights, centers, scales, gaussian)] for row in x])
    assert np.allclose(np.exp(model.score_samples(x)), parts.sum(axis=1), rtol=1e-6)
    assert np.allclose(model.posteriors(x), parts / parts.sum(axis=1, keepdims=True), atol=1e-8)
    assert model.posteriors(x[:0]).shape == (0, 2)


def test_weighted_median_has_the_least_absolute_deviation():
    rng = np.random.default_rng(2)
    x, share = rng.normal(size=(31, 4)), rng.random(31)
    found = weighted_median(x, share)
    cost = lambda m: (share[:, None] * np.abs(x - m)).sum(axis=0)
    assert all((cost(found) <= cost(row) + 1e-12).all() for row in x)
    assert weighted_median(np.array([[5.0], [1.0], [3.0]]), np.array([0.0, 1.0, 1.0])).tolist() == [1.0]
    assert weighted_median(np.array([[5.0], [1.0], [3.0]]), np.array([3.0, 1.0, 1.0])).tolist() == [5.0]


def test_a_word_that_is_repeated_does_not_make_a_scale_of_zero():
    x, _ = rows(200)
    model = HGLMM(3, floor=0.1).fit([np.vstack([x, np.full((300, 6), 30.0)])])
    assert model.scales_.min() > 0 and np.isfinite(model.score_samples(x)).all()
    assert (np.abs(model.centers_ - 30).max(axis=1) < 1e-3).any()  # one component sits on the word


def test_fitting_twice_gives_the_same_and_words_may_come_in_sentences():
    x, _ = rows(300)
    a, b = HGLMM(3).fit([x]), HGLMM(3).fit([x[:100], np.zeros((0, 6)), x[100:]])
    assert np.array_equal(a.centers_, b.centers_) and np.array_equal(a.gaussian_, b.gaussian_)
    assert a.converged_ and not HGLMM(3, n_iter=2, tol=0).fit([x]).converged_
    assert clone(a).get_params()["n_components"] == 3


@pytest.mark.parametrize("made, words", [
    (lambda x: HGLMM(0).fit([x]), "at least 1, not 0"),
    (lambda x: HGLMM(2.5).fit([x]), "whole number"),
    (lambda x: HGLMM(floor=0).fit([x]), "floor is a share"),
    (lambda x: HGLMM(kind="normal").fit([x]), "kind must be"),
    (lambda x: HGLMM(5).fit([np.repeat(x[:4], 9, axis=0)]), "5 components cannot be learnt from 4 different rows"),
    (lambda x: HGLMM(2).fit([np.hstack([x, np.ones((len(x), 1))])]), "Dimension 6 has the same value"),
    (lambda x: HGLMM(2).fit([x * np.nan]), "not finite"),
    (lambda x: HGLMM(2).fit([x]).posteriors(x[:, :3]), "3 columns, but 6 are expected"),
    (lambda x: HGLMM(2).fit([x]).score(x[:, :1].astype(float)), "1 columns, but 6 are expected"),
    (lambda x: HGLMM(2).fit([x]).score(x.astype(float) * np.nan), "x has a value that is not finite"),
    (lambda x: HGLMM.from_parameters([1.0], np.ones((1, 3)), np.ones((1, 2)), np.ones((1, 3))), "Expected K weights"),
    (lambda x: HGLMM.from_parameters([1.0], np.ones((1, 2)), np.zeros((1, 2)), np.ones((1, 2))), "scales must be positive"),
])
def test_bad_input_gets_words(made, words):
    with pytest.raises(ValueError, match=words):
        made(rows(200)[0])


def test_not_fitted():
    with pytest.raises(NotFittedError):
        HGLMM().posteriors(np.ones((2, 3)))
