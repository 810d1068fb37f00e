"""Pairs of patches: the geometry against the painter's own, and what a training draws from them."""

from functools import partial

import numpy as np
import pytest
import torch

from visret_lab.deep.hardnet import HardNet
from visret_lab.rerank.geometry import apply_homography
from visret_lab.training import patch_pairs
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.patch_descriptor import batch_of, figures, loss_of, matching_of, test_of
from visret_lab.training.patch_pairs import PairConfig, Pairs, Walls, corresponding, moved_along_walls, moved_by, paint, read, warped
from visret_lab.worlds.categories import building
from visret_lab.worlds.town.render import render
from visret_lab.worlds.town.view import draw_view

test_of.__test__ = False  # not a test of pytest


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patches")
    return read(paint(folder, PairConfig(buildings=2, views=2, most=40, size=(200, 150), seed=3), workers=1, progress=False))


def test_a_similarity_moves_points_as_expected():
    c, s = 2 * np.cos(0.5), 2 * np.sin(0.5)
    turn = np.array([[c, -s, 3], [s, c, 4], [0, 0, 1]])
    moved = moved_by(np.float32([[10, 20, 6, 30]]), partial(apply_homography, turn))
    assert np.allclose(moved[0], [10 * c - 20 * s + 3, 10 * s + 20 * c + 4, 12, 30 + np.rad2deg(0.5)], atol=1e-4)


def test_walls_agree_with_the_painter():
    """A point of a wall: the camera's own projection of it lands where the pixel was, and in the other view where it must."""
    place = building(5, np.random.default_rng(11))
    views = []
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        view = draw_view(rng, easy=True)
        views.append((view, *render(place, view, rng, (200, 150))))
    first, second = (Walls(place, view, seen) for view, _, seen in views)
    y, x = np.nonzero(views[0][2])
    pixels = np.stack([x, y], axis=1)[::37].astype(float)
    wall, there = first.under(pixels)
    assert (wall >= 0).mean() > 0.9
    good = wall >= 0
    assert np.abs(first.project(there[good]) - pixels[good]).max() < 1e-6
    points = np.c_[pixels, np.full(len(pixels), 4.0), np.zeros(len(pixels))]
    moved = moved_along_walls(points, first, second)
    kept = np.isfinite(moved).all(axis=1)
    assert kept.sum() > 20
    assert np.abs(moved[kept, :2] - second.project(there[kept])).max() < 1e-6
    back = moved_along_walls(moved[kept], second, first)
    both = np.isfinite(back).all(axis=1)
    assert both.mean() > 0.6 and np.abs(back[both, :2] - pixels[kept][both]).max() < 0.5
    at = second.project(there[kept]).round().astype(int)
    assert views[1][2][at[:, 1], at[:, 0]].all()


def test_which_points_are_found_again():
    points = np.float32([[10, 10, 4, 0], [10, 10, 4, 90], [50, 50, 4, 0], [70, 20, 4, 0], [90, 20, 4, 0]])
    moved = points + np.float32([1, 0, 0, 0])
    moved[4] = np.nan
    found = np.float32([[11, 10, 4, 10], [51, 50, 9, 0], [71, 20, 4, 40], [71.5, 20, 4, -10], [91, 20, 4, 0]])
    # 0: right. 1: the same place once more. 2: too large. 3: the first is turned too far, the second is not. 4: cannot be seen.
    assert corresponding(points, moved, found).tolist() == [[0, 0], [3, 3]]
    assert corresponding(points, moved, found[:0]).shape == (0, 2)


def test_directions_are_compared_on_a_circle():
    assert len(corresponding(np.float32([[5, 5, 4, 359]]), np.float32([[5, 5, 4, 359]]), np.float32([[5, 5, 4, 2]]))) == 1


def test_painted_pairs_show_the_same_point(pairs):
    assert pairs.a.shape == pairs.b.shape and pairs.a.shape[1:] == (32, 32) and len(pairs.a) > 40
    assert 0 < pairs.warped.mean() < 1

    def flat(x):
        x = x.reshape(len(x), -1).astype(float)
        x = x - x.mean(axis=1, keepdims=True)
        return x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-9)

    right = (flat(pairs.a) * flat(pairs.b)).sum(axis=1)
    wrong = (flat(pairs.a) * np.roll(flat(pairs.b), 1, axis=0)).sum(axis=1)
    assert np.median(right) > 0.6 > 0.4 > np.median(wrong)


