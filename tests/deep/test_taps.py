"""A cut network gives what torchvision's extractor gives, does no work behind the last part, and may be used by several threads."""

import sys
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
import torch
from torch import nn
from torchvision import models
from torchvision.models.feature_extraction import create_feature_extractor

from visret_lab.deep.backbones import Backbone
from visret_lab.deep.taps import cut


@pytest.mark.reference
@pytest.mark.parametrize(("name", "paths"), [
    ("squeezenet1_0", ("features.1", "features.12")), ("mobilenet_v2", ("features.3", "features.18")),
    ("resnet18", ("layer3", "layer1", "fc")), ("vgg11", ("classifier", "classifier.1", "features.6"))])
def test_equals_torchvisions_extractor(name, paths):
    torch.manual_seed(0)
    network, x = models.get_model(name, weights=None).eval(), torch.randn(2, 3, 96, 80)
    with torch.inference_mode():
        wanted = create_feature_extractor(network, {p: f"at {p}" for p in paths})(x)
        found = cut(network, {f"at {p}": p for p in paths})(x)
    assert list(found) == [f"at {p}" for p in paths]
    for key, value in wanted.items():
        assert torch.equal(found[key], value)


def chain(*sizes):
    torch.manual_seed(0)
    return nn.Sequential(*(nn.Linear(a, b) for a, b in zip(sizes, sizes[1:], strict=False)))


def test_nothing_behind_the_last_part_is_there_and_the_weights_are_shared():
    network = chain(3, 4, 5, 6)
    made = cut(network, {"b": "1", "a": "0"})
    assert [node.target for node in made.graph.nodes if node.op == "call_module"] == ["0", "1"]
    x = torch.ones(2, 3)
    found = made(x)
    assert list(found) == ["b", "a"] and torch.equal(found["b"], network[1](network[0](x)))
    with torch.no_grad():
        network[0].weight.zero_()
    assert torch.equal(made(x)["a"], network[0].bias.expand(2, 4))


def test_several_threads_at_a_time_get_each_their_own():
    network = nn.Sequential(*(nn.Conv2d(3, 3, 3, padding=1) for _ in range(6))).eval()
    made, inputs = cut(network, {"maps": "4"}), [torch.full((1, 3, 40, 40), float(n)) for n in range(40)]
    with torch.inference_mode():
        wanted = [network[:5](x) for x in inputs]

    def run(x):
        with torch.inference_mode():
            return made(x)["maps"]

    with ThreadPoolExecutor(4) as pool:
        assert all(torch.equal(a, b) for a, b in zip(pool.map(run, inputs), wanted, strict=True))


def test_threads_may_ask_for_their_first_maps_at_the_same_time():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(10):
            network = Backbone("small", chain(3, 4, 5, 6), {"a": "0", "b": "1", "c": "2"}, (0.0,) * 3, (1.0,) * 3)
            with ThreadPoolExecutor(3) as pool:
                assert [m.shape[1] for m in pool.map(network, [torch.ones(2, 3)] * 3, "abc")] == [4, 5, 6]
    finally:
        sys.setswitchinterval(before)


def test_a_copy_of_a_backbone_has_weights_of_its_own():
    one = Backbone("small", chain(3, 4, 5), {"a": "0", "b": "1"}, (0.0,) * 3, (1.0,) * 3)
    x, wanted = torch.ones(2, 3), one(torch.ones(2, 3), "a")
    two = deepcopy(one)
    with torch.no_grad():
        two.network[0].weight.zero_()
    assert torch.equal(one(x, "a"), wanted)
    assert torch.equal(two(x, "a"), two.network[0].bias.expand(2, 4)) and two(x, "b").shape == (2, 5)


def test_of_a_part_that_is_called_twice_the_first_output_counts():
    shared = nn.Linear(2, 2)
    found = cut(nn.Sequential(shared, shared, nn.Identity()), {"shared": "0", "end": "2"})(torch.ones(1, 2))
    assert torch.equal(found["shared"], shared(torch.ones(1, 2)))
    assert torch.equal(found["end"], shared(shared(torch.ones(1, 2))))


def test_gradients_flow_and_the_mode_stays():
    network = chain(3, 2, 1)
    made = cut(network, {"maps": "0"})
    made(torch.ones(4, 3))["maps"].sum().backward()
    assert network[0].weight.grad is not None and network[1].weight.grad is None
    assert made.training and not cut(network.eval(), {"maps": "0"}).training


def test_a_part_that_is_not_there_and_one_that_is_not_used_are_named():
    network = chain(3, 2)
    with pytest.raises(ValueError, match="no part 'features.3'"):
        cut(network, {"a": "features.3"})

    class Spare(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.spare = nn.Linear(1, 1), nn.Linear(1, 1)

        def forward(self, x):
            return self.used(x)

    with pytest.raises(ValueError, match="'spare', but does not use it"):
        cut(Spare(), {"a": "spare"})
