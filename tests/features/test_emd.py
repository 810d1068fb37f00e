"""Earth mover's distance on a line and between colour signatures."""

import numpy as np
import pytest

from visret_lab.features import emd
from visret_lab.features.signature import signature


def unit(x):
    x = np.asarray(x, dtype=float)
    return x / x.sum(axis=-1, keepdims=True)


def random_signatures(count, seed=0, colors=5):
    rng = np.random.default_rng(seed)
    weights = rng.dirichlet(np.ones(colors), size=count)
    return np.concatenate([weights[..., None], rng.normal(size=(count, colors, 3)) * 30], axis=2).astype(np.float32)


def test_on_a_line_by_hand():
    a = unit([[1, 0, 0, 0], [0, 1, 0, 1]])
    b = unit([[0, 0, 0, 1], [1, 1, 0, 0]])
    assert emd.emd_1d(a, b) == pytest.approx(np.array([[3, 0.5], [1, 1.5]]))


def test_on_a_line_neighbouring_bins_are_near():
    # What chi-squared cannot see: a shift by one bin costs one, by five costs five.
    bins = np.eye(8)
    assert emd.emd_1d(bins[:1], bins)[0] == pytest.approx(np.arange(8))


def test_signatures_on_a_line_agree_with_the_closed_form():
    rng = np.random.default_rng(0)
    a, b = unit(rng.random(6)), unit(rng.random(6))
    place = np.arange(6.0)
    found = emd.emd(np.column_stack([a, place]), np.column_stack([b, place]))
    assert found == pytest.approx(emd.emd_1d(a, b)[0, 0], abs=1e-6)


def test_flow_takes_and_gives_the_weights():
    a, b = random_signatures(2)
    moved, cost = emd.flow(a, b)
    assert moved.min() >= 0
    assert moved.sum(axis=1) == pytest.approx(a[:, 0], abs=1e-6)
    assert moved.sum(axis=0) == pytest.approx(b[:, 0], abs=1e-6)
    assert cost[0, 0] == pytest.approx(np.linalg.norm(a[0, 1:] - b[0, 1:]), rel=1e-5)


def test_partial_matching_uses_the_smaller_mass():
    a = np.array([[0.5, 0.0]])
    b = np.array([[0.5, 1.0], [0.5, 10.0]])
    assert emd.emd(a, b) == pytest.approx(1)


def test_metric_properties():
    x, y, z = random_signatures(3)
    assert emd.emd(x, x) == pytest.approx(0, abs=1e-6)
    assert emd.emd(x, y) == pytest.approx(emd.emd(y, x), abs=1e-6)
    assert emd.emd(x, z) <= emd.emd(x, y) + emd.emd(y, z) + 1e-6


def test_all_pairs_agree_with_the_definition_and_with_the_bound():
    a, b = random_signatures(3), random_signatures(4, seed=1)
    a[0, 2, 0], a[0, 0, 0] = 0, a[0, 0, 0] + a[0, 2, 0]  # an empty cluster
    table = emd.emd_all_pairs(a, b)
    assert table == pytest.approx(np.array([[emd.emd(s, t) for t in b] for s in a]), abs=1e-3)
    assert (emd.centroid_bound(a, b) <= table + 1e-3).all()


def test_wrong_input():
    a = unit(np.ones((2, 4)))
    with pytest.raises(ValueError, match="3 columns, but 4"):
        emd.emd_1d(a, a[:, :3])
    with pytest.raises(ValueError, match="sum to 1"):
        emd.emd_1d(a, 2 * a)
    s = random_signatures(2)
    with pytest.raises(ValueError, match="K x"):
        emd.emd(s, s[0])
    with pytest.raises(ValueError, match="dimensions"):
        emd.emd(s[0], s[0][:, :3])
    with pytest.raises(ValueError, match="weights"):
        emd.emd(s[0] * [0, 1, 1, 1], s[1])
    with pytest.raises(ValueError, match="not finite"):
        emd.emd(s[0] * np.nan, s[1])
    with pytest.raises(ValueError, match="sum to 1"):
        emd.emd_all_pairs(s * 2, s)
    with pytest.raises(ValueError, match="stack of signatures"):
        emd.emd_all_pairs(s[0], s)
    with pytest.raises(ValueError, match="dimensions"):
        emd.emd_all_pairs(s[..., :3], s)


def test_signature_finds_the_colours():
    image = np.zeros((20, 20, 3), np.uint8)
    image[:15] = 255, 0, 0
    image[15:] = 0, 0, 255
    s = signature(image, np.random.default_rng(0), colors=4)
    assert s.shape == (4, 4) and s.dtype == np.float32
    assert s[:2, 0] == pytest.approx([0.75, 0.25])
    assert s[2:, 0] == pytest.approx([0, 0])
    assert s[0, 1:] == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    assert np.array_equal(s, signature(image, np.random.default_rng(0), colors=4))
    with pytest.raises(ValueError, match="at least one"):
        signature(image, np.random.default_rng(0), colors=0)
