"""PCA and whitening against scikit-learn and FAISS, number for number, with the scale between them."""

import faiss
import numpy as np
import pytest
from sklearn.decomposition import PCA as TheirPCA

from visret_lab.bench import pca as bench
from visret_lab.bench.race import run_race
from visret_lab.compact.pca import PCA

RNG = np.random.default_rng(3)
X = (RNG.normal(size=(2000, 24)) @ (RNG.normal(size=(24, 24)) * np.geomspace(3, 0.3, 24)) + 4).astype(np.float32)
WIDE = RNG.normal(size=(80, 300)).astype(np.float32)
NEW = RNG.normal(4, 3, (100, 24)).astype(np.float32)


def turned(theirs, ours):
    """Their columns with our signs."""
    return theirs * np.sign((theirs * ours).sum(axis=0))


def by_faiss(x, count, power=0.0, epsilon=0.0):
    matrix = faiss.PCAMatrix(x.shape[1], count, power)
    matrix.epsilon = epsilon
    matrix.train(x)
    return matrix


@pytest.mark.parametrize("whiten", [False, True])
@pytest.mark.parametrize("solver", ["full", "covariance_eigh"])
def test_scikit_learn(whiten, solver):
    theirs = TheirPCA(10, whiten=whiten, svd_solver=solver).fit(X.astype(np.float64))
    ours = PCA(10, power=0.5 if whiten else 0).fit(X)
    assert np.allclose(ours.mean_, theirs.mean_, atol=1e-5)
    assert np.allclose(np.abs(ours.components_), np.abs(theirs.components_), atol=1e-4)
    assert np.allclose(ours.variance_, theirs.explained_variance_, rtol=1e-5)
    assert np.allclose(ours.explained_variance_ratio_, theirs.explained_variance_ratio_, rtol=1e-5)
    z = ours.transform(NEW)
    assert np.allclose(z, turned(theirs.transform(NEW), z), atol=1e-3)
    assert np.allclose(ours.inverse_transform(z), theirs.inverse_transform(theirs.transform(NEW)), atol=1e-3)


def test_scikit_learn_with_fewer_rows_than_dimensions():
    theirs, ours = TheirPCA(79, svd_solver="full").fit(WIDE.astype(np.float64)), PCA().fit(WIDE)
    assert len(ours.components_) == 79 and np.allclose(ours.variance_, theirs.explained_variance_, rtol=1e-5)
    z = ours.transform(WIDE)
    assert np.allclose(z, turned(theirs.transform(WIDE), z), atol=1e-3)


def test_faiss_rotation():
    z = PCA(10).fit(X).transform(NEW)
    assert np.allclose(z, turned(by_faiss(X, 10).apply(NEW), z), atol=5e-3)


@pytest.mark.parametrize("power", [0.25, 0.5])
def test_faiss_takes_the_power_of_the_unscaled_scatter(power):
    z = PCA(10, power=power).fit(X).transform(NEW)
    theirs = turned(by_faiss(X, 10, -power).apply(NEW), z)
    assert np.allclose(z, theirs * 1999**power, atol=1e-2)  # the ratio is the root of n - 1 for full whitening
    units = [a / np.linalg.norm(a, axis=1, keepdims=True) for a in (z, theirs)]
    assert np.allclose(*units, atol=1e-3)  # and no difference after L2


def test_faiss_adds_epsilon_to_the_unscaled_scatter():
    z = PCA(10, power=0.5, epsilon=0.2).fit(X).transform(NEW)
    theirs = turned(by_faiss(X, 10, -0.5, epsilon=0.2 * 1999).apply(NEW), z)
    assert np.allclose(z, theirs * 1999**0.5, atol=1e-2)


@pytest.mark.parametrize("race", bench.races(small=True), ids=lambda race: f"{race.name} / {race.reference}")
def test_races_agree(race):
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance
