import numpy as np
import pytest
import torch

from visret_lab.crossmodal.scene_views import Pictures, StripMaps, crop_vectors, mirrored, ten_crops
from visret_lab.datasets.captioned import CaptionedSet
from visret_lab.deep.backbones import minivgg


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)


def test_ten_crops_are_five_places_and_their_mirror_images(picture):
    crops = ten_crops(picture, 0.5)
    assert len(crops) == 10 and all(crop.shape == (32, 48, 3) for crop in crops)
    assert np.array_equal(crops[0], picture[:32, :48]) and np.array_equal(crops[3], picture[32:, 48:])
    assert np.array_equal(crops[4], picture[16:48, 24:72]) and np.array_equal(crops[9], crops[4][:, ::-1])
    assert all(np.array_equal(crop, picture) for crop in ten_crops(picture, 1.0)[:5])
    with pytest.raises(ValueError, match="at most 1, not 1.5"):
        ten_crops(picture, 1.5)


def test_strips_keep_the_height_and_forget_the_side(picture):
    encoder = StripMaps(minivgg())
    with torch.inference_mode():
        one = encoder.several(encoder.prepare(picture))["strips"][0].numpy()
    assert one.shape == (4 * (64 + 128 + 160),)
    parts = np.split(one, [256, 768])
    assert np.allclose([np.linalg.norm(p) for p in parts], 1, atol=1e-5)  # each layer has unit length
    upside_down = np.ascontiguousarray(picture[::-1])
    a, b, c = crop_vectors(encoder, [picture, picture[:, ::-1], upside_down], mirrored)
    assert np.allclose(a, b, atol=1e-5) and not np.allclose(a, c, atol=1e-2)
    with pytest.raises(ValueError, match="conv9"):
        StripMaps(minivgg(), ("conv9",))


def test_a_part_of_a_set(picture):
    data = CaptionedSet("toy", "CC0", ["a", "b", "c"], [["x"]] * 3, {}, lambda name: picture)
    assert Pictures(data, [2, 0]).ids == ["c", "a"] and Pictures(data).ids == data.ids
