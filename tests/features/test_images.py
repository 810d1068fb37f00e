"""Every feature refuses a wrong image with the same plain words."""

import numpy as np
import pytest

from visret_lab.features import color, edges, gist, images
from visret_lab.features.signature import signature

GOOD = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
FEATURES = [
    color.histogram,
    color.moments,
    edges.orientation_histogram,
    gist.gist,
    lambda image: signature(image, np.random.default_rng(0)),
]
NAN = GOOD.astype(np.float32)
NAN[3, 3, 0] = np.nan
WRONG = {
    "greyscale": (GOOD[..., 0], "greyscale"),
    "greyscale with an axis": (GOOD[..., :1], "greyscale"),
    "RGBA": (np.dstack([GOOD, GOOD[..., :1]]), "RGBA"),
    "float": (GOOD / 255, "floating|float"),
    "NaN": (NAN, "NaN"),
    "16 bit": (GOOD.astype(np.uint16), "16 bits"),
    "empty": (GOOD[:0], "empty"),
    "a batch": (GOOD[None], "one image at a time"),
}


@pytest.mark.parametrize("feature", FEATURES, ids=["histogram", "moments", "edges", "gist", "signature"])
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_image_is_refused(feature, case):
    image, words = WRONG[case]
    with pytest.raises(ValueError, match=words):
        feature(image)


def test_one_pixel_has_a_colour_but_no_edges():
    pixel = np.full((1, 1, 3), 200, np.uint8)
    assert color.histogram(pixel).sum() == 1
    assert signature(pixel, np.random.default_rng(0))[0, 0] == 1
    for feature, least in ((edges.orientation_histogram, 3), (gist.gist, 8)):
        with pytest.raises(ValueError, match=f"at least {least}"):
            feature(pixel)


def test_grey_is_between_darkest_and_brightest_channel():
    level = images.grey(GOOD)
    assert level.dtype == np.float32
    assert (level >= GOOD.min(axis=2) - 1e-3).all() and (level <= GOOD.max(axis=2) + 1e-3).all()
    assert images.grey(np.full((2, 2, 3), 255, np.uint8)) == pytest.approx(255)
