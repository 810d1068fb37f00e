"""BLCF against its definitions, written as loops, and every bad input."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from visret_lab.arrays import l2_normalize
from visret_lab.compact.pca import PCA
from visret_lab.deep.blcf import (BLCF, NO_WORD, blcf_prior, box_on_grid, distance_weights, histograms, pooled_in_box, sample_rows,
                                  upsampled, weights_on_grid, words_in_box)

WHITEN = PCA(power=0.5, l2_before=True, l2_after=True)


def some_maps(count=6, channels=7, seed=0, sizes=((3, 4), (4, 3))):
    rng = np.random.default_rng(seed)
    return [np.maximum(rng.normal(size=(channels, *sizes[i % len(sizes)])), 0).astype(np.float32) for i in range(count)]


@pytest.fixture(scope="module")
def fitted():
    return BLCF(9, WHITEN, per_word=50).fit(some_maps(30, seed=1))


def test_upsampling_by_loops():
    x = some_maps(1)[0]
    got = upsampled(x, 2)
    assert got.shape == (7, 6, 8)
    for c, y, xx in np.ndindex(*got.shape):
        fy, fx = np.clip((y + 0.5) / 2 - 0.5, 0, 2), np.clip((xx + 0.5) / 2 - 0.5, 0, 3)
        y0, x0 = int(fy), int(fx)
        y1, x1 = min(y0 + 1, 2), min(x0 + 1, 3)
        dy, dx = fy - y0, fx - x0
        want = (1 - dy) * ((1 - dx) * x[c, y0, x0] + dx * x[c, y0, x1]) + dy * ((1 - dx) * x[c, y1, x0] + dx * x[c, y1, x1])
        assert got[c, y, xx] == pytest.approx(want, abs=1e-5)


def test_each_position_gets_its_nearest_word(fitted):
    maps = some_maps(4, seed=2)
    for x, found in zip(maps, fitted.transform(maps), strict=True):
        assert found.dtype == np.uint16 and found.shape == (2 * x.shape[1], 2 * x.shape[2])
        up = upsampled(x, 2)
        for y, xx in np.ndindex(*found.shape):
            d = up[:, y, xx].astype(np.float64)
            assert (found[y, xx] == NO_WORD) == (not d.any())
            if not d.any():
                continue
            z = fitted.pca_.components_ @ (d / np.linalg.norm(d) - fitted.pca_.mean_) / np.sqrt(fitted.pca_.variance_)
            z /= np.linalg.norm(z)
            distance = ((fitted.vocabulary_.centers_ - z) ** 2).sum(axis=1)
            assert distance[found[y, xx]] <= distance.min() + 1e-5


def test_blocks_do_not_matter(fitted, monkeypatch):
    maps = some_maps(9, seed=3)
    want = fitted.transform(maps)
    monkeypatch.setattr("visret_lab.deep.blcf.BLOCK", 50)
    assert all((a == b).all() for a, b in zip(fitted.transform(maps), want, strict=True))


def test_same_seed_same_words():
    maps = some_maps(20)
    a, b = (BLCF(5, WHITEN, seed=3).fit(maps).vocabulary_.centers_ for _ in range(2))
    assert (a == b).all() and a.shape == (5, 7)


def test_other_words_over_the_same_whitening(fitted):
    more = fitted.with_words(some_maps(30, seed=1), 12)
    assert more.pca_ is fitted.pca_ and len(more.vocabulary_.centers_) == 12 and len(fitted.vocabulary_.centers_) == 9
    assert clone(more).n_words == 12


def test_where_nothing_fires_there_is_no_word(fitted):
    x = np.zeros((7, 4, 4), np.float32)
    silent = fitted.transform([x])[0]
    assert (silent == NO_WORD).all()
    assert histograms([silent], 9).nnz == 0 and histograms([silent], 9).shape == (1, 9)
    x[:, 0, 0] = 1
    half = fitted.transform([x])[0]
    assert (half[:3, :3] != NO_WORD).all() and (half[3:] == NO_WORD).all()


def test_bad_maps(fitted):
    with pytest.raises(ValueError, match="needs a reducer"):
        BLCF(9).fit(some_maps(4))
    with pytest.raises(ValueError, match="cannot be learnt from"):
        BLCF(5000, WHITEN).fit(some_maps(4))
    with pytest.raises(ValueError, match="65,535"):
        BLCF(70_000, WHITEN).fit(some_maps(4))
    with pytest.raises(ValueError, match="all zero"):
        BLCF(2, WHITEN).fit([np.zeros((3, 2, 2))])
    with pytest.raises(ValueError, match="smaller than what the network needs"):
        fitted.transform([np.zeros((7, 0, 3), np.float32)])
    with pytest.raises(ValueError, match="7 are expected"):
        fitted.transform(some_maps(1, channels=5))
    with pytest.raises(ValueError, match="not finite"):
        fitted.transform([np.full((7, 2, 2), np.nan)])
    with pytest.raises(TypeError, match="list"):
        fitted.transform(some_maps(1)[0])
    with pytest.raises(ValueError, match="empty"):
        fitted.transform([])
    with pytest.raises(ValueError, match="whole number"):
        upsampled(some_maps(1)[0], 1.5)
    with pytest.raises(NotFittedError):
        BLCF().transform(some_maps(1))


def test_the_sample_is_spread_over_the_images():
    maps = [np.full((2, 4, 4), i + 1, np.float32) for i in range(5)] + [np.zeros((2, 4, 4), np.float32)]
    rows = sample_rows(maps, 30, 2, np.random.default_rng(0))
    assert {i + 1: (rows[:, 0] == i + 1).sum() for i in range(5)} == dict.fromkeys(range(1, 6), 5)


ASSIGNED = [np.array([[0, 2], [2, NO_WORD]], np.uint16), np.array([[1, 1, 1]], np.uint16)]


def test_histograms_by_hand():
    plain = histograms(ASSIGNED, 4, norm=None)
    assert sparse.issparse(plain) and plain.dtype == np.float32
    assert (plain.toarray() == [[1, 0, 2, 0], [0, 3, 0, 0]]).all()
    assert np.allclose(histograms(ASSIGNED, 4).toarray(), [[1 / 5**0.5, 0, 2 / 5**0.5, 0], [0, 1, 0, 0]])
    weighted = histograms(ASSIGNED, 4, [np.array([[0.5, 0], [0.25, 9]]), np.array([[0, 1, 0.5]])], norm=None)
    assert np.allclose(weighted.toarray(), [[0.5, 0, 0.25, 0], [0, 1.5, 0, 0]])


def test_all_zero_weights_count_as_ones():
    zero = [np.zeros(a.shape) for a in ASSIGNED]
    assert (histograms(ASSIGNED, 4, zero) != histograms(ASSIGNED, 4)).nnz == 0


def test_weights_come_to_the_grid_by_the_maximum():
    large = np.zeros((160, 320), np.float32)
    large[3, 3] = 1
    grid = weights_on_grid(large, (5, 10))
    assert grid.shape == (5, 10) and grid.argmax() == 0 and grid[0, 0] == 1 and grid[2:].max() == 0
    assert weights_on_grid(np.ones((250, 320)), (30, 40)).min() == 1  # a network leaves up to a position of the border out


@pytest.mark.parametrize(("weights", "words"), [
    (np.ones((40, 30)), "aspect"), (np.ones((100, 300)), "aspect"), (-np.ones((30, 40)), "negative"),
    (np.full((30, 40), np.nan), "not finite"), (np.ones(5), "H x W")])
def test_bad_weights(weights, words):
    with pytest.raises(ValueError, match=words):
        weights_on_grid(weights, (30, 40))


def test_bad_histograms():
    with pytest.raises(ValueError, match="one weight map an image"):
        histograms(ASSIGNED, 4, [np.ones((2, 2))])
    with pytest.raises(ValueError, match="has word 2, but there are 2"):
        histograms(ASSIGNED, 2)
    with pytest.raises(ValueError, match="norm"):
        histograms(ASSIGNED, 4, norm="l1")


def test_a_box_keeps_the_positions_that_it_covers_by_half():
    shape, size = (6, 8), (60, 80)  # cells of 10 pixels
    assert box_on_grid((10, 20, 40, 50), size, shape) == (1, 2, 4, 5)
    assert box_on_grid((14, 20, 46, 50), size, shape) == (1, 2, 5, 5)
    assert box_on_grid((16, 20, 44, 50), size, shape) == (2, 2, 4, 5)
    assert box_on_grid((-50, -50, 500, 500), size, shape) == (0, 0, 8, 6) == box_on_grid(None, size, shape)


def test_a_box_without_a_whole_position_gets_one():
    assert box_on_grid((33, 22, 35, 24), (60, 80), (6, 8)) == (3, 2, 4, 3)
    assert words_in_box(np.arange(48).reshape(6, 8), (33, 22, 35, 24), (60, 80)).tolist() == [[19]]


@pytest.mark.parametrize("box", [(90, 0, 99, 10), (0, 60, 10, 70), (-9, 0, 0, 10), (10, 10, 10, 20), (30, 30, 20, 40)])
def test_a_box_outside_the_picture(box):
    with pytest.raises(ValueError, match="does not lie in the picture"):
        box_on_grid(box, (60, 80), (6, 8))


def test_distance_weights_by_loops():
    got = distance_weights((2, 1, 4, 3), (5, 8))
    away = np.zeros((5, 8))
    for y, x in np.ndindex(5, 8):
        away[y, x] = min(np.hypot(y - a, x - b) for a in (1, 2) for b in (2, 3))
    assert np.allclose(got, 1 - away / away.max(), atol=1e-6) and got[1, 2] == 1 and got.min() == 0
    assert (distance_weights((0, 0, 8, 5), (5, 8)) == 1).all()


def test_the_prior_of_blcf():
    prior = blcf_prior(30, 40)
    assert prior.shape == (30, 40) and prior.min() == 0 and prior.max() == 1 and prior.argmin() == 0
    raw = np.exp(-(np.linspace(-15, 15, 30)[:, None] ** 2 + np.linspace(-20, 20, 40) ** 2) / 200)
    assert np.allclose(prior, (raw - raw.min()) / (raw.max() - raw.min()), atol=1e-6)
    assert (blcf_prior(1, 1) == 1).all()


def test_sum_pooling_in_a_box():
    x = some_maps(1)[0]
    assert np.allclose(pooled_in_box(x, None, (30, 40), 1), l2_normalize(x.sum(axis=(1, 2))), atol=1e-6)
    assert np.allclose(pooled_in_box(x, (0, 0, 10, 30), (30, 40), 1), l2_normalize(x[:, :, 0].sum(axis=1)), atol=1e-6)
