"""Gradients and orientation histograms."""

import numpy as np
import pytest

from visret_lab.features import edges


def stripes(angle, size=64, period=8):
    """Stripes whose brightness changes along `angle` (degrees, 0 = to the right, 90 = down)."""
    y, x = np.mgrid[:size, :size]
    wave = np.sin(2 * np.pi * (x * np.cos(np.radians(angle)) + y * np.sin(np.radians(angle))) / period)
    return np.repeat((127 + 100 * wave).round().astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize("angle", [10, 35, 80, 100, 125, 170])
def test_stripes_vote_for_their_direction(angle):
    h = edges.orientation_histogram(stripes(angle), bins=8)
    assert h.argmax() == int(angle / 22.5)
    assert h.max() > 0.8 and h.sum() == pytest.approx(1, abs=1e-5)


def test_a_ramp_has_one_signed_direction_and_negation_turns_it():
    ramp = np.repeat(np.tile(np.arange(0, 250, 5, dtype=np.uint8), (50, 1))[..., None], 3, axis=2)
    signed = edges.orientation_histogram(ramp, 8, signed=True)
    turned = edges.orientation_histogram(255 - ramp, 8, signed=True)
    assert signed.argmax() == 0 and turned.argmax() == 4
    plain = edges.orientation_histogram(ramp, 8)
    assert np.allclose(plain, edges.orientation_histogram(255 - ramp, 8), atol=1e-6)


def test_cells_are_row_by_row():
    image = np.full((40, 60, 3), 128, np.uint8)
    image[22:38, 2:18, :] = stripes(10)[:16, :16]  # something only in the lower left of 2 x 3 cells
    cells = edges.orientation_histogram(image, 8, cells=(2, 3)).reshape(6, 8)
    assert cells.sum(axis=1).argmax() == 3
    assert cells[3].sum() > 0.95


def test_strength_counts_not_the_number_of_pixels():
    # Faint vertical stripes over most of the image, one strong horizontal step.
    image = stripes(0).astype(float)
    image = 127 + (image - 127) * 0.01
    image[32:] += 100
    h = edges.orientation_histogram(image.round().astype(np.uint8), bins=4)
    assert h.argmax() == 2


def test_flat_image_gives_zeros_not_nan():
    h = edges.orientation_histogram(np.full((10, 10, 3), 77, np.uint8))
    assert np.array_equal(h, np.zeros(8, np.float32))


def test_gradient_of_a_ramp():
    ramp = np.repeat(np.tile(np.arange(0, 100, 10, dtype=np.uint8), (8, 1))[..., None], 3, axis=2)
    for operator, step in (("sobel", 80), ("central", 20)):
        dx, dy = edges.gradient(ramp, operator)
        assert dx.dtype == np.float32
        assert dx[2:-2, 2:-2] == pytest.approx(step, rel=1e-5) and dy[2:-2, 2:-2] == pytest.approx(0, abs=1e-3)


def test_wrong_settings():
    image = stripes(0)
    with pytest.raises(ValueError, match="sobel, central"):
        edges.gradient(image, "canny")
    with pytest.raises(ValueError, match="bins"):
        edges.orientation_histogram(image, 0)
    for cells in (4, (0, 2), (2, 2, 2), (1.5, 1)):
        with pytest.raises(ValueError, match="cells must be"):
            edges.orientation_histogram(image, 8, cells)
    with pytest.raises(ValueError, match="cannot be cut"):
        edges.orientation_histogram(image, 8, (65, 1))