def test_painting_goes_on_and_tells_configurations_apart(tmp_path):
    config = PairConfig(buildings=1, views=1, size=(120, 90), seed=4)
    paint(tmp_path, config, workers=1, progress=False)
    before = (tmp_path / "0000.npz").stat().st_mtime_ns
    paint(tmp_path, config, workers=1, progress=False)
    assert (tmp_path / "0000.npz").stat().st_mtime_ns == before
    with pytest.raises(ValueError, match="another configuration"):
        paint(tmp_path, PairConfig(buildings=2), workers=1)
    (tmp_path / "0000.npz").unlink()
    with pytest.raises(FileNotFoundError, match="0000.npz"):
        read(tmp_path)
    with pytest.raises(ValueError, match="at least one"):
        PairConfig(views=0)


def test_a_warp_and_its_homography():
    image = np.zeros((90, 120, 3), np.uint8)
    image[40:50, 55:65] = 255
    for seed in range(3):
        copy, homography = warped(image, np.random.default_rng(seed))
        bright = copy.mean(axis=2) > 0.6 * copy.mean(axis=2).max()
        at = apply_homography(homography, [[59.5, 44.5]])[0]
        xy = np.argwhere(bright)[:, ::-1]
        xy = xy[np.abs(xy - at).max(axis=1) < 14]  # the border mirrors the picture
        assert len(xy) > 20 and np.abs(at - xy.mean(axis=0)).max() < 2


def test_a_batch_turns_both_sides_alike():
    patches = np.random.default_rng(0).integers(0, 255, (12, 32, 32)).astype(np.uint8)
    a, b = batch_of(Pairs(patches, patches, np.arange(12), np.zeros(12, bool)), 12, np.random.default_rng(1))
    assert torch.equal(a, b) and a.shape == (12, 1, 32, 32)
    assert sorted(a.sum(dim=(1, 2, 3)).tolist()) == sorted(patches.sum(axis=(1, 2)).astype(float).tolist())
    with pytest.raises(ValueError, match="takes 13"):
        batch_of(Pairs(patches, patches, np.arange(12), np.zeros(12, bool)), 13, np.random.default_rng(1))


def test_figures_by_hand():
    a = np.float32([[0, 0], [10, 0], [20, 0], [30, 0]])
    assert figures(a, a) == {"first": 1.0, "fpr95": 0.0}
    assert figures(a, a[::-1])["first"] == 0.0
    assert figures(a, a[::-1])["fpr95"] == 1.0
    assert figures(a, a + np.float32([6, 0]))["first"] == 0.25  # all but the first have another one nearer
    x, y = np.float32([[0], [3], [6], [9]]), np.float32([[0], [3], [6], [13]])
    assert figures(x, y)["fpr95"] == pytest.approx(5 / 12)  # squared, 95 % of the right lie within 13.6, and five wrong ones have 9


def test_training_learns_and_can_be_stopped(pairs, tmp_path):
    def run(folder, stop):
        torch.manual_seed(0)
        network = HardNet((4, 4, 4, 4, 8, 8), 16)
        schedule = Schedule(steps=12, batch=24, side=32, rate=1e-2, check=6)
        loss, calls = loss_of(network, pairs, 24), []

        def counted(rng):
            calls.append(1)
            if len(calls) == stop:
                raise KeyboardInterrupt
            return loss(rng)

        try:
            return minimise(network, counted, schedule, folder, test_of(network, pairs), progress=False)
        except KeyboardInterrupt:
            return run(folder, None)

    whole, stopped = run(tmp_path / "a", None), run(tmp_path / "b", 9)
    assert all(torch.equal(x, y) for x, y in zip(whole.state_dict().values(), stopped.state_dict().values(), strict=True))
    torch.manual_seed(0)
    assert matching_of(whole, pairs)["fpr95"] < matching_of(HardNet((4, 4, 4, 4, 8, 8), 16).eval(), pairs)["fpr95"]


def test_a_loss_that_is_not_there():
    with pytest.raises(ValueError, match="hardest, random"):
        loss_of(None, None, 1, "softest")


def test_the_tool_says_what_it_does():
    import runpy

    assert "hardnet_random" in runpy.run_path("data_scripts/train_hardnet.py")["__doc__"]
    assert patch_pairs.PairConfig().seed == 18001
