"""The maps that several chapters share."""

from types import SimpleNamespace

import numpy as np
import torch

from visret_lab.deep.backbones import Backbone
from visret_lab.tables.experiments import deep_features


def test_the_last_two_layers_take_one_pass(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
    network = deep_features.Network("tiny", Backbone("tiny", net, {"conv1": "1", "pool1": "2"}, (128.0,) * 3, (64.0,) * 3), "pool1", "conv1")
    images = np.random.default_rng(0).integers(0, 256, (4, 16, 24, 3), dtype=np.uint8)
    data = SimpleNamespace(name="set", tier="mini", version="1", ids=list(range(4)), queries=[], image=lambda i: images[i])
    passes, several = [], Backbone.several
    monkeypatch.setattr(Backbone, "several", lambda self, x, layers: passes.append(tuple(layers)) or several(self, x, layers))
    last = deep_features.maps(network, data)
    local = deep_features.maps(network, data, layer="conv1")
    assert passes == [("conv1", "pool1")] and last[0].shape == (5, 8, 12) and local[0].shape == (5, 16, 24)
    assert np.array_equal(torch.nn.MaxPool2d(2)(torch.from_numpy(local[0])).numpy(), last[0])
    deep_features.maps(network, data, longest=12)
    assert passes[1:] == [("pool1",)]
