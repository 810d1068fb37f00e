"""Proposals and their vectors, re-ranking and expansion."""

import numpy as np
import pytest
import torch

from visret_lab.deep.regions import best_regions, detector, expanded, look, rerank, small_detector

IMAGE = np.random.default_rng(0).integers(0, 256, (120, 160, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return small_detector().eval().requires_grad_(False)


def test_shapes_and_limits(net):
    found = look(net, IMAGE)
    assert found.whole.shape == (160,) and found.vectors.shape == (len(found.boxes), 160) and len(found.scores) == len(found.boxes) > 0
    assert found.boxes.min() >= 0 and found.boxes[:, 2].max() <= 160.01 and found.boxes[:, 3].max() <= 120.01
    assert (found.vectors <= found.whole + 1e-5).all()  # a maximum over a part is at most that over the whole


def test_a_region_is_the_maximum_of_its_part_of_the_maps(net):
    maps = net.backbone(net.transform([torch.from_numpy(IMAGE).permute(2, 0, 1).float() / 255])[0].tensors)[0, :, :15]
    box = (32, 24, 96, 80)  # enlarged twice to 320 x 240, then 16 pixels a position: columns 4 to 12, rows 3 to 10
    found = look(net, IMAGE, more=[box])
    assert np.allclose(found.vectors[0], maps[:, 3:11, 4:13].amax(dim=(1, 2)), atol=1e-5)
    assert np.allclose(found.boxes, [box], atol=1e-4)
    assert np.allclose(found.whole, maps.amax(dim=(1, 2)), atol=1e-5)


def test_an_empty_box_is_refused(net):
    with pytest.raises(ValueError, match="no area"):
        look(net, IMAGE, more=[(10, 10, 10, 20)])


def test_best_regions_by_loops():
    rng = np.random.default_rng(1)
    query, regions = rng.normal(size=4).astype(np.float32), rng.normal(size=(3, 5, 4)).astype(np.float32)
    scores, chosen = best_regions(query, regions)
    for m in range(3):
        each = [float(query @ r) for r in regions[m]]
        assert scores[m] == pytest.approx(max(each), rel=1e-5) and chosen[m] == int(np.argmax(each))


def test_rerank_orders_the_first_and_leaves_the_rest():
    ranking = np.array([7, 3, 5, 1, 0, 2])
    assert rerank(ranking, [0.1, 0.9, 0.9], depth=3).tolist() == [3, 5, 7, 1, 0, 2]
    assert sorted(rerank(ranking, np.arange(6), depth=100)) == [0, 1, 2, 3, 5, 7]
    with pytest.raises(ValueError, match="one for each"):
        rerank(ranking, [1, 2], depth=3)


def test_expansion():
    found = expanded(np.array([1.0, 0], np.float32), np.array([[0, 1.0], [0, 1]], np.float32))
    assert np.allclose(found, np.array([1, 2]) / 5**0.5)


def test_missing_weights(tmp_path):
    with pytest.raises(FileNotFoundError, match="train_detector"):
        detector(tmp_path / "none.safetensors")
