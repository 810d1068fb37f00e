import numpy as np
import pytest
import torch

from visret_lab.compact.pca import PCA
from visret_lab.deep.backbones import Backbone
from visret_lab.deep.rmac import rmac
from visret_lab.deep.whitening import Whitening
from visret_lab.video.frame_vectors import FrameVectors, summed


def backbone():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 6, 3, stride=8), torch.nn.ReLU())
    return Backbone("tiny", network, {"last": "1"}, (118.0,) * 3, (64.0,) * 3)


def frames(n, rng=0):
    return np.random.default_rng(rng).integers(0, 256, (n, 48, 64, 3)).astype(np.uint8)


def test_the_vectors_are_those_of_each_frame_alone_and_stream():
    net, images = backbone(), frames(9)
    found = FrameVectors(net, "last")(iter(images))
    want = np.concatenate([rmac(net.maps(image, "last")).numpy() for image in images])
    assert found.dtype == np.float32 and np.abs(found - want).max() < 1e-5
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_the_pca_is_learnt_from_windows_of_other_frames():
    net = backbone()
    windows = FrameVectors(net, "last").windows(frames(5, 1))
    pca = PCA(4, power=0.5, l2_before=True).fit(windows.reshape(-1, 6))
    found = FrameVectors(net, "last", pca)(frames(3))
    want = np.concatenate([rmac(net.maps(image, "last"), Whitening(pca)).numpy() for image in frames(3)])
    assert found.shape == (3, 4) and np.abs(found - want).max() < 1e-5


def test_bad_frames():
    net = backbone()
    with pytest.raises(ValueError, match="no frames"):
        FrameVectors(net, "last")([])
    with pytest.raises(ValueError, match="no layer"):
        FrameVectors(net, "first")
    with pytest.raises(ValueError, match="one size"):
        FrameVectors(net, "last")([frames(1)[0], frames(1)[0][:24]])


def test_black_frames_have_a_vector_and_not_nan():
    found = FrameVectors(backbone(), "last")(np.zeros((3, 48, 64, 3), np.uint8))
    assert np.isfinite(found).all() and np.ptp(found, axis=0).max() < 1e-6


def test_windows_that_are_at_hand_give_the_same_vectors():
    net, images = backbone(), frames(3)
    windows = FrameVectors(net, "last").windows(images)
    pca = PCA(4, power=0.5, l2_before=True).fit(windows.reshape(-1, 6))
    for one in (None, pca):
        assert np.abs(summed(windows, one) - FrameVectors(net, "last", one)(images)).max() < 1e-5
