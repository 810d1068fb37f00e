from dataclasses import replace

import numpy as np
import pytest

from visret_lab.deep.extract import resized
from visret_lab.system import describe
from visret_lab.system.recipe import Recipe
from visret_lab.tables.experiments import ch27_full_system as ch27

rng = np.random.default_rng(0)


class Few:
    """A set of 40 pictures of which the first 4 ask."""

    name, tier, ids, queries = "few", "mini", [f"{i:02d}" for i in range(40)], list(range(4))


@pytest.fixture
def one(monkeypatch, tmp_path):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    keys = [(n, s) for n in ("gem", "rmac") for s in (160, 226, 320)]
    vectors = {}
    for n, s in keys:
        x = rng.normal(size=(40, 12 if n == "gem" else 7)).astype(np.float32) + 0.5
        vectors[n, s] = x, x[:4] + 0.1
    points = [(rng.uniform(0, 300, (9, 2)).astype(np.float32), rng.normal(size=(9, 128)).astype(np.float32)) for _ in range(40)]
    local = points, points[:4]
    learn = {key: rng.normal(size=(80, x[0].shape[1])).astype(np.float32) for key, x in vectors.items()}
    return ch27.Ground(Few(), vectors, local, np.arange(4), learn, ch27.Remembered("few", Few.ids, *local))


def test_every_ablation_differs_from_the_whole_in_one_part():
    recipes = ch27.ablation("mini")
    whole, base = recipes["full"], recipes["base"]
    assert base == replace(ch27.BASE, sides=base.sides, accept=whole.accept, starts=whole.starts, walk=whole.walk)
    for part, word in ch27.WORDS.items():
        if part != "whitening":
            assert recipes[f"full - {word}"] == whole.without(part) != whole
            assert recipes[f"base + {word}"].without(part) == base != recipes[f"base + {word}"]
    assert recipes["base + whitening"] == replace(base, whiten=True)


def test_rankings_hold_every_picture_once_the_own_one_first(one):
    for recipe in (Recipe(), ch27.full("mini"), replace(ch27.full("mini"), whiten=True)):
        rankings, ms = ch27.answers(one, recipe)
        assert rankings.shape == (4, 40) and (np.sort(rankings, axis=1) == np.arange(40)).all()
        assert rankings[:, 0].tolist() == [0, 1, 2, 3] and set(ms) == {"first search", "local", "expansion", "diffusion"}


def test_the_vectors_are_fused_as_an_index_does(one):
    recipe = Recipe(networks=("gem", "rmac"), sides=(160, 320))
    images, asked = ch27.fused(one, recipe)
    want = describe.fuse_networks([describe.fuse_sizes([one.vectors[n, s][0] for s in recipe.sides]) for n in recipe.networks])
    assert np.array_equal(images, want) and asked.shape == (4, 19)
    assert ch27.nbytes(one, recipe) == 4 * 19
    assert ch27.nbytes(one, replace(recipe, local="rootsift", rerank=3, diffuse=4, reach=10)) == 4 * 19 + 9 * 132 + 80


def test_inliers_are_counted_once_and_kept(one, monkeypatch):
    counts, ms = one.inliers.of(0, [0, 5])
    one.inliers.keep()
    again = ch27.Remembered("few", Few.ids, *one.local)
    monkeypatch.setattr("visret_lab.system.search.verify", None)
    assert again.of(0, [0, 5]) == (counts, ms) and counts[0] == 9 and ms > 0
    assert again.of(0, []) == ({}, 0.0)


def test_photographs_are_brought_to_the_side_of_an_index():
    image = np.kron(rng.integers(0, 255, (30, 40, 3), np.uint8), np.ones((16, 16, 1), np.uint8))
    points, _ = ch27.Whole(50, 320).detect(image)
    assert points[:, 0].max() < 320 and resized(image, 320).shape == (240, 320, 3)
