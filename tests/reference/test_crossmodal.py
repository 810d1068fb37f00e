"""Closed-form CCA against the generalised eigenproblem of its definition, and against scikit-learn."""

import numpy as np
import pytest
from scipy.linalg import eigh

from visret_lab.bench.crossmodal import races, two_views
from visret_lab.bench.race import run_race
from visret_lab.crossmodal.cca import CCA

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.name)
def test_the_race_agrees(race):
    assert np.std(race.ours()) > 1e-3  # not all alike
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance


@pytest.mark.parametrize("share", [0.0, 1e-3, 1.0])
def test_correlations_are_those_of_the_generalised_eigenproblem(share):
    """[0 C_xy; C_yx 0] w = rho [C_xx 0; 0 C_yy] w: the stationary points of the correlation, by another road."""
    x, y = (v.astype(np.float64) for v in two_views(500, (12, 9), 6))
    joint, split = np.cov(x.T, y.T), np.zeros((21, 21))
    for part in (slice(12), slice(12, 21)):
        own = joint[part, part]
        split[part, part] = own + share * np.trace(own) / len(own) * np.eye(len(own))
        joint[part, part] = 0
    rho, weights = eigh(joint, split)
    cca = CCA(regularization=share).fit(x, y)
    assert np.abs(cca.correlations_ - rho[::-1][:9]).max() < 1e-6
    for j in range(6):  # and so are the directions
        wanted = weights[:12, ::-1][:, j]
        cosine = cca.x_weights_[:, j] @ wanted / np.linalg.norm(cca.x_weights_[:, j]) / np.linalg.norm(wanted)
        assert abs(cosine) > 1 - 1e-6
