"""The noisy training town: every class holds what it should, the truth is that of the pixels, a stop loses nothing."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from visret_lab.worlds.manifest import verify
from visret_lab.worlds.town import train
from visret_lab.worlds.town.copies import EDITS, copy_picture
from visret_lab.worlds.town.train import KINDS, TrainConfig, generate

SMALL = TrainConfig(classes=2, views=(5, 5), look_alikes=(1, 1), streets=(1, 1), interiors=(2, 2), wrong=(1, 1), copies=(2, 2),
                    other_copies=(1, 1), size=(96, 72), seed=5)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = generate(tmp_path_factory.mktemp("a") / "w", SMALL, workers=1, progress=False)
    return folder, {r["id"]: r for r in json.loads((folder / "truth.json").read_text())["images"]}


def test_every_class_holds_what_a_search_returns(made):
    folder, truth = made
    for number in range(2):
        members = [r for r in truth.values() if r["class"] == number]
        assert len(members) == 13 and {"landmark", "look_alike", "interior"} <= {r["kind"] for r in members} <= set(KINDS)
        assert sum(r["duplicate_of"] is not None for r in members) == 3
    assert {cv2.imread(str(folder / "images" / f"{i}.jpg")).shape for i in truth} == {(72, 96, 3)} and verify(folder) == []


def test_the_truth_agrees_with_itself(made):
    _, truth = made
    for r in truth.values():
        shown = r["kind"] == "landmark"
        assert shown == (r["landmark"] == r["class"]) == ("box" in r) == (r["label"] != "absent") and shown <= (r["visible"] > 0)
        assert (r["kind"] == "wrong") == (r["landmark"] is not None and r["landmark"] != r["class"])
        if shown:
            x0, y0, x1, y1 = r["box"]
            assert 0 <= x0 < x1 <= 96 and 0 <= y0 < y1 <= 72 and r["size"] * 96 * 72 <= (x1 - x0) * (y1 - y0) + 1
        if r["duplicate_of"]:
            first = truth[r["duplicate_of"]]
            assert first["class"] == r["class"] and first["duplicate_of"] is None and first["azimuth"] == r["azimuth"]
            assert r["edit"] in EDITS


def test_ids_do_not_tell_what_is_seen(made):
    _, truth = made
    kinds = [truth[i]["kind"] for i in sorted(truth) if i.startswith("c00")]
    assert kinds != sorted(kinds, key=KINDS.index)


def test_the_same_seed_gives_the_same_bytes_and_a_stop_loses_nothing(made, tmp_path):
    folder, truth = made
    one = replace(SMALL, classes=1, size=(64, 64))
    again = generate(tmp_path / "w", one, workers=1, progress=False)
    before = (again / "manifest.json").read_bytes()
    room = next(r["id"] for r in json.loads((again / "truth.json").read_text())["images"] if r["kind"] == "interior")
    (again / "images" / f"{room}.jpg").unlink()
    kept = {p.name: p.stat().st_mtime_ns for p in (again / "images").iterdir() if p.name.startswith("c00_00")}
    generate(again, one, workers=1, progress=False)
    assert (again / "manifest.json").read_bytes() == before
    assert all((again / "images" / name).stat().st_mtime_ns == t for name, t in kept.items()) or room == "c00_00"


def test_a_larger_set_begins_with_the_smaller_one():
    few, many = train._shots(TrainConfig(classes=12)), train._shots(TrainConfig(classes=24))
    assert few == [s for s in many if s["class"] < 12] and len({s["id"] for s in many}) == len(many)


def test_no_seed_is_shared_with_another_world():
    from visret_lab.datasets.named import NAMED
    from visret_lab.datasets.town import ELSEWHERE
    from visret_lab.worlds.categories import CategoryConfig
    from visret_lab.worlds.town import TownConfig

    assert TrainConfig().seed not in {NAMED.seed, ELSEWHERE.seed, CategoryConfig().seed, TownConfig().seed, 2014, 15003}


@pytest.mark.parametrize("seed", range(12))
def test_a_copy_keeps_the_landmark_where_it_is_seen(seed):
    image, seen = np.full((120, 160, 3), 90, np.uint8), np.zeros((120, 160), bool)
    seen[30:80, 50:110] = True
    image[seen] = (250, 20, 20)
    copy, mask, edit, quality = copy_picture(image, seen, np.random.default_rng(seed))
    red = (copy[..., 0].astype(int) - copy[..., 1]) > 150
    assert copy.shape == image.shape and edit in EDITS and 10 < quality < 90
    assert (red & mask).sum() / (red | mask).sum() > (0.9 if edit != "frame" else 0.85), edit


@pytest.mark.parametrize("wrong, words", [({"classes": 0}, "at least one class"), ({"views": (0, 3)}, "one view"),
                                          ({"size": (32, 240)}, "64 x 64")])
def test_bad_numbers(wrong, words):
    with pytest.raises(ValueError, match=words):
        TrainConfig(**wrong)
