"""The whitening layer is the PCA that it was made from."""

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

from visret_lab.compact.pca import PCA
from visret_lab.deep.rmac import region_mac, rmac
from visret_lab.deep.whitening import Whitening


def rows(count, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.random((count, 12)) * np.linspace(1, 5, 12) + 3).astype(np.float32)


@pytest.mark.parametrize("power, epsilon", [(0.0, 0.0), (0.5, 0.0), (0.25, 0.1)])
def test_it_gives_what_the_pca_gives(power, epsilon):
    pca, x = PCA(5, power=power, epsilon=epsilon).fit(rows(200)), rows(30, seed=1)
    layer = Whitening(pca)
    np.testing.assert_allclose(layer(torch.from_numpy(x)).numpy(), pca.transform(x), rtol=1e-4, atol=1e-5)
    assert not any(p.requires_grad for p in layer.parameters())


def test_rmac_whitens_each_region_and_not_the_sum():
    maps = torch.from_numpy(np.random.default_rng(2).random((2, 12, 9, 14)).astype(np.float32))
    regions = torch.nn.functional.normalize(region_mac(maps), dim=2)
    pca = PCA(6, power=0.5, l2_before=True, l2_after=True).fit(regions.flatten(0, 1).numpy())
    whitened = pca.transform(regions[1].numpy()).sum(axis=0)
    np.testing.assert_allclose(rmac(maps, Whitening(pca))[1].numpy(), whitened / np.linalg.norm(whitened), atol=1e-5)


def test_a_pca_that_was_not_fitted_is_refused():
    with pytest.raises(NotFittedError):
        Whitening(PCA(3))
