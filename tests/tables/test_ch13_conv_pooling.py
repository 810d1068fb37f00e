"""The short cut of the figure about whitening gives what the layer gives."""

import numpy as np
import torch

from visret_lab.compact.pca import PCA
from visret_lab.deep.extract import pool_maps
from visret_lab.deep.rmac import RMAC, region_mac
from visret_lab.deep.whitening import Whitening
from visret_lab.tables.experiments.ch13_conv_pooling import POOLINGS, all_vectors, region_vectors, summed_windows, whitened_rmac


def maps(count, seed):
    rng = np.random.default_rng(seed)
    return [rng.random((6, *(((7, 10), (9, 5))[i % 2])), np.float32) for i in range(count)]


def test_windows_that_are_at_hand_give_the_same_rmac():
    base = maps(5, 0)
    pca = PCA(4, power=0.5, l2_before=True).fit(region_vectors(maps(6, 1)))
    np.testing.assert_allclose(summed_windows(pool_maps(region_mac, base), pca), pool_maps(RMAC(Whitening(pca)), base), atol=1e-5)


def test_every_pooling_comes_plain_and_whitened_with_unit_length():
    found = all_vectors(maps(12, 2), maps(5, 3), maps(3, 4), components=4)
    assert set(found) == {n + end for n in (*POOLINGS, "R-MAC") for end in ("", ", whitened")}
    for name, (base, asked) in found.items():
        assert base.shape == (5, 4 if "whitened" in name else 6) and len(asked) == 3
        np.testing.assert_allclose(np.linalg.norm(base, axis=1), 1, atol=1e-5)


def test_a_whitening_of_windows_learns_from_all_windows():
    train = maps(8, 5)
    layer = whitened_rmac(train, components=3).whiten
    pca = PCA(3, power=0.5, l2_before=True).fit(region_vectors(train))
    assert torch.allclose(layer.weight, Whitening(pca).weight)
