"""Maps from a folder, the small network, and the maps of a whole set."""

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from visret_lab.deep.saliency.center import center
from visret_lab.deep.saliency.given import given
from visret_lab.deep.saliency.learned import SaliencyNet, learned, saliency_net
from visret_lab.deep.saliency.over_set import given_maps, saliency_maps


def write(folder, name, plane):
    cv2.imwrite(str(folder / name), plane)


@pytest.fixture
def maps(tmp_path):
    ramp = np.tile(np.linspace(0, 200, 40).astype(np.uint8), (30, 1))
    write(tmp_path, "a.png", ramp)
    write(tmp_path, "square.png", ramp[:, :30])
    write(tmp_path, "zero.png", np.zeros((30, 40), np.uint8))
    write(tmp_path, "colour.png", np.dstack([ramp, ramp, ramp // 2]))
    (tmp_path / "broken.png").write_bytes(b"no image")
    return tmp_path


def test_a_map_comes_to_its_picture(maps):
    found = given(maps, "a.jpg", (60, 80))
    assert found.shape == (60, 80) and found.dtype == np.float32 and found.max() == 1 and found[0, 0] < 0.05


@pytest.mark.parametrize(("name", "error", "words"), [
    ("b", FileNotFoundError, "no map of b"), ("square", ValueError, "another aspect"), ("zero", ValueError, "zero everywhere"),
    ("colour", ValueError, "in colour"), ("broken", ValueError, "not an image")])
def test_what_is_wrong_with_a_map_is_said(maps, name, error, words):
    with pytest.raises(error, match=words):
        given(maps, name, (60, 80))


def test_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        given(tmp_path / "nothing", "a", (60, 80))


def test_the_network_takes_any_aspect():
    torch.manual_seed(0)
    network = SaliencyNet().eval().requires_grad_(False)
    for shape in ((120, 160), (300, 90), (33, 500)):
        found = learned(np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8), network)
        assert found.shape == shape and found.max() == pytest.approx(1) and found.min() >= 0
    with pytest.raises(ValueError, match="too small"):
        learned(np.zeros((10, 900, 3), np.uint8), network)


def test_the_network_sees_an_eighth():
    network = SaliencyNet()
    assert network(torch.zeros(2, 3, 120, 160)).shape == (2, 15, 20)
    assert sum(p.numel() for p in network.parameters()) * 2 < 300_000  # bytes with 16 bits


def test_missing_and_damaged_weights(tmp_path):
    with pytest.raises(FileNotFoundError, match="train_saliency"):
        saliency_net(tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"12345678 no weights")
    with pytest.raises(ValueError, match="damaged"):
        saliency_net(tmp_path / "bad.safetensors")
    save_file({"layers.0.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="another network"):
        saliency_net(tmp_path / "other.safetensors")


class Three:
    name, tier, version, ids = "three", "mini", "1", ["a", "b", "c"]

    def image(self, i):
        return np.full((40 + 20 * "abc".index(i), 80, 3), 50, np.uint8)


def test_maps_of_a_set_have_one_shape(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    both = {"flat": lambda image: np.full(image.shape[:2], 0.5, np.float32), "center": center}
    found = saliency_maps(Three(), both, "two", shape=(6, 8), longest=40)
    assert list(found) == ["flat", "center"] and all(m.shape == (3, 6, 8) and m.dtype == np.float32 for m in found.values())
    assert np.allclose(found["flat"], 0.5) and found["center"].min() >= 0
    want = cv2.resize(center(np.zeros((20, 40, 3), np.uint8)), (8, 6), interpolation=cv2.INTER_AREA)  # the first picture, at half its size
    np.testing.assert_allclose(found["center"][0], want, rtol=1e-6)


def test_given_maps_of_a_set(tmp_path):
    data = Three()
    for i in data.ids:
        write(tmp_path, f"{i}.png", np.full(data.image(i).shape[:2], 9, np.uint8))
    assert np.allclose(given_maps(data, tmp_path, (6, 8)), 1)
    (tmp_path / "b.png").unlink()
    with pytest.raises(FileNotFoundError, match="no map of b"):
        given_maps(data, tmp_path)
