import numpy as np
import pytest

from visret_lab.deep.crop_maps import crop_maps

MAPS = np.arange(2 * 6 * 8, dtype=np.float32).reshape(2, 6, 8)  # of a picture of 64 x 48 pixels, 8 pixels a position


def test_a_box_takes_the_positions_that_it_touches():
    assert (crop_maps(MAPS, (8, 16, 24, 32), (64, 48)) == MAPS[:, 2:4, 1:3]).all()
    assert (crop_maps(MAPS, (9, 17, 25, 33), (64, 48)) == MAPS[:, 2:5, 1:4]).all()
    assert crop_maps(MAPS, (10, 10, 11, 11), (64, 48)).shape == (2, 1, 1)


def test_no_box_and_the_whole_box_are_all():
    assert (crop_maps(MAPS, None, (64, 48)) == MAPS).all() and (crop_maps(MAPS, (0, 0, 64, 48), (64, 48)) == MAPS).all()


@pytest.mark.parametrize(("maps", "box", "says"), [
    (MAPS[0], (0, 0, 8, 8), "C x h x w"), (MAPS, (0, 0, 65, 8), "does not lie"), (MAPS, (8, 8, 8, 16), "does not lie"),
    (MAPS, (-1, 0, 8, 8), "does not lie")])
def test_bad_input(maps, box, says):
    with pytest.raises(ValueError, match=says):
        crop_maps(maps, box, (64, 48))
