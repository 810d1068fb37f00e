"""Other pictures of the town's landmarks: the same buildings, none of the town's pictures, the same bytes again."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.town_views import read_town_views
from visret_lab.worlds.manifest import verify
from visret_lab.worlds.town import more_views
from visret_lab.worlds.town.generate import TownConfig, _places, generate
from visret_lab.worlds.town.place import make_place

SMALL = TownConfig(landmarks=2, queries=1, views=1, look_alikes=0, streets=0, size=(64, 64), seed=7)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return more_views.generate(tmp_path_factory.mktemp("v") / "w", SMALL, 3, workers=1, progress=False)


def test_every_landmark_has_its_views_and_no_picture_is_the_towns(made, tmp_path):
    found = read_town_views(made)
    assert all(set(found.details[i]) >= {"label", "visible"} and "id" not in found.details[i] for i in found.ids)
    assert len(found) == 6 and verify(made) == [] and set(found.groups.values()) == {"landmark 0", "landmark 1"}
    assert {d["label"] for d in found.details.values()} <= {"good", "ok", "junk", "absent"}
    assert all((d["visible"] > 0) == (d["label"] != "absent") for d in found.details.values())
    own = generate(tmp_path / "t", replace(SMALL, views=3), workers=1, progress=False)
    pictures = [cv2.imread(str(p)) for p in (own / "images").iterdir()]
    assert len(pictures) == 8 and not any(np.array_equal(found.image(i)[..., ::-1], p) for i in found.ids for p in pictures)


def test_they_show_the_buildings_of_the_town(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(more_views, "make_place", lambda *seeds: asked.append([list(np.ravel(s.entropy)) for s in seeds[:2]]) or make_place(*seeds))
    more_views._make(tmp_path, 1, SMALL, 1)
    wanted = next(p for p in _places(SMALL) if p["name"] == "landmark01")
    assert asked == [[[7, 10, 1], [7, 20, *wanted["key"]]]]


def test_a_stop_loses_nothing(made, tmp_path):
    again = more_views.generate(tmp_path / "w", SMALL, 3, workers=1, progress=False)
    before = (again / "manifest.json").read_bytes()
    assert before == (made / "manifest.json").read_bytes()
    (again / "records/landmark01.json").unlink()
    assert (more_views.generate(again, SMALL, 3, workers=1, progress=False) / "manifest.json").read_bytes() == before


def test_bad_input_is_named(tmp_path):
    with pytest.raises(ValueError, match="at least one view"):
        more_views.generate(tmp_path, SMALL, 0)
    with pytest.raises(DataError, match="truth.json is missing"):
        read_town_views(tmp_path)
    (tmp_path / "truth.json").write_text(json.dumps({"images": [{"id": "x"}], "version": "1"}))
    with pytest.raises(DataError, match="KeyError"):
        read_town_views(tmp_path)
