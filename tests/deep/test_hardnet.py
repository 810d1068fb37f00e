"""HardNet's plan by hand, its weights, and what is said of wrong files."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn.functional import conv2d

from visret_lab.deep import hardnet as module
from visret_lab.deep.hardnet import NARROW, WIDTHS, HardNet, hardnet, published
from visret_lab.deep.shipped import WEIGHTS


def weights_in(network):
    return sum(p.numel() for p in network.parameters())


def test_the_published_plan_has_the_published_number_of_weights():
    assert WIDTHS == (32, 32, 64, 64, 128, 128)
    assert weights_in(HardNet()) == 1_334_560
    assert weights_in(HardNet(NARROW)) == 595_856


def test_forward_by_single_convolutions():
    torch.manual_seed(0)
    network = HardNet((2, 3, 4, 4, 5, 6), dimension=7)
    x = 100 * torch.rand(9, 1, 32, 32)
    network.train()
    with torch.no_grad():
        network(x)  # gives the normalisations a mean and a variance of their own
    network.eval()
    y = (x - x.mean(dim=(1, 2, 3), keepdim=True)) / (x.std(dim=(1, 2, 3), keepdim=True) + 1e-7)
    for number, (place, stride) in enumerate(zip((0, 3, 6, 9, 12, 15, 19), (1, 1, 2, 1, 2, 1, 1), strict=True)):
        norm = network.features[place + 1]
        y = conv2d(y, network.features[place].weight, stride=stride, padding=0 if number == 6 else 1)
        y = (y - norm.running_mean[:, None, None]) / torch.sqrt(norm.running_var[:, None, None] + 1e-5)
        y = y if number == 6 else y.clamp_min(0)
    y = y[:, :, 0, 0]
    assert torch.allclose(network(x), y / y.norm(dim=1, keepdim=True), atol=1e-5)


def test_the_first_weights_are_orthogonal():
    torch.manual_seed(0)
    rows = HardNet(NARROW).features[3].weight.flatten(1)
    assert torch.allclose(rows @ rows.T, 0.36 * torch.eye(len(rows)), atol=1e-5)


def test_other_patches_are_refused():
    with pytest.raises(ValueError, match="32 x 32"):
        HardNet(NARROW)(torch.zeros(2, 1, 64, 64))


def test_files_that_are_not_there_or_not_ours(tmp_path):
    with pytest.raises(FileNotFoundError, match="train_hardnet"):
        hardnet(tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"no weights")
    with pytest.raises(ValueError, match="damaged"):
        hardnet(tmp_path / "bad.safetensors")
    save_file(HardNet((2, 2, 2, 2, 2, 2)).state_dict(), tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="another network"):
        hardnet(tmp_path / "other.safetensors")


def test_weights_in_the_authors_form(tmp_path):
    torch.manual_seed(1)
    network = HardNet()
    torch.save({"epoch": 9, "state_dict": network.state_dict()}, tmp_path / "theirs.pth")
    x = torch.rand(2, 1, 32, 32)
    assert torch.equal(published(tmp_path / "theirs.pth")(x), network.eval()(x))
    with pytest.raises(FileNotFoundError, match="hardnet"):
        published(tmp_path / "none.pth")
    torch.save({"state_dict": HardNet(NARROW).state_dict()}, tmp_path / "narrow.pth")
    with pytest.raises(ValueError, match="another network"):
        published(tmp_path / "narrow.pth")


@pytest.mark.skipif(not (WEIGHTS / "hardnet.safetensors").is_file(), reason="not trained")
def test_the_shipped_network_knows_a_patch_in_another_light():
    rng = np.random.default_rng(0)
    x = torch.from_numpy(rng.uniform(0, 255, (20, 1, 8, 8)).astype(np.float32))
    x = torch.nn.functional.interpolate(x, (32, 32), mode="bicubic")
    noisy = 0.5 * x + 20 + torch.from_numpy(rng.normal(0, 4, x.shape).astype(np.float32))
    network = module.hardnet()
    assert torch.equal(torch.cdist(network(x), network(noisy)).argmin(1), torch.arange(20))
    assert (WEIGHTS / "hardnet.safetensors").stat().st_size < 1.5e6
