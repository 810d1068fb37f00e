"""The controls of chapter 07: equal size means equal size, and what is shuffled is one coordinate."""

import numpy as np

from visret_lab.encoding.fisher import FisherVector
from visret_lab.tables.experiments import ch07_fisher

RNG = np.random.default_rng(0)
TRAIN = [RNG.normal(size=(60, 16)).astype(np.float32) for _ in range(6)]
ENCODER = FisherVector(4, pca=8).fit(TRAIN)


def test_equal_size():
    others = ch07_fisher.at_equal_size(ENCODER, TRAIN)
    assert list(others) == ["VLAD, 4 words", "VLAD, 8 words after PCA", "FV, 2 Gaussians without PCA"]
    shapes = {e.transform([*TRAIN[:2], TRAIN[0][:0]]).shape for e in [ENCODER, *others.values()]}
    assert shapes == {(3, 2 * 4 * 8)}


def test_behind_the_pca():
    reduced = ch07_fisher.reduced(ENCODER.pca_, [TRAIN[0], TRAIN[0][:0]])
    assert np.allclose(reduced[0], ENCODER.pca_.transform(TRAIN[0]), atol=1e-5) and reduced[1].shape == (0, 8)
    alone = FisherVector(gmm=ENCODER.gmm_)
    assert np.allclose(ch07_fisher.Reduced(ENCODER.pca_, alone).transform(TRAIN), ENCODER.transform(TRAIN), atol=1e-4)


def test_the_blocks_share_one_mixture():
    parts = ch07_fisher.by_block(ENCODER, TRAIN)
    assert all(e.gmm_ is ENCODER.gmm_ for e in parts.values())
    assert [e.transform(TRAIN[:1]).shape[1] for e in parts.values()] == [4, 32, 32, 64, 68, 64]
    assert np.allclose(parts["means and variances"].transform(TRAIN), ENCODER.transform(TRAIN), atol=1e-5)


def test_only_the_named_coordinate_is_shuffled():
    points = np.arange(40.0).reshape(20, 2)
    for axes in ("", "x", "y", "xy"):
        dealt = ch07_fisher._shuffled(points, axes, np.random.default_rng(0))
        for column, axis in enumerate("xy"):
            assert (dealt[:, column] == points[:, column]).all() == (axis not in axes)
            assert sorted(dealt[:, column]) == points[:, column].tolist()
