"""Each saliency map against a second, plain form of its equation, or against what must be true of it."""

import cv2
import numpy as np
import pytest
import torch
from scipy import ndimage

from visret_lab.deep.saliency.bms import attention, bms, surrounded
from visret_lab.deep.saliency.center import center
from visret_lab.deep.saliency.itti_koch import differences, gabor, itti_koch, normalize, opponents, pyramid
from visret_lab.deep.saliency.l2_norm import l2_norm
from visret_lab.deep.saliency.spectral_residual import residual, spectral_residual

RNG = np.random.default_rng(0)


def odd_one(height=120, width=160, size=16, y=40, x=100):
    """A grey picture with a little noise and one red square."""
    image = np.clip(RNG.normal(120, 4, (height, width, 3)), 0, 255).astype(np.uint8)
    image[y : y + size, x : x + size] = (220, 30, 30)
    return image, (slice(y, y + size), slice(x, x + size))


MAPS = {"center": center, "itti_koch": itti_koch, "bms": bms, "spectral_residual": spectral_residual}


@pytest.mark.parametrize("name", MAPS)
def test_size_type_and_range(name):
    image, _ = odd_one(90, 131)
    found = MAPS[name](image)
    assert found.shape == (90, 131) and found.dtype == np.float32 and found.min() >= 0 and found.max() == pytest.approx(1)


@pytest.mark.parametrize("name", ["itti_koch", "bms", "spectral_residual"])
def test_the_odd_one_out_is_found(name):
    image, where = odd_one()
    found = MAPS[name](image)
    assert found[where].mean() > (1.5 if name == "spectral_residual" else 4) * found.mean()
    assert found[where].max() > 0.9


@pytest.mark.parametrize("name", ["itti_koch", "bms", "spectral_residual"])
def test_one_colour_gives_zero(name):
    assert not MAPS[name](np.full((64, 64, 3), 77, np.uint8)).any()


@pytest.mark.parametrize("name", MAPS)
def test_a_grey_image_is_refused(name):
    with pytest.raises(ValueError, match="greyscale"):
        MAPS[name](np.zeros((64, 64), np.uint8))


def test_center_by_loops():
    want = np.zeros((9, 14))
    for i, y in enumerate(np.linspace(-4.5, 4.5, 9)):
        for j, x in enumerate(np.linspace(-7, 7, 14)):
            want[i, j] = np.exp(-(y * y + x * x) / (2 * 3**2))
    want = (want - want.min()) / (want.max() - want.min())
    assert np.allclose(center(np.zeros((9, 14, 3), np.uint8)), want, atol=1e-6)


def test_l2_norm_by_loops():
    maps = RNG.random((6, 3, 4)).astype(np.float32)
    want = np.array([[np.linalg.norm(maps[:, i, j]) for j in range(4)] for i in range(3)])
    assert np.allclose(l2_norm(maps), want / want.max(), atol=1e-6)
    assert not l2_norm(np.zeros((2, 3, 4))).any()
    with pytest.raises(ValueError, match="C x h x w"):
        l2_norm(maps[0])


def plain_n(x):
    x = (x - x.min()) / (x.max() - x.min())
    peaks = []
    for i, j in np.ndindex(*x.shape):
        around = x[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2]
        if x[i, j] > 0 and x[i, j] >= around.max():
            peaks.append(x[i, j])
    peaks = sorted(peaks)[:-1]
    return x * (1 - (np.mean(peaks) if peaks else 0)) ** 2


def test_normalize_by_loops_and_in_two_clear_cases():
    for _ in range(5):
        x = ndimage.gaussian_filter(RNG.random((12, 15)), 1).astype(np.float32)
        assert np.allclose(normalize(x), plain_n(x), atol=1e-5)
    one = np.zeros((9, 9), np.float32)
    one[4, 4] = 3
    assert normalize(one)[4, 4] == 1
    many = np.zeros((9, 9), np.float32)
    many[::4, ::4] = 3
    assert normalize(many).max() == 0
    assert not normalize(np.full((3, 3), 5, np.float32)).any()


def test_opponents_of_pure_colours():
    colours = np.array([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0.5, 0.5, 0.5], [0.01, 0, 0]]], np.float32)
    brightness, red_green, blue_yellow = (plane[0] for plane in opponents(colours))
    assert np.allclose(brightness, colours[0].mean(axis=1))
    assert red_green[0] > 0 > red_green[1] and blue_yellow[2] > 0 > blue_yellow[3]
    assert red_green[4] == blue_yellow[4] == 0 and red_green[5] == 0  # grey, and too dark


