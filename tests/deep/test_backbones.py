"""Backbones: names of layers, preparation, weights from a mirror; the two small ImageNet networks where their files are at hand."""

import hashlib
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torchvision import models

from visret_lab.deep.backbones import LAYERS, Backbone, from_torchvision, mobilenet, squeezenet
from visret_lab.deep.minivgg import vgg_layers

IMAGE = np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8)
MIRROR = Path(os.environ.get("VISRET_MIRROR", "/nowhere"))


@pytest.fixture(scope="module")
def vgg():
    torch.manual_seed(0)
    return Backbone("vgg11", models.vgg11(weights=None), vgg_layers((1, 1, 2, 2, 2)), (1.0, 2.0, 3.0), (4.0, 5.0, 6.0))


def test_maps_are_those_behind_the_relu_of_each_convolution(vgg):
    x, counts = vgg.prepare(IMAGE), [1, 1, 2, 2, 2]
    block, number = 1, 0
    with torch.no_grad():
        for layer in vgg.network.features:
            x = layer(x)
            if isinstance(layer, torch.nn.ReLU):
                number += 1
                assert torch.equal(vgg.maps(IMAGE, f"conv{block}_{number}"), x) and x.min() >= 0
            if isinstance(layer, torch.nn.MaxPool2d):
                assert torch.equal(vgg.maps(IMAGE, f"pool{block}"), x) and number == counts[block - 1]
                block, number = block + 1, 0
    assert block == 6


@pytest.mark.parametrize("name", ["vgg16", "resnet50", "alexnet", "mobilenet_v2"])
def test_every_named_layer_exists(name):
    network = models.get_model(name, weights=None)
    nodes = {n for n, _ in network.named_modules()}
    assert set(LAYERS[name].values()) <= nodes
    if name == "vgg16":
        kinds = {layer: type(network.get_submodule(node)).__name__ for layer, node in LAYERS[name].items()}
        assert {kinds[k] for k in kinds if k.startswith("conv")} == {"ReLU"}
        assert kinds["pool5"] == "MaxPool2d" and "conv5_3" in kinds and "conv2_3" not in kinds


def test_an_image_is_prepared_channel_by_channel(vgg):
    x = vgg.prepare(IMAGE)
    assert x.shape == (1, 3, 64, 96)
    assert x[0, 1, 5, 7] == pytest.approx((float(IMAGE[5, 7, 1]) - 2) / 5, rel=1e-6)
    turned = Backbone("b", torch.nn.Identity(), {}, (1.0, 2.0, 3.0), (1.0, 1.0, 1.0), bgr=True)
    assert turned.prepare(IMAGE)[0, 0, 5, 7] == float(IMAGE[5, 7, 2]) - 1


@pytest.mark.parametrize(("image", "words"), [(IMAGE.astype(float), "uint8"), (IMAGE[:, :, 0], "greyscale"),
                                              (np.zeros((4, 4, 4), np.uint8), "four channels")])
def test_what_is_no_image_is_refused(vgg, image, words):
    with pytest.raises(ValueError, match=words):
        vgg.prepare(image)


def test_layers_and_sizes_are_checked(vgg):
    with pytest.raises(ValueError, match="no layer 'conv9_9'. It has: conv1_1"):
        vgg.maps(IMAGE, "conv9_9")
    with pytest.raises(ValueError, match="9 x 9 are too small for conv5_2 of vgg11"):
        vgg.maps(IMAGE[:9, :9], "conv5_2")
    assert vgg.maps(IMAGE[:9, :9], "conv2_1").shape[2:] == (4, 4)


def test_the_fingerprint_knows_every_weight(vgg):
    before = vgg.fingerprint()
    assert before == vgg.fingerprint() and len(before) == 16
    with torch.no_grad():
        vgg.network.classifier[6].bias[3] += 1e-3
    assert vgg.fingerprint() != before


def test_weights_of_a_mirror_are_checked(monkeypatch, tmp_path):
    state = models.mobilenet_v2(weights=None).state_dict()
    torch.save(state, tmp_path / "w.pth")
    content = (tmp_path / "w.pth").read_bytes()
    good = f"mobilenet-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    (tmp_path / "w.pth").rename(tmp_path / good)
    (tmp_path / "mobilenet-00000000.pth").write_bytes(content)
    monkeypatch.setenv("VISRET_MIRROR", str(tmp_path))

    class Weights:
        url = f"https://example.org/{good}"

        @staticmethod
        def get_state_dict(**options):
            raise AssertionError("the hub was asked")

    monkeypatch.setattr(models, "get_model_weights", lambda name: type("W", (), {"DEFAULT": Weights}))
    made = from_torchvision("mobilenet_v2")
    assert torch.equal(made.network.state_dict()["classifier.1.bias"], state["classifier.1.bias"])
    Weights.url = "https://example.org/mobilenet-00000000.pth"
    with pytest.raises(ValueError, match="damaged, or another file"):
        from_torchvision("mobilenet_v2")
    Weights.url = "https://example.org/elsewhere-12345678.pth"
    with pytest.raises(AssertionError, match="hub was asked"):
        from_torchvision("mobilenet_v2")
    with pytest.raises(ValueError, match="no backbone 'vgg99'"):
        from_torchvision("vgg99")


@pytest.mark.parametrize(("make", "side"), [(squeezenet, 227), (mobilenet, 225)])
def test_the_small_imagenet_networks_see_what_is_there(make, side):
    photographs = MIRROR / "weights" / "test-images"
    if not photographs.is_dir():
        pytest.skip("VISRET_MIRROR holds no weights with test photographs")
    backbone = make()
    for name, classes in (("cat", {281, 282, 285}), ("hot_dog", {934}), ("dragonfly", {319}), ("parrot", {88}), ("bird", {19})):
        image = cv2.cvtColor(cv2.imread(str(photographs / f"{name}.jpg")), cv2.COLOR_BGR2RGB)
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
        assert int(backbone.classify(small).argmax()) in classes, name
