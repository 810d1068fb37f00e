"""Class activation maps against what the network says, and the vectors by loops."""

import numpy as np
import pytest
import torch

from visret_lab.compact.pca import PCA
from visret_lab.deep import class_activation as cam
from visret_lab.deep.backbones import Backbone
from visret_lab.deep.class_activation import Head
from visret_lab.deep.pooling import channel_weights

RNG = np.random.default_rng(0)
MAPS = np.maximum(RNG.normal(size=(6, 4, 5)), 0).astype(np.float32)
X = torch.from_numpy(MAPS)[None]
HEAD = Head("last", RNG.normal(size=(3, 6)).astype(np.float32), RNG.normal(size=3).astype(np.float32), ("a", "b", "c"))


def test_the_mean_of_a_map_is_the_score():
    found = cam.activation(X, HEAD, [0, 1, 2])
    assert np.allclose(found.mean(dim=(2, 3)) + torch.from_numpy(HEAD.bias), cam.scores(X, HEAD), atol=1e-5)
    layer = torch.nn.Linear(6, 3)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(HEAD.weight))
        layer.bias.copy_(torch.from_numpy(HEAD.bias))
        want = layer(X.mean(dim=(2, 3)))
    assert np.allclose(cam.scores(X, HEAD), want, atol=1e-5)


def test_other_channels_are_refused():
    with pytest.raises(ValueError, match="last"):
        cam.activation(X[:, :5], HEAD, [0])


def test_unit_maps():
    found = cam.unit_maps(torch.tensor([[[[-1.0, 2], [4, 0]], [[-1, -2], [-3, -4]]]]))[0]
    assert np.array_equal(found[0], [[0, 0.5], [1, 0]]) and not found[1].any()


def test_vectors_by_loops():
    rare = channel_weights(X)[0].numpy()
    weights = [np.maximum(sum(HEAD.weight[k, c] * MAPS[c] for c in range(6)), 0) for k in (2, 0)]
    weights = [w / w.max() for w in weights]
    want = np.zeros((2, 6))
    for k, c, y, x in np.ndindex(2, 6, 4, 5):
        want[k, c] += weights[k][y, x] * MAPS[c, y, x] * rare[c]
    assert np.allclose(cam.class_vectors(X, HEAD, [2, 0])[0], want, atol=1e-4)


def test_the_aggregate_is_a_sum_of_unit_vectors():
    vectors = RNG.random((7, 3, 6)).astype(np.float32)
    pca = PCA(4, power=0.5, l2_before=True, l2_after=True).fit(RNG.random((50, 6)).astype(np.float32))
    want = []
    for image in vectors:
        total = sum(pca.transform(row[None])[0] for row in image)
        want.append(total / np.linalg.norm(total))
    assert np.allclose(cam.aggregate(vectors, pca), want, atol=1e-5)


def test_an_empty_class_adds_nothing():
    vectors = RNG.random((1, 3, 6)).astype(np.float32)
    pca = PCA(4, power=0.5, l2_before=True, l2_after=True).fit(RNG.random((50, 6)).astype(np.float32))
    with_zero = np.concatenate([vectors, np.zeros((1, 1, 6), np.float32)], axis=1)
    assert np.allclose(cam.aggregate(with_zero, pca), cam.aggregate(vectors, pca), atol=1e-6)


def network(name):
    return Backbone(name, torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1)), {"last": "0"}, (0, 0, 0), (1, 1, 1))


def test_a_network_without_such_a_head_is_refused():
    with pytest.raises(ValueError, match="does not end"):
        cam.head_of(network("vgg16"))


def test_the_head_of_minivgg_needs_its_file_and_its_minivgg(tmp_path):
    from safetensors.torch import save_file
    backbone = network("minivgg")
    with pytest.raises(FileNotFoundError, match="train_attention"):
        cam.head_of(backbone, tmp_path / "none.safetensors")
    head = cam.HeadOfMiniVGG()
    save_file({k: v.half() for k, v in head.state_dict().items()}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="other weights"):
        cam.head_of(backbone, tmp_path / "other.safetensors")
    head.made_for.copy_(cam.mark(backbone))
    save_file({k: v.half() for k, v in head.state_dict().items()}, tmp_path / "own.safetensors")
    found = cam.head_of(backbone, tmp_path / "own.safetensors")
    assert found.weight.shape == (48, 160) and len(found.names) == 48
