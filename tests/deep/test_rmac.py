"""The region grid against the published counts and a plain reading of the published steps; the maxima against slices."""

import numpy as np
import pytest
import torch
from torchvision.ops import roi_pool

from visret_lab.deep.rmac import RMAC, region_mac, regions, rmac

MAPS = torch.rand(2, 7, 24, 32, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("size", "levels", "count"), [((20, 20), 3, 14), ((24, 32), 3, 20), ((32, 24), 3, 20), ((24, 64), 3, 32),
                                                       ((24, 32), 5, 70), ((7, 7), 1, 1)])
def test_published_counts(size, levels, count):
    assert len(regions(*size, levels)) == count


def by_the_paper(height, width, levels):
    """The published MATLAB steps, one by one, with its 1-based index and its 0/0 = 0."""
    w = min(height, width)
    b = np.array([(max(height, width) - w) / (s - 1) for s in (2, 3, 4, 5, 6, 7)])
    index = int(np.argmin(np.abs((w**2 - w * b) / w**2 - 0.4))) + 1
    wide, high = (index if width > height else 0), (index if height > width else 0)
    found = []
    for level in range(1, levels + 1):
        side = int(np.floor(2 * w / (level + 1)))
        half = np.floor(side / 2 - 1)
        with np.errstate(invalid="ignore"):
            steps = [np.nan_to_num(np.float64(n - side) / (level + extra - 1)) for n, extra in ((height, high), (width, wide))]
        tops, lefts = (np.floor(half + np.arange(level + extra) * s) - half for s, extra in zip(steps, (high, wide), strict=True))
        found += [(int(t), int(left), side) for t in tops for left in lefts]
    return found


@pytest.mark.parametrize("size", [(20, 20), (24, 32), (32, 24), (13, 37), (10, 15), (31, 30), (9, 50), (6, 8), (3, 7), (5, 3)])
def test_windows_of_the_published_code(size):
    assert regions(*size) == by_the_paper(*size, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (2, 3), (3, 3), (24, 32), (50, 7), (37, 200)])
def test_windows_lie_inside_and_reach_the_borders(size):
    height, width = size
    found = regions(height, width)
    assert all(top >= 0 and left >= 0 and side >= 1 and top + side <= height and left + side <= width for top, left, side in found)
    first = [w for w in found if w[2] == min(size)]
    assert {w[0] for w in first} >= {0} and max(w[1] + w[2] for w in first) >= width - 1


def test_maxima_are_those_of_the_slices():
    slices = torch.stack([MAPS[:, :, t : t + s, x : x + s].amax((2, 3)) for t, x, s in regions(24, 32)], dim=1)
    assert torch.equal(region_mac(MAPS), slices)


def test_maxima_are_those_of_roi_pooling():
    boxes = torch.tensor([[0, x, t, x + s - 1, t + s - 1] for t, x, s in regions(24, 32)], dtype=torch.float32)
    assert torch.equal(region_mac(MAPS[:1])[0], roi_pool(MAPS[:1], boxes, 1).flatten(1))


def test_each_step_by_hand():
    rng = torch.Generator().manual_seed(1)
    matrix = torch.randn(7, 3, generator=rng)
    want = 0
    for t, x, s in regions(24, 32):
        v = MAPS[0, :, t : t + s, x : x + s].amax((1, 2))
        v = (v / v.norm()) @ matrix
        want = want + v / v.norm()
    assert torch.allclose(rmac(MAPS, lambda v: v @ matrix)[0], want / want.norm(), atol=1e-6)
    assert torch.equal(RMAC(torch.nn.Identity())(MAPS), rmac(MAPS, lambda v: v))
    assert torch.allclose(RMAC()(MAPS).norm(dim=1), torch.ones(2))


def test_silent_maps_give_a_zero_vector_and_no_nan():
    assert not rmac(torch.zeros(1, 4, 6, 8)).any()


@pytest.mark.parametrize(("height", "width", "levels"), [(0, 4, 3), (4, 0, 3), (4, 4, 0)])
def test_bad_grids(height, width, levels):
    with pytest.raises(ValueError, match="at least 1"):
        regions(height, width, levels)
