"""Poolings against their equations, written as loops, and against torch's own layers where they have the same."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from visret_lab.deep.pooling import (MAC, CroW, GeM, SPoC, center_prior, channel_weights, crow, gem, mac, over_scales, spatial_weights,
                                     spoc)

X = (torch.rand(2, 5, 6, 9, generator=torch.Generator().manual_seed(0)) - 0.4).clamp(min=0)
X[0, 3] = 0  # a channel that is silent


def test_mac_is_torchs_global_maximum():
    assert torch.equal(mac(X), functional.adaptive_max_pool2d(X, 1).flatten(1))
    assert torch.equal(MAC()(X), mac(X))


def test_spoc_by_loops():
    want = np.zeros((2, 5))
    for b, c, y, x in np.ndindex(*X.shape):
        want[b, c] += np.exp(-((y - 2.5) ** 2 + (x - 4) ** 2) / 2) * float(X[b, c, y, x])  # sigma = min(6, 9) / 6 = 1
    assert np.allclose(spoc(X), want, atol=1e-6)
    assert torch.allclose(spoc(X, prior=False), 54 * functional.adaptive_avg_pool2d(X, 1).flatten(1), atol=1e-5)
    assert torch.equal(SPoC()(X), spoc(X))


def test_the_prior_is_symmetric_and_one_in_the_middle():
    prior = center_prior(7, 13)
    assert prior[3, 6] == 1 and torch.allclose(prior, prior.flip(0).flip(1))
    assert prior[3, 6 + 3] == pytest.approx(np.exp(-9 / (2 * (7 / 6) ** 2)))


@pytest.mark.parametrize("p", [1.0, 3.0, 4.5])
def test_gem_is_torchs_power_average(p):
    clamped = X.clamp(min=1e-6)
    want = functional.lp_pool2d(clamped, p, (6, 9)).flatten(1) / 54 ** (1 / p)
    assert torch.allclose(gem(X, p), want, atol=1e-6)
    assert torch.allclose(GeM(p)(X), gem(X, p), atol=1e-7)


def test_gem_goes_from_mean_to_maximum():
    assert torch.allclose(gem(X, 1), X.mean((2, 3)), atol=1e-5)
    assert torch.allclose(gem(X.double(), 200), mac(X).double().clamp(min=1e-6), atol=2e-2)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1500.0])
@pytest.mark.parametrize("p", [10.0, 30.0, torch.tensor([1.0, 3.0, 9.0, 20.0, 60.0])])
def test_gem_holds_powers_that_float32_does_not(scale, p):
    exact = (scale * X).double().clamp(min=1e-6)  # 1,500^60 is 4e190, and 1e-6^20 is 1e-120: float64 has both
    each = p.double().reshape(1, 5, 1, 1) if torch.is_tensor(p) else p
    want = exact.pow(each).mean(dim=(2, 3), keepdim=True).pow(1 / each).flatten(1)
    assert torch.allclose(gem(scale * X, p).double(), want, rtol=1e-5)


def test_gem_of_a_map_with_nan_is_nan_there_only():
    x = X.clone()
    x[1, 2, 0, 0] = torch.nan
    found = gem(x, 30.0)
    assert found.isnan().nonzero().tolist() == [[1, 2]] and gem(x.half(), 30.0).shape == (2, 5)


def test_gem_has_a_gradient_where_powers_are_out_of_range():
    x = (1500 * X).double().requires_grad_()
    p = torch.tensor([30.0], dtype=torch.float64, requires_grad=True)
    gem(x, p).sum().backward()
    single, power = (1500 * X).requires_grad_(), torch.tensor([30.0], requires_grad=True)
    gem(single, power).sum().backward()
    assert torch.allclose(single.grad.double(), x.grad, atol=1e-5) and torch.allclose(power.grad.double(), p.grad, rtol=1e-4)
    silent = torch.zeros(1, 5, 2, 2, requires_grad=True)
    gem(silent, 10.0).sum().backward()  # 1e-6^10 is 0 in float32, and the root of 0 has no gradient
    assert torch.isfinite(silent.grad).all()


def test_gem_learns_p_also_where_a_map_is_silent():
    layer = GeM(3, channels=5)
    layer(X).sum().backward()
    assert layer.p.grad.shape == (5,) and torch.isfinite(layer.p.grad).all()
    x = torch.zeros(1, 5, 2, 2, requires_grad=True)
    GeM()(x).sum().backward()
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize(("a", "b"), [(2, 2), (0.5, 2)])
def test_crow_by_loops(a, b):
    want = np.zeros((2, 5))
    for i, maps in enumerate(X.double().numpy()):
        s = maps.sum(0)
        s = (s / (s**a).sum() ** (1 / a)) ** (1 / b)
        q = (maps > 0).mean(axis=(1, 2))
        for c in range(5):
            weight = np.log(q.sum() / q[c]) if q[c] else 0.0
            want[i, c] = weight * (s * maps[c]).sum()
    assert np.allclose(crow(X, a, b), want, atol=1e-5)
    assert torch.equal(CroW(a, b)(X), crow(X, a, b))


def test_a_silent_channel_weighs_nothing_and_a_rare_one_most():
    weights = channel_weights(X)
    assert weights[0, 3] == 0 and weights[1, 3] > 0
    rare = X.clone()
    rare[1, 2] = 0
    rare[1, 2, 0, 0] = 1
    assert channel_weights(rare)[1].argmax() == 2


def test_silent_maps_give_zeros():
    zero = torch.zeros(1, 4, 3, 3)
    for result in (crow(zero), spatial_weights(zero), channel_weights(zero), mac(zero), spoc(zero)):
        assert torch.isfinite(result).all() and not result.any()


def test_over_scales():
    stack = torch.stack([mac(X), 2 * mac(X)])
    assert torch.allclose(over_scales(stack), 1.5 * mac(X))
    assert torch.allclose(over_scales(stack, 3), (4.5 * mac(X) ** 3) ** (1 / 3), atol=1e-6)
    with pytest.raises(ValueError, match="not negative"):
        over_scales(-stack, 3)
    with pytest.raises(ValueError, match="S x B x C"):
        over_scales(mac(X))


@pytest.mark.parametrize("pool", [mac, spoc, gem, crow])
@pytest.mark.parametrize(("x", "words"), [(torch.zeros(2, 3, 4), "B x C x H x W"), (torch.zeros(1, 2, 3, 4, dtype=int), "float tensor"),
                                          (np.zeros((1, 2, 3, 4)), "float tensor"), (torch.zeros(1, 2, 0, 4), "no position")])
def test_bad_maps(pool, x, words):
    with pytest.raises(ValueError, match=words):
        pool(x)
    with pytest.raises(ValueError, match="above 0"):
        GeM(0)
