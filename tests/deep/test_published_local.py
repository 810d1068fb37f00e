"""TFeat and ALIKE: their plans, wrong files, and, where the published files are at hand, what these networks do."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.deep.test_patches import smooth
from visret_lab.deep.alike import ALIKE, ALIKEFeatures, alike, keypoints, plan
from visret_lab.deep.published_weights import find_published, read_published
from visret_lab.deep.tfeat import TFeat, tfeat
from visret_lab.features.matching import match


def file_or_skip(name, file=None):
    """The path of a published file from VISRET_MIRROR; no test fetches one."""
    if not os.environ.get("VISRET_MIRROR"):
        pytest.skip(f"the published file of {name} is not at hand; set VISRET_MIRROR")
    return find_published(name, file)


def small_alike():
    torch.manual_seed(0)
    return ALIKE((4, 4, 8, 8), 16)


def test_tfeat_has_two_convolutions_and_one_layer():
    network = TFeat()
    assert [tuple(p.shape) for p in network.parameters()] == [(32, 1, 7, 7), (32,), (64, 32, 6, 6), (64,), (128, 4096), (128,)]
    x = torch.rand(3, 1, 32, 32)
    assert torch.allclose(network(x), network(200 * x + 9), atol=2e-3)  # the light is gone
    with pytest.raises(ValueError, match="32 x 32"):
        network(torch.zeros(1, 1, 31, 31))


@pytest.mark.parametrize("load, name", [(tfeat, "TFeat"), (lambda path: alike("t", path), "ALIKE")])
def test_wrong_files_are_named(tmp_path, load, name):
    with pytest.raises(FileNotFoundError, match=f"{name}.*VISRET_MIRROR"):
        load(path=tmp_path / "none.pth")
    (tmp_path / "bad.pth").write_bytes(b"no weights at all")
    with pytest.raises(ValueError, match="no weights that torch can read"):
        load(path=tmp_path / "bad.pth")
    torch.save({"some.weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=name):
        load(path=tmp_path / "other.pth")


def test_a_size_that_was_not_published():
    with pytest.raises(ValueError, match="alike-t.pth"):
        find_published("alike", "alike-xl.pth")


def test_code_in_a_file_is_not_run(tmp_path):
    torch.save({"state_dict": Path("x")}, tmp_path / "code.pth")  # an object of a class: to read it is to call it
    with pytest.raises(ValueError, match="no weights"):
        read_published(tmp_path / "code.pth", "TFeat", "home")


def test_the_plan_is_read_from_the_weights():
    for single in (True, False):
        network = ALIKE((4, 5, 6, 7), 8, single)
        assert plan(network.state_dict()) == ((4, 5, 6, 7), 8, single)


def test_maps_are_as_large_as_the_picture():
    maps, scores = small_alike().eval()(torch.rand(1, 3, 64, 96))
    assert maps.shape == (1, 16, 64, 96) and scores.shape == (1, 64, 96)
    assert torch.allclose(maps.norm(dim=1), torch.ones(1, 64, 96), atol=1e-4)
    assert 0 <= scores.min() and scores.max() <= 1


def test_keypoints_by_a_loop():
    scores = torch.rand(30, 40, generator=torch.Generator().manual_seed(0))
    points, found = keypoints(scores, 1000, 0.5)
    want = {}
    for y in range(3, 27):
        for x in range(3, 37):
            window = scores[y - 2 : y + 3, x - 2 : x + 3]
            if scores[y, x] == window.max() and scores[y, x] >= 0.5:
                share = np.exp(window.double().numpy() / 0.1)
                share /= share.sum()
                want[scores[y, x].item()] = (x + (share.sum(0) * np.arange(-2, 3)).sum(), y + (share.sum(1) * np.arange(-2, 3)).sum())
    assert found.tolist() == sorted(want, reverse=True)
    assert np.allclose(points, [want[s] for s in found.tolist()], atol=1e-4)


def test_alike_speaks_like_sift_at_any_size():
    points, rows = ALIKEFeatures(small_alike(), 20, least=0.0).detect(smooth(0, 45, 70))
    assert points.shape == (20, 4) and rows.shape == (20, 16)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert (points[:, 0] < 70).all() and (points[:, 1] < 45).all()
    points, rows = ALIKEFeatures(small_alike(), 20, least=1.1).detect(smooth())
    assert points.shape == (0, 4) and rows.shape == (0, 16)


def test_alike_finds_a_shifted_picture_again():
    path = file_or_skip("alike", "alike-t.pth")
    features, image = ALIKEFeatures(alike("t", path), 150), smooth(3, 200, 240)
    (a, da), (b, db) = features.detect(image[:160, :200]), features.detect(image[32:192, 32:232])
    pairs = match(da, db, ratio=1.0, mutual=True)
    right = np.linalg.norm(a[pairs[:, 0], :2] - b[pairs[:, 1], :2] - 32, axis=1) < 2
    assert len(pairs) > 30 and right.mean() > 0.7


def test_tfeat_knows_a_patch_in_noise():
    network = tfeat(file_or_skip("tfeat"))
    rng = np.random.default_rng(0)
    x = torch.nn.functional.interpolate(torch.from_numpy(rng.uniform(0, 255, (30, 1, 8, 8)).astype(np.float32)), (32, 32), mode="bicubic")
    noisy = 0.5 * x + 20 + torch.from_numpy(rng.normal(0, 4, x.shape).astype(np.float32))
    assert (torch.cdist(network(x), network(noisy)).argmin(1) == torch.arange(30)).float().mean() > 0.95
