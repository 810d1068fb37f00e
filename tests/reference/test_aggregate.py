"""VLAD against a loop, Fisher vectors against scikit-image, posteriors against scikit-learn."""

import numpy as np
import pytest

from visret_lab.bench.aggregate import as_sklearn, images_of_clouds, races, scikit_fisher
from visret_lab.bench.race import run_race
from visret_lab.encoding.fisher import FisherVector
from visret_lab.encoding.gmm import DiagonalGMM

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.chapter)
def test_the_races_agree(race):
    assert np.abs(race.ours()).max() > 0.05
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance


def mixture(scale):
    """Eight Gaussians in 10-D whose means lie `scale` apart, and images of their descriptors."""
    rng = np.random.default_rng(4)
    sets, _ = images_of_clouds(6, 50, 10, 8, rng)
    gmm = DiagonalGMM.from_parameters(rng.dirichlet(np.ones(8) * 3), scale * rng.normal(size=(8, 10)), rng.uniform(0.1, 2, (8, 10)))
    return gmm, sets


@pytest.mark.parametrize("scale", [0.1, 1, 4])
def test_posteriors_are_those_of_scikit_learn(scale):
    gmm, sets = mixture(scale)
    theirs = as_sklearn(gmm).predict_proba(sets[0].astype(np.float64))
    assert np.abs(gmm.posteriors(sets[0]) - theirs).max() < 1e-12


def test_scikit_images_variance_block_has_the_other_sign():
    from skimage.feature import fisher_vector

    gmm, sets = mixture(0.5)
    theirs = fisher_vector(sets[0].astype(np.float64), as_sklearn(gmm))
    ours = FisherVector(gmm=gmm, blocks=("weights", "means", "variances"), power=1, l2=False).transform(sets[:1])[0]
    edge = 8 + 80
    assert len(theirs) == len(ours) == 8 + 2 * 80
    assert np.allclose(ours[:edge], theirs[:edge], atol=1e-6)
    assert np.allclose(ours[edge:], -theirs[edge:], atol=1e-6) and np.abs(ours[edge:] - theirs[edge:]).max() > 0.1


def test_the_improved_vector():
    gmm, sets = mixture(0.5)
    theirs = scikit_fisher([s.astype(np.float64) for s in sets], as_sklearn(gmm))
    theirs = np.sign(theirs) * np.abs(theirs) ** 0.5
    theirs /= np.linalg.norm(theirs, axis=1, keepdims=True)
    ours = FisherVector(gmm=gmm, blocks=("weights", "means", "variances")).transform(sets)
    assert np.abs(ours - theirs).max() < 2e-5  # near zero the root stretches the rounding of float32
