import numpy as np
import pytest
from PIL import Image

from visret_lab.datasets.errors import ImageError
from visret_lab.datasets.image_io import crop, read_image


def save(tmp_path, mode, colour, size=(7, 5), name="a.png", **options):
    path = tmp_path / name
    Image.new(mode, size, colour).save(path, **options)
    return path


@pytest.mark.parametrize(
    "mode, colour, name, expected",
    [
        ("RGB", (10, 20, 30), "a.png", (10, 20, 30)),
        ("L", 90, "a.png", (90, 90, 90)),
        ("1", 1, "a.png", (255, 255, 255)),
        ("RGBA", (200, 0, 0, 0), "a.png", (255, 255, 255)),  # wholly transparent: the white ground is seen
        ("RGBA", (200, 0, 0, 255), "a.png", (200, 0, 0)),
        ("LA", (0, 0), "a.png", (255, 255, 255)),
        ("I;16", 65535, "a.png", (255, 255, 255)),
        ("I;16", 257 * 40, "a.tif", (40, 40, 40)),
        ("CMYK", (0, 0, 0, 0), "a.tif", (255, 255, 255)),
        ("CMYK", (0, 0, 0, 255), "a.tif", (0, 0, 0)),
    ],
)
def test_every_mode_becomes_rgb(tmp_path, mode, colour, name, expected):
    image = read_image(save(tmp_path, mode, colour, name=name))
    assert image.dtype == np.uint8 and image.shape == (5, 7, 3) and image.flags.c_contiguous and image.flags.writeable
    assert (image == expected).all()


def test_cmyk_jpeg_is_not_inverted(tmp_path):
    image = read_image(save(tmp_path, "CMYK", (0, 0, 0, 0), name="a.jpg"))
    assert image.mean() > 250


def test_half_transparent_is_laid_on_white(tmp_path):
    image = read_image(save(tmp_path, "RGBA", (0, 0, 0, 128)))
    assert abs(int(image[0, 0, 0]) - 127) <= 1


def test_palette_with_transparency(tmp_path):
    picture = Image.new("P", (4, 4), 0)
    picture.putpalette([255, 0, 0] * 256)
    picture.save(tmp_path / "a.png", transparency=0)
    assert (read_image(tmp_path / "a.png") == 255).all()


def test_exif_rotation(tmp_path):
    picture = Image.new("RGB", (20, 10), "black")
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.jpg", exif=exif)
    assert read_image(tmp_path / "a.jpg").shape == (20, 10, 3)
    assert read_image(tmp_path / "a.jpg", upright=False).shape == (10, 20, 3)


def test_one_pixel(tmp_path):
    assert read_image(save(tmp_path, "RGB", (1, 2, 3), size=(1, 1))).tolist() == [[[1, 2, 3]]]


def test_missing(tmp_path):
    with pytest.raises(ImageError, match="nowhere.jpg does not exist"):
        read_image(tmp_path / "nowhere.jpg")


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_truncated(tmp_path, rng, name):
    path = tmp_path / name
    Image.fromarray(rng.integers(0, 256, (60, 60, 3), dtype=np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-800])
    with pytest.raises(ImageError, match=f"{name} is damaged or truncated"):
        read_image(path)


@pytest.mark.parametrize("content", [b"", b"<html>302 Found</html>"])
def test_not_an_image(tmp_path, content):
    (tmp_path / "page.jpg").write_bytes(content)
    with pytest.raises(ImageError, match="page.jpg is not a picture"):
        read_image(tmp_path / "page.jpg")


def test_folder_is_not_a_picture(tmp_path):
    with pytest.raises(ImageError, match="is a folder"):
        read_image(tmp_path)


def test_float_picture_is_refused(tmp_path):
    with pytest.raises(ImageError, match="floating-point"):
        read_image(save(tmp_path, "F", 0.5, name="a.tif"))


IMAGE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


def test_crop_inside():
    part = crop(IMAGE, (1, 1, 3, 4))
    assert (part == IMAGE[1:4, 1:3]).all()
    part[:] = 0
    assert IMAGE[1, 1, 0] != 0, "the part must be a copy"


def test_crop_without_box_is_the_whole_image():
    assert (crop(IMAGE, None) == IMAGE).all()


def test_crop_rounds_and_clips():
    assert crop(IMAGE, (-5.2, 2.4, 2.6, 99)).shape == (2, 3, 3)


@pytest.mark.parametrize(
    "box, words",
    [
        ((3, 1, 3, 2), "is empty"),
        ((4, 1, 2, 2), "is empty"),
        ((10, 0, 20, 2), "no pixel of the image"),
        ((-9, 0, 0, 2), "no pixel of the image"),
        ((2.1, 0, 2.2, 2), "no pixel of the image"),
        ((0, 0, float("nan"), 2), "four finite numbers"),
        ((0, 0, 1), "four finite numbers"),
    ],
)
def test_crop_refuses(box, words):
    with pytest.raises(ImageError, match=words):
        crop(IMAGE, box)