def test_differences_are_six_and_zero_without_contrast():
    levels = pyramid(np.full((96, 128), 0.4, np.float32))
    assert [level.shape for level in levels[:3]] == [(96, 128), (48, 64), (24, 32)]
    found = differences(levels)
    assert [d.shape for d in found] == [(24, 32)] * 2 + [(12, 16)] * 2 + [(6, 8)] * 2
    assert all(np.abs(d).max() < 1e-6 for d in found)
    assert np.allclose(differences(levels, opposed=True)[0], 0.8)


def test_a_gabor_answers_to_its_own_direction():
    upright = np.tile(np.sin(2 * np.pi * np.arange(70) / 7), (70, 1)).astype(np.float32)
    middle = (slice(20, 50), slice(20, 50))
    strength = [gabor(upright, angle)[middle].mean() for angle in (0, 45, 90, 135)]
    assert strength[0] > 2.5 * strength[1] and strength[0] > 2.5 * strength[3] and strength[0] > 20 * strength[2]


def test_itti_koch_says_how_small_it_goes():
    with pytest.raises(ValueError, match="at least 32"):
        itti_koch(np.zeros((20, 200, 3), np.uint8))
    assert itti_koch(np.zeros((32, 900, 3), np.uint8)).shape == (32, 900)


def test_surrounded_is_scipys_labels_without_the_border():
    plane = (ndimage.gaussian_filter(RNG.random((40, 60)), 2) > 0.5).astype(np.uint8)
    labels, count = ndimage.label(plane)
    edge = set(labels[0]) | set(labels[-1]) | set(labels[:, 0]) | set(labels[:, -1])
    want = np.isin(labels, [k for k in range(1, count + 1) if k not in edge])
    assert want.any() and np.array_equal(surrounded(plane), want)


def test_an_attention_map_has_length_one():
    plane = np.zeros((30, 30), bool)
    plane[10:18, 12:20] = True
    assert np.linalg.norm(attention(plane, 3, 5)) == pytest.approx(1, abs=1e-5)
    assert not attention(np.ones((30, 30), bool), 3, 5).any()


def test_bms_by_loops():
    image = cv2.GaussianBlur(RNG.integers(0, 256, (24, 30, 3)).astype(np.uint8), (0, 0), 3)
    image = cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX)
    want = np.zeros((24, 30))
    for channel in np.moveaxis(cv2.cvtColor(image, cv2.COLOR_RGB2Lab), 2, 0):
        for threshold in range(channel.min(), channel.max(), 16):
            for seen in (channel > threshold, channel <= threshold):
                labels, _ = ndimage.label(seen)
                edge = np.unique(np.r_[labels[0], labels[-1], labels[:, 0], labels[:, -1]])
                inside = seen & ~np.isin(labels, edge)
                if inside.any():
                    want += inside / np.sqrt(inside.sum())
    assert want.any()
    assert np.allclose(bms(image, step=16, opening=1, dilation=1, blur=0), want / want.max(), atol=1e-5)


def test_bms_refuses_a_step_of_zero():
    with pytest.raises(ValueError, match="step"):
        bms(np.zeros((20, 20, 3), np.uint8), step=0)


def test_the_residual_by_sums():
    small = RNG.random((8, 10))
    h, w = small.shape
    y, x = np.mgrid[:h, :w]
    spectrum = np.array([[(small * np.exp(-2j * np.pi * (u * y / h + v * x / w))).sum() for v in range(w)] for u in range(h)])
    amplitude = np.log(np.abs(spectrum))
    mean = np.array([[np.mean([amplitude[(u + a) % h, (v + b) % w] for a in (-1, 0, 1) for b in (-1, 0, 1)]) for v in range(w)]
                     for u in range(h)])
    kept = np.exp(amplitude - mean + 1j * np.angle(spectrum))
    want = np.array([[abs((kept * np.exp(2j * np.pi * (y * i / h + x * j / w))).sum() / (h * w)) ** 2 for j in range(w)] for i in range(h)])
    assert np.allclose(residual(small.astype(np.float32)), want, rtol=1e-3)


def test_the_spectral_residual_refuses_a_long_panorama():
    with pytest.raises(ValueError, match="panorama"):
        spectral_residual(np.zeros((20, 900, 3), np.uint8))


def test_maps_turn_with_the_picture():
    image, _ = odd_one(128, 128)
    for function in (center, bms):
        assert np.allclose(function(np.ascontiguousarray(image[:, ::-1])), function(image)[:, ::-1], atol=1e-4)
    assert torch.is_tensor(torch.from_numpy(bms(image)))  # contiguous and writable, as torch wants it
