"""Patches are cut where the descriptor looked, and turned upright."""

import numpy as np
import pytest

from visret_lab.teaching import figures
from visret_lab.teaching.figures import cut_patch, is_inside


def test_a_patch_is_six_diameters_wide_around_its_point():
    image = np.zeros((120, 160, 3), np.uint8)
    image[40:88, 70:118] = 255  # a square of 48 pixels around (94, 64)
    patch = cut_patch(image, (94, 64, 8, 0))
    assert patch.shape == (48, 48, 3)
    assert patch[2:-2, 2:-2].min() == 255
    wider = cut_patch(image, (94, 64, 16, 0))  # twice as wide: the square fills the middle half of each side
    assert wider[14:34, 14:34].min() == 255 and wider[:10].max() == 0


def test_a_patch_is_turned_by_its_angle():
    image = np.zeros((101, 101, 3), np.uint8)
    image[50:, :] = 255  # light below; the arrow of the point looks down, which is 90 degrees clockwise
    patch = cut_patch(image, (50, 50, 4, 90)).astype(int)
    assert patch[:, 30:].mean() > 200 > 50 > patch[:, :18].mean()  # upright, the arrow looks to the right


@pytest.mark.parametrize(("point", "inside"), [((50, 50, 10, 0), True), ((50, 50, 12, 0), False), ((20, 50, 10, 45), False),
                                               ((50, 90, 4, 0), False)])
def test_is_inside_allows_for_every_turn(point, inside):
    assert is_inside(np.zeros((101, 101, 3)), point) is inside


def test_a_map_over_an_image_is_brightest_where_it_is_largest():
    image, values = np.full((40, 60, 3), 90, np.uint8), np.zeros((4, 6))
    values[1, 4] = 3
    seen = figures.heat(image, values)
    assert seen.shape == image.shape and seen.dtype == np.uint8
    assert seen[15, 45, 1] > 150 > seen[35, 5, 1] and np.array_equal(figures.heat(image, 7 * values), seen)
    assert figures.heat(image, np.zeros((4, 6))).std() < 60
    for wrong in (np.zeros(4), values - 1, values * np.nan):
        with pytest.raises(ValueError, match="h x w"):
            figures.heat(image, wrong)
