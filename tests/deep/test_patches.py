"""Patches around points, by a loop over their samples."""

import numpy as np
import pytest
import torch

from visret_lab.deep.hardnet import NARROW, HardNet
from visret_lab.deep.local import PatchFeatures
from visret_lab.deep.patches import cut, describe, normalised
from visret_lab.features.images import grey
from visret_lab.features.local import SIFT


def smooth(seed=0, height=80, width=110):
    """A smooth coloured picture."""
    import cv2

    noise = np.random.default_rng(seed).uniform(0, 255, (height, width, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 2)
    return np.clip((soft - 127) * 6 + 127, 0, 255).astype(np.uint8)


def test_samples_by_a_loop():
    image = smooth()
    points = np.float32([[40.3, 30.7, 6, 0], [60, 41, 5, 70], [50, 35, 4.4, 200]])
    got, picture = cut(image, points), grey(image)
    for patch, (x, y, size, angle) in zip(got, points, strict=True):
        step, c, s = 6 * size / 32, np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
        for i, j in ((0, 0), (5, 20), (31, 31), (16, 3)):
            u, v = step * (j - 15.5), step * (i - 15.5)
            px, py = x + c * u - s * v, y + s * u + c * v
            x0, y0 = int(np.floor(px)), int(np.floor(py))
            fx, fy = px - x0, py - y0
            want = ((1 - fy) * ((1 - fx) * picture[y0, x0] + fx * picture[y0, x0 + 1])
                    + fy * ((1 - fx) * picture[y0 + 1, x0] + fx * picture[y0 + 1, x0 + 1]))
            assert patch[i, j] == pytest.approx(want, abs=2.5)  # OpenCV's weights have five bits


def test_a_quarter_turn_turns_the_patch():
    image = smooth(1, 96, 96)
    turned = np.ascontiguousarray(np.rot90(image, -1))  # clockwise: (x, y) goes to (95 - y, x)
    a = cut(image, np.float32([[40, 50, 6, 20]]))
    b = cut(turned, np.float32([[95 - 50, 40, 6, 110]]))
    assert np.abs(a - b).max() < 4
    assert np.abs(a - cut(turned, np.float32([[95 - 50, 40, 6, 20]]))).mean() > 10


def test_large_points_are_averaged_not_skipped():
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    patch = cut(stripes, np.float32([[128, 128, 32, 0]]))[0]  # a step of six pixels
    assert np.abs(patch - 127.5).max() < 3


def test_beyond_the_border_the_last_pixel_goes_on():
    image = np.full((40, 40, 3), 200, np.uint8)
    assert np.allclose(cut(image, np.float32([[1, 1, 12, 45]])), 200, atol=0.5)


def test_no_points_no_patches():
    assert cut(smooth(), np.zeros((0, 4))).shape == (0, 32, 32)
    assert describe(HardNet(NARROW), np.zeros((0, 32, 32))).shape == (0, 128)


@pytest.mark.parametrize("points, word", [(np.zeros((3, 2)), "N x 4"), (np.float32([[1, 1, 0, 0]]), "above 0"),
                                          (np.float32([[np.nan, 1, 2, 0]]), "finite")])
def test_bad_points_are_named(points, word):
    with pytest.raises(ValueError, match=word):
        cut(smooth(), points)


def test_a_side_of_one_pixel_is_no_patch():
    with pytest.raises(ValueError, match="side"):
        cut(smooth(), np.zeros((0, 4)), side=1)


def test_light_and_contrast_are_gone():
    x = torch.rand(3, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 100
    assert torch.allclose(normalised(x), normalised(0.4 * x + 30), atol=1e-4)
    y = normalised(x)
    assert torch.allclose(y.mean(dim=(1, 2, 3)), torch.zeros(3), atol=1e-5)
    assert torch.allclose(y.std(dim=(1, 2, 3)), torch.ones(3), atol=1e-5)
    assert torch.isfinite(normalised(torch.full((1, 1, 32, 32), 7.0))).all()


@pytest.mark.parametrize("patches, word", [(np.zeros((2, 32)), "N x S x S"), (np.full((1, 32, 32), np.nan), "finite")])
def test_bad_patches_are_named(patches, word):
    with pytest.raises(ValueError, match=word):
        describe(HardNet(NARROW), patches)


def test_a_detector_with_a_learnt_descriptor_speaks_like_sift():
    torch.manual_seed(0)
    image = smooth(2, 120, 160)
    found = PatchFeatures(HardNet(NARROW), max_points=50)
    points, rows = found.detect(image)
    assert np.array_equal(points, SIFT(50, root=False).detect(image)[0])
    assert rows.shape == (len(points), 128) and rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    points, rows = found.detect(np.full((60, 60, 3), 90, np.uint8))
    assert points.shape == (0, 4) and rows.shape == (0, 128)
