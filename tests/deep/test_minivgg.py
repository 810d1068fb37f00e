"""MiniVGG: names of its layers, sizes, and batch normalisation folded away."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save

from visret_lab.deep.backbones import Backbone, minivgg
from visret_lab.deep.minivgg import DEVIATION, MEAN, MiniVGG, folded, layers
from visret_lab.deep.shipped import WEIGHTS
from visret_lab.worlds.categories import building
from visret_lab.worlds.town.render import render
from visret_lab.worlds.town.view import draw_view


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


def test_the_shipped_network_is_small_and_is_what_its_card_says():
    path = WEIGHTS / "minivgg.safetensors"
    card = json.loads(path.with_suffix(".json").read_text())
    backbone = minivgg()
    assert path.stat().st_size < 5e6
    assert sum(p.numel() for p in backbone.network.parameters()) == card["parameters"]
    assert backbone.network.classifier[-1].out_features == len(card["categories"]) == 48
    log = [json.loads(line) for line in path.with_name("minivgg_log.jsonl").read_text().splitlines()]
    assert log[-1]["step"] == card["schedule"]["steps"] and abs(log[-1]["accuracy"] - card["accuracy"]) < 0.02


def test_the_shipped_network_tells_new_buildings_apart():
    """Buildings of another seed than those it learnt from; chance is 1 of 48."""
    right, network = [], minivgg()
    for category in range(0, 48, 3):
        rng = np.random.default_rng([77, category])
        image = render(building(category, rng), draw_view(rng, easy=True), rng, (192, 144))[0]
        right.append(int(network.classify(image).argsort(descending=True)[:5].eq(category).any()))
    assert np.mean(right) > 0.4  # of 48, five would be right one time in ten


def test_missing_and_damaged_weights_say_how_to_make_them_again(tmp_path):
    with pytest.raises(FileNotFoundError, match="pretrain_minivgg.py"):
        minivgg(tmp_path / "nothing.safetensors")
    whole, cut = (WEIGHTS / "minivgg.safetensors").read_bytes(), tmp_path / "cut.safetensors"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="damaged.*pretrain_minivgg.py"):
        minivgg(cut)
    cut.write_bytes(save({"other": torch.zeros(3)}))
    with pytest.raises(ValueError, match="pretrain_minivgg.py"):
        minivgg(cut)
