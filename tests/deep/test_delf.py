"""DELF-like features: where positions look, attention, choice of keypoints, PCA."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.deep.test_patches import smooth
from visret_lab.deep.backbones import Backbone, minivgg
from visret_lab.deep.delf import SCALES, DelfFeatures, Layer, Length, PositionAttention, attention_of, layer_of, places
from visret_lab.tables.experiments.ch18_deep_local import learn_pca


@pytest.fixture(scope="module")
def backbone():
    return minivgg()


@pytest.fixture
def features(backbone):
    return DelfFeatures(backbone, Length().eval(), max_points=60)


def test_positions_look_where_the_layer_says(backbone):
    """The middle of what changes a position, counted by gradients."""
    layer = layer_of(backbone)
    torch.manual_seed(0)
    x = torch.randn(1, 3, 128, 128, requires_grad=True)
    maps = backbone(x, layer.name)
    assert maps.shape[1] == layer.channels and maps.shape[2] == 128 // layer.stride
    maps[0, :, 8, 5].sum().backward()
    seen = x.grad[0].abs().sum(0) > 0
    y, x_ = (np.flatnonzero(seen.any(dim=d).numpy()) for d in (1, 0))
    at = places(maps.shape[2:], layer, (128, 128), (128, 128))[8 * maps.shape[3] + 5]
    assert at[0] == pytest.approx((x_[0] + x_[-1]) / 2, abs=1.5)
    assert at[1] == pytest.approx((y[0] + y[-1]) / 2, abs=1.5)


def test_positions_of_a_smaller_picture():
    at = places((2, 3), Layer("x", 8, 3.5, 1), (20, 30), (40, 60))
    assert np.allclose(at[0], [7.5, 7.5, 16, 0])  # pixel 3.5 of the half is 2 * 4 - 0.5
    assert np.allclose(at[5, :2], [39.5, 23.5])


def test_attention_by_hand():
    torch.manual_seed(0)
    network, x = PositionAttention(5, 4).eval(), torch.rand(2, 5, 3, 4)
    first, last = network.layers[0], network.layers[2]
    inner = np.maximum(np.einsum("kc,bchw->bkhw", first.weight[:, :, 0, 0].detach(), x) + first.bias.detach().numpy()[:, None, None], 0)
    want = np.log1p(np.exp(np.einsum("k,bkhw->bhw", last.weight[0, :, 0, 0].detach(), inner) + last.bias.item()))
    assert np.allclose(network(x).detach(), want, atol=1e-5)
    assert torch.allclose(Length()(x), (x**2).sum(1).sqrt())


def test_the_highest_scores_over_all_sizes_are_kept(features):
    image = smooth(0, 96, 128)
    points, rows = features.detect(image)
    all_points, all_rows, scores = features.dense(image)
    order = np.argsort(-scores, kind="stable")[:60]
    assert np.array_equal(points, all_points[order]) and np.array_equal(rows, all_rows[order])
    assert len(np.unique(all_points[:, 2])) == len(SCALES)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)


def test_nothing_above_the_least_score(backbone):
    points, rows = DelfFeatures(backbone, Length().eval(), least=1e9).detect(smooth())
    assert points.shape == (0, 4) and len(rows) == 0


def test_pca_is_learnt_elsewhere(features, backbone):
    pictures = [smooth(i, 96, 128) for i in range(3)]
    pca = learn_pca([features.detect(p)[1] for p in pictures[:2]], components=10)
    found = DelfFeatures(backbone, Length().eval(), pca, max_points=60)
    points, rows = found.detect(pictures[2])
    assert rows.shape == (60, 10) and np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    _, plain = features.detect(pictures[2])
    want = (plain - pca.mean_) @ pca.components_[:10].T
    assert np.allclose(rows, want / np.linalg.norm(want, axis=1, keepdims=True), atol=1e-4)
    with pytest.raises(ValueError, match="searched"):
        learn_pca([features.detect(p)[1] for p in pictures[:2]], [features.detect(pictures[0])[1]], 10, "searched")
    with pytest.raises(ValueError, match="too few"):
        learn_pca([], components=10)


def test_bad_settings_are_named(backbone):
    with pytest.raises(ValueError, match="scales"):
        DelfFeatures(backbone, Length(), scales=())
    other = Backbone("other", nn.Sequential(nn.Conv2d(3, 4, 3)), {"conv": "0"}, (0.0,) * 3, (1.0,) * 3)
    with pytest.raises(ValueError, match="other"):
        layer_of(other)
    assert isinstance(attention_of(other), Length)


def test_the_attention_belongs_to_its_network(backbone, tmp_path):
    with pytest.raises(FileNotFoundError, match="train_delf"):
        attention_of(backbone, tmp_path / "none.safetensors")
    from safetensors.torch import save_file

    save_file(PositionAttention().state_dict(), tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="other weights"):
        attention_of(backbone, tmp_path / "other.safetensors")
