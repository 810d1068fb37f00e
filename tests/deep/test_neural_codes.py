"""Neural codes: the layers of one pass are those of single passes, windows cover the image, spatial search is its definition."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torchvision import models

from visret_lab.deep import minivgg as mini
from visret_lab.deep import neural_codes
from visret_lab.deep.backbones import LAYERS, Backbone, minivgg
from visret_lab.deep.neural_codes import EveryLayer, Windows, layer_codes, smallest_distances, spatial_distances, window_codes, windows
from visret_lab.protocols import Query

RNG = np.random.default_rng(0)
SIZES = [(70, 96), (96, 70), (70, 96)]


@pytest.fixture(scope="module")
def backbone():
    torch.manual_seed(0)
    network = mini.MiniVGG(6)
    for part in network.modules():  # else next to nothing arrives behind so many layers
        if isinstance(part, (torch.nn.Conv2d, torch.nn.Linear)):
            torch.nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
    return Backbone("tiny", network, mini.layers(), mini.MEAN, mini.DEVIATION)


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    images = {f"i{n}": RNG.integers(0, 256, (*size, 3), dtype=np.uint8) for n, size in enumerate(SIZES)}
    return SimpleNamespace(name="set", tier="mini", version="1", ids=list(images), queries=[Query("q0", "i0", (4, 4, 60, 62))],
                           image=images.get, query_image=lambda q: images[q.image_id][4:62, 4:60])


def test_codes_of_one_pass_are_those_of_the_layers(backbone, dataset):
    found = layer_codes(backbone, dataset)
    for layer in mini.layers():
        for row, name in zip(found[layer], dataset.ids, strict=True):
            maps = backbone.maps(dataset.image(name), layer)[0].numpy()
            want = maps if maps.ndim == 1 else maps.mean(axis=(1, 2))
            assert np.allclose(row, want, rtol=1e-4, atol=1e-4), layer
    scores = [backbone.classify(dataset.image(name)).numpy() for name in dataset.ids]
    assert np.allclose(found["scores"], scores, rtol=1e-4, atol=1e-4)


def test_a_linear_code_is_what_stands_before_the_relu(backbone, dataset):
    found = layer_codes(backbone, dataset, queries=True)
    for layer in ("fc6", "fc7"):
        before = found[f"{layer} linear"]
        assert before.min() < 0 and np.array_equal(np.maximum(before, 0), found[layer])
    assert "fc6 linear" not in backbone.layers and backbone.network.classifier[1].inplace  # the caller's own is left as it was


@pytest.mark.parametrize("name", ["alexnet", "vgg16"])
def test_the_added_nodes_are_the_fully_connected_layers(name):
    network, nodes = models.get_model(name, weights=None), {**LAYERS[name], **neural_codes.LINEAR[name]}
    for layer in ("fc6", "fc7"):
        assert isinstance(network.get_submodule(nodes[layer]), torch.nn.ReLU)
        assert isinstance(network.get_submodule(nodes[f"{layer} linear"]), torch.nn.Linear)
    assert network.get_submodule(nodes["fc6 linear"]).in_features == (9216 if name == "alexnet" else 25088)
    assert network.get_submodule(nodes["fc7 linear"]).in_features == 4096
    assert not set(neural_codes.LINEAR[name]) & set(LAYERS[name])


@pytest.mark.parametrize("name", ["squeezenet1_0", "mobilenet_v2", "resnet18"])
def test_networks_without_such_layers_have_scores(name, dataset):
    torch.manual_seed(0)
    network = models.get_model(name, weights=None)
    made = Backbone(name, network, {"first": "conv1" if name == "resnet18" else "features.0"}, (128.0,) * 3, (64.0,) * 3)
    found = layer_codes(made, dataset)
    assert list(found) == ["first", "scores"] and found["scores"].shape == (3, 1000)
    assert np.allclose(found["scores"][1], made.classify(dataset.image("i1")).numpy(), rtol=1e-3, atol=1e-4)


def test_another_network_is_not_answered_from_the_cache(backbone, dataset):
    first = layer_codes(backbone, dataset)["fc7"]
    torch.manual_seed(1)
    other = Backbone("tiny", mini.MiniVGG(6), mini.layers(), mini.MEAN, mini.DEVIATION)
    assert not np.allclose(layer_codes(other, dataset)["fc7"], first)


def test_an_image_smaller_than_the_network_needs_is_named(backbone, dataset):
    dataset.image = lambda name: np.zeros((20, 200, 3), np.uint8)
    with pytest.raises(ValueError, match="i0: Images of 200 x 20 are too small .* Enlarge"):
        layer_codes(backbone, dataset)


def test_a_very_long_image_goes_through(backbone, dataset):
    dataset.image = lambda name: np.full((40, 1500, 3), 200, np.uint8)
    assert np.isfinite(layer_codes(backbone, dataset)["fc7"]).all()


def test_missing_and_damaged_weights_say_how_to_get_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="pretrain_minivgg.py"):
        minivgg(tmp_path / "none.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0broken")
    with pytest.raises(ValueError, match="damaged.*pretrain_minivgg.py"):
        minivgg(tmp_path / "broken.safetensors")


@pytest.mark.parametrize("levels", [1, 2, 3, 4])
def test_windows_cover_the_image_with_one_size_a_level(levels):
    height, width = 97, 130
    found = windows(height, width, levels)
    assert len(found) == sum(level**2 for level in range(1, levels + 1)) and tuple(found[0]) == (0, 0, width, height)
    at = 0
    for level in range(1, levels + 1):
        part, covered = found[at : at + level**2], np.zeros((height, width), bool)
        for x0, y0, x1, y1 in part:
            covered[y0:y1, x0:x1] = True
        sides = part[:, 2:] - part[:, :2]
        assert covered.all() and (sides == sides[0]).all() and np.allclose(sides[0], [2 * width / (level + 1), 2 * height / (level + 1)], atol=0.5)
        assert part.min() >= 0 and part[:, 2].max() == width and part[:, 3].max() == height
        at += level**2


def test_windows_need_an_image():
    with pytest.raises(ValueError, match="at least 1"):
        windows(10, 10, 0)


def test_window_codes_are_those_of_the_cut_images(backbone, dataset):
    found = window_codes(backbone, "fc6", dataset, levels=2, side=64)
    assert found.shape == (3, 5, 256)
    cut = Windows(dataset, 2)
    x0, y0, x1, y1 = windows(96, 70, 2)[3]
    assert np.array_equal(cut.image(("i1", 3)), dataset.image("i1")[y0:y1, x0:x1])
    image = neural_codes.extract_vectors.__globals__["resized"](cut.image(("i1", 3)), 64)
    assert np.allclose(found[1, 3], backbone.maps(image, "fc6")[0].numpy(), rtol=1e-4, atol=1e-4)
    asked = window_codes(backbone, "fc6", dataset, levels=1, queries=True, side=64)
    image = neural_codes.extract_vectors.__globals__["resized"](dataset.query_image(dataset.queries[0]), 64)
    assert np.allclose(asked[0, 0], backbone.maps(image, "fc6")[0].numpy(), rtol=1e-4, atol=1e-4)


def plain(asked, base):
    found = np.zeros((len(asked), len(base)))
    for q, query in enumerate(asked):
        for i, image in enumerate(base):
            found[q, i] = np.mean([min(np.linalg.norm(a - b) for b in image) for a in query])
    return found


@pytest.mark.parametrize("block", [1, 100, 1 << 24])
def test_spatial_search_is_its_definition(monkeypatch, block):
    monkeypatch.setattr(neural_codes, "BLOCK", block)
    asked, base = RNG.normal(size=(3, 4, 7)), RNG.normal(size=(5, 6, 7))
    assert np.allclose(spatial_distances(asked, base), plain(asked, base), atol=1e-5)


def test_distances_of_a_window_from_itself_are_zero_and_not_nan():
    x = RNG.normal(size=(4, 3, 5)).astype(np.float32) + 10
    found = smallest_distances(x, x)
    assert found.shape == (4, 3, 4) and np.abs(found[np.arange(4), :, np.arange(4)]).max() < 0.05


def test_vectors_of_windows_are_checked():
    with pytest.raises(ValueError, match="images x windows x D"):
        spatial_distances(np.zeros((3, 4)), np.zeros((3, 4)))
    with pytest.raises(ValueError, match="columns"):
        spatial_distances(np.zeros((3, 4, 5)), np.zeros((3, 4, 6)))
    with pytest.raises(ValueError, match="NaN"):
        spatial_distances(np.full((1, 1, 2), np.nan), np.zeros((3, 4, 2)))
