"""A prepared similarity network against PyTorch's layers over stacked pairs; OASIS against a solver of its own definition."""

import numpy as np
import pytest
import torch

from visret_lab.bench.race import run_race
from visret_lab.bench.similarity import layers, races, stacked
from visret_lab.training.oasis import OASIS
from visret_lab.training.similarity import SIZES, SimilarityNet

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.name)
def test_the_race_agrees(race):
    assert np.std(race.ours(), axis=1).min() > 1e-4  # the scores tell images apart
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance


def test_a_paper_sized_network_agrees():
    torch.manual_seed(1)
    network = SimilarityNet(512, SIZES["A"])
    x = np.random.default_rng(1).normal(size=(21, 512)).astype(np.float32)
    assert np.abs(network.scores(x[0], network.prepared(x[1:])) - stacked(layers(network), x[0], x[1:])).max() < 1e-5


def test_a_step_of_oasis_is_the_smallest_that_pays():
    """The step is the closest matrix without loss: of all W' with s(q, p) - s(q, n) >= 1, the one nearest to W."""
    from scipy.optimize import minimize

    x = np.array([[1.0, 0.2], [0.6, 0.1], [0.9, -0.5]])
    w = OASIS(100.0, n_triplets=1, seed=0).fit(x, [0, 0, 1]).matrix_
    found = []
    for q, p in ((0, 1), (1, 0)):
        rule = {"type": "ineq", "fun": lambda m, q=q, p=p: x[q] @ m.reshape(2, 2) @ (x[p] - x[2]) - 1}
        found.append(minimize(lambda m: ((m - np.eye(2).ravel()) ** 2).sum(), np.eye(2).ravel(), constraints=[rule], tol=1e-12).x.reshape(2, 2))
    assert min(np.abs(w - want).max() for want in found) < 1e-5
