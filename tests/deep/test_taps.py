"""Outputs of parts of a network: those of torchvision's extractor, no work behind the last of them, and nothing left on the network."""

import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.models.feature_extraction import create_feature_extractor

from visret_lab.deep.taps import outputs_of


@pytest.mark.reference
@pytest.mark.parametrize(("name", "paths"), [("squeezenet1_0", ("features.1", "features.12")), ("mobilenet_v2", ("features.3", "features.18")),
                                             ("resnet18", ("layer3", "layer1", "fc"))])
def test_equals_torchvisions_extractor(name, paths):
    torch.manual_seed(0)
    network, x = models.get_model(name, weights=None).eval(), torch.randn(2, 3, 96, 80)
    with torch.inference_mode():
        wanted = create_feature_extractor(network, {p: f"at {p}" for p in paths})(x)
        found = outputs_of(network, x, {f"at {p}": p for p in paths})
    assert list(found) == [f"at {p}" for p in paths]
    for key, value in wanted.items():
        assert torch.equal(found[key], value)


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return x + self.calls


def test_nothing_behind_the_last_part_is_computed_and_no_hook_stays():
    network = nn.Sequential(Counting(), Counting(), Counting())
    found = outputs_of(network, torch.zeros(1), {"b": "1", "a": "0"})
    assert (found["a"].item(), found["b"].item()) == (1, 2)
    assert [part.calls for part in network] == [1, 1, 0]
    assert not any(part._forward_hooks for part in network)


def test_two_names_for_one_part():
    network = nn.Sequential(Counting(), Counting())
    found = outputs_of(network, torch.zeros(1), {"a": "0", "again": "0"})
    assert found["a"] is found["again"]


def test_of_a_part_that_is_called_twice_the_first_output_counts():
    shared = Counting()
    found = outputs_of(nn.Sequential(shared, shared, nn.Identity()), torch.zeros(1), {"shared": "0", "end": "2"})
    assert (found["shared"].item(), found["end"].item()) == (1, 3)


def test_gradients_flow():
    network = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    outputs_of(network, torch.ones(4, 3), {"maps": "0"})["maps"].sum().backward()
    assert network[0].weight.grad is not None
    assert network[2].weight.grad is None


def test_a_part_that_is_not_there_and_one_that_is_not_used_are_named():
    network = nn.Sequential(nn.Identity())
    with pytest.raises(ValueError, match="no part 'features.3'"):
        outputs_of(network, torch.zeros(1), {"a": "features.3"})
    network.spare = nn.Identity()
    network.forward = lambda x: x
    with pytest.raises(ValueError, match="'spare', but does not use it"):
        outputs_of(network, torch.zeros(1), {"a": "spare"})
    assert not network.spare._forward_hooks


def test_an_error_of_the_network_comes_through_and_no_hook_stays():
    network = nn.Sequential(nn.Linear(3, 2), nn.Linear(3, 2))
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        outputs_of(network, torch.ones(1, 3), {"a": "1"})
    assert not network[1]._forward_hooks
