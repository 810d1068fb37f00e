"""The town: the same bytes however it is made, nothing half-written, truth that can be measured again."""

import json
import sys
from dataclasses import replace

import cv2
import numpy as np
import pytest

from visret_lab.worlds import manifest
from visret_lab.worlds.town import TownConfig, generate
from visret_lab.worlds.town.generate import _places
from visret_lab.worlds.town.place import make_place
from visret_lab.worlds.town.render import render, whole_area
from visret_lab.worlds.town.truth import difficulty, label
from visret_lab.worlds.town.view import draw_view

SMALL = TownConfig(landmarks=2, queries=1, views=4, look_alikes=1, look_alike_views=2, streets=1, street_views=2, size=(160, 120))


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("town"), SMALL, workers=1, progress=False)


def content(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_two_workers_write_the_same_bytes_as_one(town, tmp_path):
    assert content(generate(tmp_path, SMALL, workers=2, progress=False)) == content(town)


def test_another_seed_is_another_town(town, tmp_path):
    other = generate(tmp_path, replace(SMALL, seed=7, landmarks=1, streets=0, look_alikes=0), workers=1, progress=False)
    assert (other / "images/landmark00_000.jpg").read_bytes() != (town / "images/landmark00_000.jpg").read_bytes()


def test_an_interrupted_town_goes_on_where_it_stopped(town, tmp_path, monkeypatch):
    module = sys.modules[generate.__module__]

    made = []
    original = module._make

    def stop_after_two(folder, place, config):
        if len(made) == 2:
            raise KeyboardInterrupt
        made.append(place["name"])
        return original(folder, place, config)

    monkeypatch.setattr(module, "_make", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path, SMALL, workers=1, progress=False)
    assert not (tmp_path / "manifest.json").exists() and not list(tmp_path.rglob("*.tmp"))
    monkeypatch.setattr(module, "_make", lambda *a, **k: made.append(a[1]["name"]) or original(*a, **k))
    generate(tmp_path, SMALL, workers=1, progress=False)
    assert len(made) == len(set(made)) == len(_places(SMALL)), "a finished place was made again"
    assert content(tmp_path) == content(town)


def test_the_manifest_names_what_is_changed_or_missing(town, tmp_path):
    import shutil

    copy = shutil.copytree(town, tmp_path / "copy")
    assert manifest.verify(copy) == []
    picture = copy / "images/street00_000.jpg"
    picture.write_bytes(picture.read_bytes()[:-1] + b"x")
    (copy / "truth.json").unlink()
    assert manifest.verify(copy) == ["images/street00_000.jpg", "truth.json"]


def test_truth_is_consistent(town):
    truth = json.loads((town / "truth.json").read_text())
    assert len(truth["images"]) == 2 * 5 + 2 * 2 + 2 and len(truth["queries"]) == 2
    for lists in truth["landmarks"]:
        positive = set(lists["good"]) | set(lists["ok"])
        assert positive == set(lists["easy"]) | set(lists["hard"])
        assert not positive & set(lists["junk"]) and not set(lists["easy"]) & set(lists["hard"])
    for query in truth["queries"]:
        x0, y0, x1, y1 = query["box"]
        assert 0 <= x0 < x1 <= 160 and 0 <= y0 < y1 <= 120
        assert query["image"] in truth["landmarks"][query["landmark"]]["easy"]


def test_look_alikes_and_streets_show_no_landmark(town):
    for record in json.loads((town / "truth.json").read_text())["images"]:
        assert record["kind"] == "landmark" or record["classic"] == "absent"


@pytest.fixture(scope="module")
def place():
    a, b = np.random.SeedSequence(3).spawn(2)
    return make_place(a, b, "landmark")


def test_without_anything_in_front_the_whole_landmark_is_seen(place):
    """The id buffer of a free view agrees with the polygons that are filled for the whole area."""
    view = replace(draw_view(np.random.default_rng(0), easy=True), azimuth=10.0, distance=2.4, zoom=0.9, roll=0.0, aim=(0.0, 0.5))
    alone = replace(place, quads=[q for q in place.quads if q.owner == 1], trees=[], lamps=[])
    view = replace(view, people=0, cars=0, near_tree=False)
    _, seen = render(alone, view, np.random.default_rng(0))
    assert seen.sum() / whole_area(alone, view) == pytest.approx(1, abs=0.06)


def test_what_stands_in_front_is_subtracted(place):
    view = replace(draw_view(np.random.default_rng(0), easy=True), azimuth=0.0, distance=2.2, zoom=1.0, roll=0.0, aim=(0.0, 0.5),
                   people=0, cars=0, near_tree=False)
    _, free = render(replace(place, trees=[]), view, np.random.default_rng(0))
    _, hidden = render(replace(place, trees=[(0.0, -4.0, 7.0, 0)]), view, np.random.default_rng(0))
    assert hidden.sum() < free.sum() - 200
    assert not (hidden & ~free).any()


def test_a_landmark_nearer_the_camera_is_larger(place):
    view = replace(draw_view(np.random.default_rng(0), easy=True), azimuth=0.0, distance=2.8)
    assert whole_area(place, replace(view, distance=1.6)) > 1.5 * whole_area(place, view)


@pytest.mark.parametrize(("change", "expected"), [
    ({}, ("good", "easy")), ({"visible": 0.2}, ("junk", "junk")), ({"visible": 0.0}, ("absent", "absent")),
    ({"size": 0.01}, ("junk", "junk")), ({"azimuth": -75}, ("junk", "junk")), ({"light": "night"}, ("good", "hard")),
    ({"visible": 0.5}, ("ok", "easy")), ({"visible": 0.5, "light": "dusk"}, ("ok", "hard")), ({"weather": "fog"}, ("good", "hard")),
])
def test_the_rules(change, expected):
    record = {"visible": 0.9, "size": 0.3, "azimuth": 10, "light": "day", "weather": "clear", "blur": 0.0} | change
    assert label(record) == expected
    assert difficulty(record) >= 0


def test_pictures_have_detail_for_local_features(town):
    image = cv2.imread(str(town / "images/landmark00_000.jpg"))
    assert image.shape == (120, 160, 3) and image.std() > 20
    assert len(cv2.SIFT_create().detect(image, None)) > 60


@pytest.mark.parametrize(("change", "words"), [({"landmarks": 0}, "landmarks"), ({"size": (20, 20)}, "64 x 64")])
def test_impossible_towns(change, words):
    with pytest.raises(ValueError, match=words):
        TownConfig(**change)
