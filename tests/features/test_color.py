"""Colour spaces, histograms and moments."""

import colorsys

import numpy as np
import pytest

from visret_lab.features import color
from visret_lab.features.color_spaces import RANGES, convert, rgb_to_hsv, rgb_to_lab


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def solid(*rgb):
    return np.full((4, 4, 3), rgb, dtype=np.uint8)


def test_hsv_of_known_colours():
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0),
               (12, 200, 77), (128, 128, 128), (0, 0, 0), (9, 3, 8)]
    for rgb in colours:
        expected = colorsys.rgb_to_hsv(*(c / 255 for c in rgb))
        assert rgb_to_hsv(solid(*rgb))[0, 0] == pytest.approx(expected, abs=1e-6)


def test_lab_of_known_colours():
    # Published coordinates of the sRGB primaries under D65, two decimals.
    known = {(255, 255, 255): (100, 0, 0), (0, 0, 0): (0, 0, 0), (255, 0, 0): (53.24, 80.09, 67.20),
             (0, 255, 0): (87.73, -86.18, 83.18), (64, 64, 64): (27.09, 0, 0), (10, 10, 10): (2.74, 0, 0),
             (0, 0, 255): (32.30, 79.19, -107.86)}
    for rgb, lab in known.items():
        assert rgb_to_lab(solid(*rgb))[0, 0] == pytest.approx(lab, abs=0.02)


@pytest.mark.parametrize("space", RANGES)
def test_every_colour_lies_in_the_stated_range(space):
    levels = np.arange(0, 256, 15, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    values = convert(cube, space).reshape(-1, 3)
    for channel, (low, high) in enumerate(RANGES[space]):
        assert low - 1e-2 <= values[:, channel].min() and values[:, channel].max() <= high + 1e-2


@pytest.mark.parametrize("space", RANGES)
def test_histogram_is_a_share_of_pixels(image, space):
    h = color.histogram(image, space, bins=(4, 3, 2))
    assert h.shape == (24,) and h.dtype == np.float32
    assert h.sum() == pytest.approx(1, abs=1e-5)
    assert color.histogram(image, space, bins=(4, 3, 2), normalize=False).sum() == image.shape[0] * image.shape[1]


def test_histogram_counts_what_a_loop_counts(image):
    counts = np.zeros((4, 4, 4))
    for red, green, blue in image.reshape(-1, 3):
        counts[red // 64, green // 64, blue // 64] += 1
    assert np.array_equal(color.histogram(image, "rgb", (4, 4, 4), normalize=False), counts.ravel())


def test_histogram_forgets_where_the_pixels_were(image):
    shuffled = np.random.default_rng(1).permutation(image.reshape(-1, 3)).reshape(image.shape)
    assert np.array_equal(color.histogram(image), color.histogram(shuffled))


def test_normalised_histogram_forgets_the_size(image):
    larger = image.repeat(3, axis=0).repeat(2, axis=1)
    assert np.allclose(color.histogram(image, "lab"), color.histogram(larger, "lab"), atol=1e-7)


def test_hue_of_grey_is_not_mixed_with_red():
    assert color.histogram(solid(128, 128, 128)).argmax() != color.histogram(solid(128, 0, 0)).argmax()


def test_unknown_space_and_bad_bins(image):
    with pytest.raises(ValueError, match="rgb, hsv, lab"):
        color.histogram(image, "ycc")
    for bins in (8, (8, 8), (8, 8, 0), (8, 8, 2.5)):
        with pytest.raises(ValueError, match="three positive integers"):
            color.histogram(image, bins=bins)


def test_moments(image):
    m = color.moments(image, "rgb").reshape(3, 3)
    pixels = image.reshape(-1, 3).astype(float)
    assert m[:, 0] == pytest.approx(pixels.mean(axis=0), rel=1e-5)
    assert m[:, 1] == pytest.approx(pixels.std(axis=0), rel=1e-5)
    skew = ((pixels - pixels.mean(axis=0)) ** 3).mean(axis=0)
    assert m[:, 2] ** 3 == pytest.approx(skew, rel=1e-4)
