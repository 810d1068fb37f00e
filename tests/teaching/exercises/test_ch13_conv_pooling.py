import numpy as np
import torch

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.compact.pca import PCA
from visret_lab.deep import pooling
from visret_lab.deep.rmac import regions, rmac
from visret_lab.deep.whitening import Whitening
from visret_lab.teaching.exercises import ch13_conv_pooling as exercise


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_generalised_mean_is_the_packages():
    for x, p in exercise.gem.cases():
        assert np.allclose(exercise.gem.reference(x, p), pooling.gem(torch.from_numpy(x)[None], p, eps=1e-2)[0], rtol=1e-6)


def test_the_prior_is_the_packages():
    for size in exercise.prior.cases():
        assert np.allclose(exercise.prior.reference(*size), pooling.center_prior(*size), atol=1e-6)


def test_the_windows_are_the_packages():
    for size in exercise.grid.cases():
        assert exercise.grid.reference(*size) == regions(*size)


def test_the_vector_is_the_packages():
    x = torch.rand(1, 6, 7, 10, generator=torch.Generator().manual_seed(0))
    windows = torch.stack([x[0, :, t : t + s, left : left + s].amax((1, 2)) for t, left, s in regions(7, 10)]).numpy()
    pca = PCA(4, power=0.5, l2_before=True).fit(np.random.default_rng(1).random((50, 6)).astype(np.float32))
    found = exercise.rmac.reference(windows, pca.mean_, pca.scale_[:, None] * pca.components_)
    assert np.allclose(found, rmac(x, Whitening(pca))[0], atol=1e-5)


def test_the_channel_weights_are_the_packages():
    for (x,) in exercise.rarity.cases():
        assert np.allclose(exercise.rarity.reference(x), pooling.channel_weights(torch.from_numpy(x)[None])[0], atol=1e-6)
