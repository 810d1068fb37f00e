import json

import pytest

from visret_lab.datasets import load, town_train
from visret_lab.datasets.errors import DataError
from visret_lab.worlds.town.train import TrainConfig, generate

SMALL = TrainConfig(classes=1, views=(2, 2), look_alikes=(0, 0), streets=(0, 0), interiors=(1, 1), wrong=(0, 0), copies=(1, 1),
                    other_copies=(0, 0), size=(64, 64))


def test_it_is_loaded_by_name_and_the_truth_is_kept_aside(monkeypatch, own_cache):
    monkeypatch.setattr(town_train, "generate", lambda place, progress: generate(place, SMALL, workers=1, progress=False))
    found = load("town-train")
    assert found.name == "town-train" and len(found) == 4 and found.queries == [] and found.protocols == ()
    assert set(found.groups.values()) == {"landmark 0"} and set(found.details) == set(found.ids)
    assert sum(d["duplicate_of"] is not None for d in found.details.values()) == 1
    assert sum(d["kind"] == "interior" for d in found.details.values()) == 1
    assert found.image(found.ids[0]).shape == (64, 64, 3)


def test_broken_truth(tmp_path):
    with pytest.raises(DataError, match="truth.json is missing or broken"):
        town_train.read_town_train(tmp_path)
    (tmp_path / "truth.json").write_text(json.dumps({"version": "1", "images": [{"id": "x"}]}))
    with pytest.raises(DataError, match="KeyError"):
        town_train.read_town_train(tmp_path)
