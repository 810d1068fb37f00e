"""The pictures that a network is trained on: balanced, of their category, the same for a seed, gone on with after a stop."""

import json

import cv2
import numpy as np
import pytest

from visret_lab.worlds import categories
from visret_lab.worlds.categories import CATEGORIES, CategoryConfig, building, generate
from visret_lab.worlds.manifest import verify

SMALL = CategoryConfig(buildings=1, views=2, size=(48, 36), seed=7)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(categories, "CATEGORIES", CATEGORIES[:3])
        yield generate(tmp_path_factory.mktemp("a") / "c", SMALL, workers=1, progress=False), patch


def test_every_category_has_its_pictures(made):
    folder, _ = made
    labels = json.loads((folder / "labels.json").read_text())
    assert [r["category"] for r in labels["images"]] == [0, 0, 1, 1, 2, 2]
    assert labels["categories"] == [", ".join(c) for c in CATEGORIES[:3]]
    assert len({r["building"] for r in labels["images"]}) == 3
    pictures = [cv2.imread(str(folder / "images" / f"{r['id']}.jpg")) for r in labels["images"]]
    assert {p.shape for p in pictures} == {(36, 48, 3)} and len({p.tobytes() for p in pictures}) == 6
    assert verify(folder) == []


def test_the_same_seed_gives_the_same_bytes_and_a_stop_loses_nothing(made, tmp_path):
    folder, _ = made
    again = generate(tmp_path / "c", SMALL, workers=1, progress=False)
    assert (again / "manifest.json").read_bytes() == (folder / "manifest.json").read_bytes()
    (again / "images" / "01_000_1.jpg").unlink()
    (again / "manifest.json").unlink()
    before = (again / "images" / "00_000_0.jpg").stat().st_mtime_ns
    generate(again, SMALL, workers=1, progress=False)
    assert (again / "manifest.json").read_bytes() == (folder / "manifest.json").read_bytes()
    assert (again / "images" / "00_000_0.jpg").stat().st_mtime_ns == before


def test_a_building_is_of_its_category(monkeypatch):
    seen = []
    monkeypatch.setattr(categories, "CATEGORIES", CATEGORIES)  # all of them
    monkeypatch.setattr(categories, "build", lambda rng, style, plan, owner: seen.append((style, plan)) or [])
    monkeypatch.setattr(categories, "surround", lambda rng, middle, plan: None)
    for category in range(len(CATEGORIES)):
        building(category, np.random.default_rng(category))
    for (wall, top, sign), (style, plan) in zip(CATEGORIES, seen, strict=True):
        assert style.material == wall and (plan.signature or "none") == sign
        assert (plan.towers == 0) == (top == "none") and (top == "none" or plan.cap == top)
    assert len(CATEGORIES) == len(set(CATEGORIES)) == 48


def test_no_seed_is_shared_with_the_town():
    from visret_lab.worlds.town import TownConfig

    assert CategoryConfig().seed != TownConfig().seed


@pytest.mark.parametrize("wrong", [{"buildings": 0}, {"views": 0}, {"size": (0, 9)}])
def test_bad_numbers(wrong):
    with pytest.raises(ValueError, match="at least one"):
        CategoryConfig(**wrong)
