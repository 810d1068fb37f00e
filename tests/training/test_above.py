from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from visret_lab.deep.backbones import Backbone
from visret_lab.deep.end_to_end import EndToEnd
from visret_lab.deep.minivgg import MEAN, DEVIATION, MiniVGG, layers
from visret_lab.deep.pooling import SPoC
from visret_lab.training.above import FromClasses, FromTriplets, layers_above, moved, random_projection
from visret_lab.training.classification import Schedule
from visret_lab.training.label_free import Triplets
from visret_lab.training.loop import minimise
from visret_lab.training.losses.triplet import triplet


@pytest.fixture(scope="module")
def backbone():
    torch.manual_seed(0)
    return Backbone("small", MiniVGG(3), layers(), MEAN, DEVIATION)


def test_the_layers_above_do_what_the_whole_network_does(backbone):
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(2, 3, 64, 48)).astype(np.float32))
    above = layers_above(backbone, "pool4", "conv5_2")
    with torch.no_grad():
        maps = backbone.several(x, ("pool4", "conv5_2"))
        assert torch.equal(above(maps["pool4"]), maps["conv5_2"]) and maps["conv5_2"].max() > 0
    assert all(p.requires_grad for p in above.parameters())
    assert not any(p.requires_grad for p in backbone.network.parameters())  # a copy: the network stays frozen


@pytest.mark.parametrize(("layer", "last", "says"), [("conv5_2", "pool4", "lower"), ("pool4", "fc6", "lower"), ("pool9", "conv5_2", "pool9")])
def test_layers_that_do_not_follow_each_other_are_named(backbone, layer, last, says):
    with pytest.raises(ValueError, match=says):
        layers_above(backbone, layer, last)


def test_the_random_projection_keeps_the_size_of_the_signal_and_follows_its_seed():
    x = torch.from_numpy(np.random.default_rng(1).normal(size=(1, 50, 20, 20)).astype(np.float32))
    one, same, other = (random_projection(50, 400, seed)(x) for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other) and one.shape == (1, 400, 20, 20) and one.min() == 0
    assert one.square().mean().item() == pytest.approx(x.square().mean().item(), rel=0.1)


def clusters():
    """Maps of four things in 3 views each; views differ more than things, in other channels."""
    rng = np.random.default_rng(2)
    things, views = rng.uniform(0, 1, (4, 1, 4)), rng.uniform(0, 4, (1, 3, 4))
    both = np.concatenate(np.broadcast_arrays(things, views), axis=2).reshape(12, 8)
    return [np.broadcast_to(v[:, None, None], (8, 2, 3)).astype(np.float32).copy() for v in both], np.repeat(np.arange(4), 3)


def network():
    torch.manual_seed(1)
    return EndToEnd(nn.Sequential(nn.Conv2d(8, 16, 1), nn.ReLU()), SPoC(prior=False))


def all_triplets(labels):
    n = range(len(labels))
    found = np.array([(a, p, q) for a in n for p in n for q in n if a != p and labels[a] == labels[p] != labels[q]])
    return Triplets(*found.T)


def test_training_with_triplets_puts_them_in_order(tmp_path):
    maps, labels = clusters()
    net = network()
    task = FromTriplets(net, maps, all_triplets(labels), partial(triplet, margin=0.2), batch=16)
    before = task.mean()
    minimise(net, task, Schedule(steps=150, rate=0.02, decay=0, check=150), tmp_path, progress=False)
    assert before > 0.01 and task.mean() < before / 5


def test_the_loss_is_that_of_the_named_maps():
    maps, _ = clusters()
    net, some = network(), Triplets(np.array([0, 3, 0]), np.array([1, 4, 2]), np.array([5, 0, 7]))
    task = FromTriplets(net, maps, some, partial(triplet, margin=0.3))
    with torch.no_grad():
        v = net(torch.from_numpy(np.stack(maps)))
        want = np.mean([triplet(v[a : a + 1], v[p : p + 1], v[n : n + 1], 0.3).item() for a, p, n in zip(*some, strict=True)])
    assert want > 0.05 and task.of(np.arange(3)).item() == pytest.approx(want, abs=1e-6)
    assert task.mean() == pytest.approx(want, abs=1e-6)


def test_classes_are_learnt(tmp_path):
    maps, labels = clusters()
    task = FromClasses(network(), maps, labels, 16, batch=12)
    first = task.loss(np.random.default_rng(0)).item()
    assert first > 0.5  # it does not know them yet
    minimise(task, task.loss, Schedule(steps=150, rate=0.02, decay=0, check=150), tmp_path, progress=False)
    assert task.loss(np.random.default_rng(0)).item() < first / 3


def test_how_far_weights_moved():
    one, same = network(), network()
    assert moved(one, same) == 0
    with torch.no_grad():
        for p in one.parameters():
            p.mul_(1.5)
    assert moved(one, same) == pytest.approx(0.5)


@pytest.mark.parametrize(("call", "says"), [
    (lambda m: FromTriplets(network(), m, Triplets(*[np.array([], int)] * 3), triplet), "of nothing"),
    (lambda m: FromTriplets(network(), m, Triplets(*[np.array([12])] * 3), triplet), "12 maps"),
    (lambda m: FromClasses(network(), m, [0, 1], 16), "one label"), (lambda m: FromClasses(network(), m, [0] * 12, 16), "two classes")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call(clusters()[0])


def test_layers_above_need_layers_that_follow_each_other():
    whole = SimpleNamespace(name="x", layers={"a": "features.0", "b": "classifier.1"}, require_layer=lambda name: None)
    with pytest.raises(ValueError, match="Nothing can be learnt between a and b"):
        layers_above(whole, "a", "b")
