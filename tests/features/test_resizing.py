import numpy as np
import pytest
from PIL import Image

from visret_lab.features.resizing import OPENCV, PILLOW, resize_by, scaled_size

IMAGE = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize("how", [*OPENCV, *PILLOW])
def test_the_size_is_width_and_height(how):
    made = resize_by(IMAGE, (20, 10), how)
    assert made.shape == (10, 20, 3) and made.dtype == np.uint8 and made.flags.writeable
    assert (resize_by(IMAGE, (64, 48), how) == IMAGE).all()


def test_area_is_the_mean_of_blocks_as_pillows_box():
    mean = IMAGE.reshape(12, 4, 16, 4, 3).mean(axis=(1, 3))
    assert np.abs(resize_by(IMAGE, (16, 12), "area, OpenCV") - mean).max() <= 1
    box = np.asarray(Image.fromarray(IMAGE).resize((16, 12), Image.Resampling.BOX))
    assert np.abs(box.astype(int) - resize_by(IMAGE, (16, 12), "area, OpenCV")).max() <= 1


def test_opencv_skips_pixels_and_pillow_does_not():
    spot = np.zeros((64, 64, 3), np.uint8)
    spot[0, 0] = 255  # a corner that no sample of a factor of 8 falls on
    for how in OPENCV | PILLOW:
        seen = resize_by(spot, (8, 8), how).max() > 0
        assert seen == (how not in ("bilinear, OpenCV", "bicubic, OpenCV")), how


def test_the_size_of_a_part_follows_its_picture():
    assert scaled_size((480, 640, 3), 320) == (320, 240) and scaled_size((640, 480), 320) == (240, 320)
    assert scaled_size((100, 60, 3), 320, whole=640) == (30, 50)
    assert scaled_size((1, 900, 3), 10) == (10, 1)


@pytest.mark.parametrize(("image", "size", "how", "says"), [
    (IMAGE, (0, 5), "area, OpenCV", "at least 1 x 1"), (IMAGE, (5, 5), "bilinear", "There are: nearest, OpenCV"),
    (IMAGE[..., 0], (5, 5), "area, OpenCV", "greyscale"), (IMAGE / 255, (5, 5), "bicubic, Pillow", "floating-point|float")])
def test_bad_input(image, size, how, says):
    with pytest.raises(ValueError, match=says):
        resize_by(image, size, how)
