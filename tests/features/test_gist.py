"""GIST: filters, prefilter, blocks."""

import numpy as np
import pytest

from tests.features.test_edges import stripes
from visret_lab.features import gist


def test_lengths():
    image = stripes(30)
    assert gist.gist(image).shape == (960,) and gist.gist(image).dtype == np.float32
    assert gist.gist(image, color=False).shape == (320,)
    assert gist.gist(image, color=False, side=30, blocks=3, orientations=(4, 2)).shape == (54,)


def test_a_grey_picture_has_three_equal_channels():
    d = gist.gist(stripes(30)).reshape(3, 320)
    assert np.allclose(d[0], d[1], atol=1e-6) and np.allclose(d[0], d[2], atol=1e-6)


def test_filters_have_their_peak_where_the_paper_puts_it():
    side = 128
    bank = gist.filter_bank(side)
    assert bank.shape == (20, side, side) and not bank.flags.writeable
    frequency = np.fft.fftfreq(side)
    for index, (scale, turn) in {0: (0, 0), 4: (0, 90), 10: (1, 45), 17: (2, 45)}.items():
        row, column = np.unravel_index(bank[index].argmax(), (side, side))
        f = np.hypot(frequency[row], frequency[column])
        assert f == pytest.approx(0.3 / 1.85**scale, abs=1.5 / side)
        assert np.degrees(np.arctan2(frequency[row], frequency[column])) == pytest.approx(turn, abs=4)
    assert bank[:, 0, 0].max() < 0.04  # a filter hears next to nothing of the mean brightness


@pytest.mark.parametrize("turn", [0, 1, 3, 6])
def test_stripes_wake_their_filter(turn):
    angle = turn * 22.5
    image = stripes(angle, size=128, period=3.4)
    energy = gist.gist(image, color=False, side=128).reshape(20, 16).mean(axis=1)
    assert energy[:8].argmax() == turn and energy.argmax() < 8


def test_blocks_are_row_by_row():
    image = np.full((64, 64, 3), 128, np.uint8)
    image[36:44, 4:12] = stripes(0, 64, 4)[:8, :8]  # third row, first column
    d = gist.gist(image, color=False).reshape(20, 4, 4)
    assert np.unravel_index(d.sum(axis=0).argmax(), (4, 4)) == (2, 0)


def test_prefilter_removes_slow_light():
    texture = np.random.default_rng(0).integers(60, 200, (64, 64, 1)).repeat(3, 2)
    light = np.linspace(0.3, 1, 64)[None, :, None]
    flat, lit = (x.round().astype(np.uint8) for x in (texture * 1.0, texture * light))
    with_filter = np.linalg.norm(gist.gist(flat) - gist.gist(lit)) / np.linalg.norm(gist.gist(flat))
    raw = [gist.block_means(gist.filter_energy(gist.square(x))).ravel() for x in (flat, lit)]
    without = np.linalg.norm(raw[0] - raw[1]) / np.linalg.norm(raw[0])
    assert with_filter < 0.2 * without


def test_a_flat_image_is_all_zero():
    assert gist.gist(np.full((20, 20, 3), 99, np.uint8)) == pytest.approx(0, abs=1e-4)


def test_block_means():
    energy = np.arange(16.0).reshape(1, 4, 4)
    assert np.array_equal(gist.block_means(energy, 2), [[[2.5, 4.5], [10.5, 12.5]]])


def test_wrong_settings():
    image = stripes(0)
    for side, blocks in ((66, 4), (4, 4), (0, 4), (64, 0)):
        with pytest.raises(ValueError, match="side must be"):
            gist.gist(image, side=side, blocks=blocks)
