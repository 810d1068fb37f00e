"""Patches against OpenCV, the loss against loops and torch's own distances, HardNet's input against torch's normalisation."""

import numpy as np
import pytest
import torch

from visret_lab.bench.deep_local import races
from visret_lab.bench.race import run_race
from visret_lab.deep.patches import normalised
from visret_lab.training.losses.hardest_in_batch import hardest, hardest_in_batch

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.name)
def test_the_races_agree(race):
    assert np.abs(race.ours()).max() > 0.05
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance


def test_the_loss_is_torchs_triplet_loss_on_the_chosen_triplets():
    rng = torch.Generator().manual_seed(0)
    a, p = (torch.nn.functional.normalize(torch.randn(20, 8, generator=rng, dtype=torch.float64), dim=1) for _ in range(2))
    found = hardest(a, p)
    swapped = found.column == torch.arange(20)  # the negative is an anchor
    first, second = torch.where(swapped[:, None], p, a), torch.where(swapped[:, None], a, p)
    third = torch.where(swapped[:, None], a[found.row], p[found.column])
    wanted = torch.nn.functional.triplet_margin_loss(first, second, third, margin=1.0)
    assert 0 < swapped.sum() < 20
    assert hardest_in_batch(a, p).item() == pytest.approx(wanted.item(), abs=1e-5)


def test_the_light_as_a_layer_of_torch():
    x = 90 * torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    wanted = torch.nn.functional.instance_norm(x, eps=0) * (1023 / 1024) ** 0.5  # torch divides by n, std by n - 1
    assert torch.allclose(normalised(x), wanted, atol=1e-5)
