"""MiniVGG: names of its layers, sizes, and batch normalisation folded away."""

import numpy as np
import pytest
import torch

from visret_lab.deep.backbones import Backbone
from visret_lab.deep.minivgg import DEVIATION, MEAN, MiniVGG, folded, layers


@pytest.fixture(scope="module")
def trained():
    torch.manual_seed(0)
    network = MiniVGG(10, normalise=True).train()
    for _ in range(4):  # so that means and variances are not those of the start
        network(3 * torch.randn(8, 3, 64, 64) + 1)
    for part in network.features:
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(part.weight, 0.5, 2)
            torch.nn.init.uniform_(part.bias, -1, 1)
    return network.eval()


def test_folding_changes_no_output(trained):
    x = torch.randn(2, 3, 96, 128)
    plain = folded(trained)
    with torch.no_grad():
        want, got = trained(x), plain(x)
    assert torch.allclose(want, got, atol=1e-4 * want.abs().max())
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in plain.modules())


def test_it_stays_below_five_megabytes():
    count = sum(p.numel() for p in MiniVGG(48).parameters())
    assert 2 * count < 5e6  # bytes, with 16 bits a weight


def test_layers_have_vggs_names_and_sizes(trained):
    backbone = Backbone("minivgg", folded(trained), layers(), MEAN, DEVIATION)
    image = np.random.default_rng(0).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert list(backbone.layers)[:3] == ["conv1_1", "pool1", "conv2_1"]
    sizes = {name: tuple(backbone.maps(image, name).shape[1:]) for name in ("conv1_1", "conv4_2", "conv5_1", "conv5_2", "pool5", "fc6", "fc7")}
    assert sizes == {"conv1_1": (16, 240, 320), "conv4_2": (128, 30, 40), "conv5_1": (160, 15, 20), "conv5_2": (160, 15, 20),
                     "pool5": (160, 7, 10), "fc6": (256,), "fc7": (256,)}
    for name in layers():
        maps = backbone.maps(image, name)
        assert maps.min() >= 0 and maps.max() > 0, name  # behind the ReLU, and alive


def test_an_image_that_is_too_small_is_refused(trained):
    backbone = Backbone("minivgg", folded(trained), layers(), MEAN, DEVIATION)
    with pytest.raises(ValueError, match="20 x 20 are too small for fc6"):
        backbone.maps(np.zeros((20, 20, 3), np.uint8), "fc6")
