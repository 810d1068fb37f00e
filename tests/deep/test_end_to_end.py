import numpy as np
import pytest
import torch
from torch.nn.functional import normalize

from visret_lab.compact.pca import PCA
from visret_lab.deep import end_to_end
from visret_lab.deep.backbones import minivgg
from visret_lab.deep.end_to_end import backbone_of, netvlad_head, with_trunk
from visret_lab.deep.extract import pool_maps
from visret_lab.deep.pooling import GeM, gem
from visret_lab.deep.rmac import RMAC, rmac
from visret_lab.deep.whitening import Whitening
from visret_lab.tables.experiments.ch13_conv_pooling import whitened_rmac
from visret_lab.training.shipping import ship

RNG = np.random.default_rng(0)
IMAGE = RNG.integers(0, 256, (96, 128, 3), dtype=np.uint8)
MAPS = [RNG.random((160, 6, 8)).astype(np.float32) for _ in range(6)]


@pytest.fixture(scope="module")
def backbone():
    return minivgg()


def test_off_the_shelf_it_is_the_pooling_of_the_maps(backbone):
    x = backbone.prepare(IMAGE)
    maps = backbone.maps(IMAGE, "conv5_2")
    head = whitened_rmac(MAPS, 12)
    with torch.no_grad():
        assert torch.allclose(with_trunk(backbone, GeM())(x), normalize(gem(maps, 3.0), dim=1), atol=1e-5)
        assert torch.allclose(with_trunk(backbone, head)(x), rmac(maps, head.whiten), atol=1e-5)


def test_the_whitening_starts_as_the_pca_of_windows():
    from visret_lab.deep.rmac import region_mac
    rows = np.concatenate([normalize(region_mac(torch.from_numpy(x)[None]), dim=2)[0].numpy() for x in MAPS])
    pca = PCA(12, power=0.5).fit(rows)
    with torch.no_grad():
        assert np.abs(whitened_rmac(MAPS, 12).whiten(torch.from_numpy(rows)).numpy() - pca.transform(rows)).max() < 1e-4


def test_everything_in_it_can_be_trained_and_the_backbone_stays(backbone):
    before = {k: v.clone() for k, v in backbone.network.state_dict().items()}
    for head in (whitened_rmac(MAPS, 12), GeM(), netvlad_head(MAPS, 4)):
        network = with_trunk(backbone, head)
        network(backbone.prepare(IMAGE))[0, :3].sum().backward()
        assert all(p.grad is not None and torch.isfinite(p.grad).all() and p.grad.any() for p in network.parameters())
        with torch.no_grad():
            for p in network.parameters():
                p += 1
    assert all(torch.equal(v, before[k]) for k, v in backbone.network.state_dict().items())


def test_gradients_of_the_heads_in_double():
    pca = Whitening(PCA(4).fit(RNG.normal(size=(50, 5)))).double().requires_grad_(True)
    x = torch.rand(2, 5, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, w, b: RMAC(lambda r: torch.nn.functional.linear(r, w, b))(x), (x, pca.weight, pca.bias))
    assert torch.autograd.gradcheck(lambda x, p: gem(x, p), (x, torch.tensor([2.5], dtype=torch.float64, requires_grad=True)))


@pytest.mark.parametrize(("kind", "head"), [("R-MAC", whitened_rmac(MAPS, 12)), ("GeM", GeM(2.5)), ("NetVLAD", netvlad_head(MAPS, 4))])
def test_what_ships_is_read_back(backbone, kind, head, tmp_path, monkeypatch):
    monkeypatch.setattr(end_to_end, "WEIGHTS", tmp_path)
    network = with_trunk(backbone, head)
    ship("net", network.state_dict(), {}, [], tmp_path)
    found = end_to_end.shipped("net", kind)
    x = backbone.prepare(IMAGE)
    with torch.no_grad():
        assert torch.allclose(found(x), network.half().float()(x), atol=1e-4)
    assert not any(p.requires_grad for p in found.parameters())
    for other in {"R-MAC", "GeM", "NetVLAD"} - {kind}:
        with pytest.raises(ValueError, match=r"train_end_to_end\.py"):
            end_to_end.shipped("net", other)


def test_its_trunk_gives_maps_as_a_backbone_does(backbone):
    network = with_trunk(backbone, GeM())
    other = backbone_of(network, "trained")
    assert torch.allclose(other.maps(IMAGE, "conv5_2"), backbone.maps(IMAGE, "conv5_2"), atol=1e-5)
    assert not {"fc6", "pool5"} & set(other.layers) and all(p.requires_grad for p in network.parameters())
    maps = [other.maps(IMAGE, "conv5_2")[0].numpy()]
    with torch.no_grad():
        assert np.abs(pool_maps(network.head, maps) / np.linalg.norm(pool_maps(network.head, maps)) - network(
            backbone.prepare(IMAGE)).numpy()).max() < 1e-5


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="clusters"):
        netvlad_head([np.zeros((3, 2, 2), np.float32)])
    with pytest.raises(ValueError, match="no head"):
        end_to_end.empty_head("SPoC", 160, {})
    with pytest.raises(FileNotFoundError, match="train_end_to_end"):
        end_to_end.shipped("nobody", "GeM")
