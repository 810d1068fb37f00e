"""The loop is stopped and goes on; scenes have the building where they say."""

import json

import numpy as np
import pytest
import torch

from visret_lab.training import loop, scenes
from visret_lab.training.classification import Schedule
from visret_lab.training.loop import minimise
from visret_lab.training.shipping import ship

SHORT = Schedule(steps=9, batch=8, rate=0.05, check=3)


def task():
    torch.manual_seed(0)
    network = torch.nn.Linear(3, 1)

    def loss(rng):
        x = torch.from_numpy(rng.normal(size=(8, 3)).astype(np.float32))
        return ((network(x)[:, 0] - x @ torch.tensor([1.0, -2, 3])) ** 2).mean()

    return network, loss


def test_it_learns_and_tests(tmp_path):
    network, loss = task()
    minimise(network, loss, Schedule(steps=300, batch=8, rate=0.1, decay=0, check=100), tmp_path, lambda: {"figure": 7}, progress=False)
    assert torch.allclose(network.weight, torch.tensor([[1.0, -2, 3]]), atol=0.05)
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log] == [100, 200, 300] and all(line["figure"] == 7 for line in log)


def test_a_stop_changes_nothing(tmp_path, monkeypatch):
    network, loss = task()
    whole = minimise(network, loss, SHORT, tmp_path / "whole", progress=False).weight.clone()
    step = loop._step

    def stop(*arguments):
        if arguments[-1] == 5:
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(loop, "_step", stop)
    network, loss = task()
    with pytest.raises(KeyboardInterrupt):
        minimise(network, loss, SHORT, tmp_path / "broken", progress=False)
    monkeypatch.setattr(loop, "_step", step)
    network, loss = task()
    assert torch.equal(minimise(network, loss, SHORT, tmp_path / "broken", progress=False).weight, whole)


def test_a_scene_is_the_same_for_the_same_seed_and_has_its_building():
    one, two = (scenes.scene(5, np.random.default_rng(3), (96, 72)) for _ in range(2))
    assert np.array_equal(one[0], two[0]) and one[0].shape == (72, 96, 3)
    assert one[1].any() and not one[1].all()


def test_boxes_by_hand():
    seen = np.zeros((2, 6, 8), bool)
    seen[0, 2:4, 3:7] = True
    seen[1, 5, 0] = True
    assert scenes.boxes(seen).tolist() == [[3, 2, 7, 4], [0, 5, 1, 6]]


def test_painting_goes_on_and_reads_back(tmp_path, monkeypatch):
    monkeypatch.setattr(scenes, "CATEGORIES", scenes.CATEGORIES[:2])
    config = scenes.SceneConfig(buildings=1, views=2, size=(80, 60))
    scenes.paint(tmp_path, config, workers=1, progress=False)
    (tmp_path / "images/0001_1.png").unlink()
    (tmp_path / "records/0001.json").unlink()
    found = scenes.read(scenes.paint(tmp_path, config, workers=1, progress=False))
    assert found.images.shape == (4, 60, 80, 3) and found.seen.shape == (4, 60, 80) and found.building.tolist() == [0, 0, 1, 1]
    assert found.some(found.building == 1).images.shape[0] == 2
    with pytest.raises(ValueError, match="another configuration"):
        scenes.paint(tmp_path, scenes.SceneConfig(buildings=2), workers=1)
    with pytest.raises(ValueError, match="at least one"):
        scenes.SceneConfig(views=0)


def test_what_ships_can_be_read(tmp_path):
    from safetensors.torch import load_file
    path = ship("thing", {"w": torch.tensor([1.0, 2.0])}, {"name": "thing"}, [{"step": 1}], tmp_path)
    assert load_file(path)["w"].dtype == torch.float16 and json.loads((tmp_path / "thing.json").read_text())["name"] == "thing"
    assert (tmp_path / "thing_log.jsonl").read_text() == '{"step": 1}\n'
