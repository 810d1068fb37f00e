"""Regional attention by loops over the windows."""

import numpy as np
import pytest
import torch

from tests.deep.test_class_activation import network
from visret_lab.deep import attention
from visret_lab.deep.attention import ContextAttention, attention_rmac, context_attention, region_mean
from visret_lab.deep.rmac import regions, rmac

X = torch.rand(2, 6, 7, 10, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def small():
    torch.manual_seed(0)
    return ContextAttention(channels=6, hidden=4).eval().requires_grad_(False)


def test_means_by_slices():
    want = torch.stack([X[:, :, t : t + s, x : x + s].mean(dim=(2, 3)) for t, x, s in regions(7, 10, 5)], dim=1)
    assert torch.allclose(region_mean(X), want, atol=1e-6)


def test_weights_by_loops(small):
    first, last = small.layers[0], small.layers[2]
    found = attention.weights(X, small)
    for b, image in enumerate(X):
        for r, (t, x, s) in enumerate(regions(7, 10, 5)):
            both = np.concatenate([image[:, t : t + s, x : x + s].mean(dim=(1, 2)), image.mean(dim=(1, 2))])
            inner = np.tanh(first.weight.numpy() @ both + first.bias.numpy())
            assert found[b, r].item() == pytest.approx(np.log1p(np.exp(last.weight.numpy() @ inner + last.bias.numpy()))[0], rel=1e-4)


def test_the_vector_by_loops(small):
    a, want = attention.weights(X, small), []
    for b, image in enumerate(X):
        total = 0
        for r, (t, x, s) in enumerate(regions(7, 10, 5)):
            v = image[:, t : t + s, x : x + s].amax(dim=(1, 2))
            total = total + a[b, r] * v / v.norm()
        want.append(total / total.norm())
    assert torch.allclose(attention_rmac(X, small), torch.stack(want), atol=1e-5)


def test_equal_weights_are_rmac(small):
    small.layers[2].weight.zero_()
    assert torch.allclose(attention_rmac(X, small), rmac(X, levels=5), atol=1e-5)


def test_weights_are_above_zero(small):
    assert (attention.weights(100 * X, small) > 0).all()


def test_only_minivgg_has_one(tmp_path):
    with pytest.raises(ValueError, match="MiniVGG only"):
        context_attention(network("vgg16"))
    with pytest.raises(FileNotFoundError, match="train_attention"):
        context_attention(network("minivgg"), tmp_path / "none.safetensors")
