"""What the two trainings of MiniVGG share: the preparation of the backbone, a file that is read back to the same network."""

import importlib.util
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from visret_lab.deep.backbones import minivgg
from visret_lab.deep.minivgg import MiniVGG
from visret_lab.training.classification import Schedule
from visret_lab.training.naming import card, pictures, prepare, rounded, seconds_of
from visret_lab.training.shipping import ship

RNG = np.random.default_rng(0)
SCRIPTS = Path(__file__).parents[2] / "data_scripts"


def script(name):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def written(tmp_path):
    torch.manual_seed(0)
    network, work = rounded(MiniVGG(4).eval()), tmp_path / "work"
    work.mkdir()
    (work / "log.jsonl").write_text('{"step": 1, "seconds": 1.25}\n{"step": 2, "seconds": 2.5}\n')
    return network, work, ship("net", network.state_dict(), {"name": "net"}, work / "log.jsonl", tmp_path / "out")


def test_a_network_that_was_written_is_read_back(written):
    network, _, path = written
    image = RNG.integers(0, 256, (96, 64, 3), dtype=np.uint8)
    made = minivgg(path)
    with torch.no_grad():
        want = network(prepare(image[None]))[0]
    assert torch.allclose(made.classify(image), want, atol=1e-6)  # prepared alike, and no weight changed by the 16 bits
    assert json.loads((path.parent / "net.json").read_text()) == {"name": "net"} and (path.parent / "net_log.jsonl").is_file()


def test_the_seconds_are_those_of_all_lines(written):
    assert seconds_of(written[1]) == 3.75


def test_the_card_tells_accuracy_and_chance(tmp_path):
    torch.manual_seed(0)
    (tmp_path / "images").mkdir()
    records = [{"id": f"{i}"} for i in range(8)]
    for r in records:
        cv2.imwrite(str(tmp_path / f"images/{r['id']}.jpg"), RNG.integers(0, 256, (48, 64, 3), dtype=np.uint8))
    network = MiniVGG(4).eval()
    with torch.no_grad():
        network.classifier[-1].bias += torch.tensor([0.0, 99.0, 0.0, 0.0])  # it says 1, whatever it sees
    held = pictures(tmp_path, records, [1, 1, 1, 0, 2, 3, 1, 0])
    labels = {"name": "world", "version": "1", "config": {"seed": 7}}
    found = card(network, labels, Schedule(side=48), held, 5, 4, 9.6, name="x")
    assert found["accuracy"] == 0.5 and found["chance"] == 0.25 and found["seconds"] == 10 and found["tested_on"] == 8
    assert found["data"] == {"world": "world", "version": "1", "seed": 7, "pictures": 5}


def test_landmarks_are_split_by_view_and_categories_by_building(tmp_path):
    (tmp_path / "images").mkdir()
    retrain, pretrain = script("retrain_landmarks"), script("pretrain_minivgg")
    records = [{"id": f"00_{b:03d}_{v}", "building": f"00_{b:03d}", "category": 0} for b in range(3) for v in range(retrain.LANDMARKS.views)]
    for r in records:
        (tmp_path / f"images/{r['id']}.jpg").write_bytes(r["id"].encode())
    learn, held, names = retrain.split(tmp_path, {"images": records})
    assert len(names) == 3 and (np.bincount(learn.labels) == retrain.LANDMARKS.views - retrain.HELD).all()
    assert (np.bincount(held.labels) == retrain.HELD).all() and not set(learn.files) & set(held.files)
    learn, held = pretrain.split(tmp_path, {"images": records})
    assert {f.decode()[:6] for f in held.files} == {"00_000"} and not any(f.startswith(b"00_000") for f in learn.files)


def test_no_two_worlds_have_one_seed():
    from visret_lab.datasets.named import NAMED
    from visret_lab.datasets.town import ELSEWHERE
    from visret_lab.worlds.categories import CategoryConfig
    from visret_lab.worlds.town.generate import TownConfig

    seeds = [script("retrain_landmarks").LANDMARKS.seed, NAMED.seed, CategoryConfig().seed, ELSEWHERE.seed, TownConfig().seed]
    assert len(set(seeds)) == len(seeds)


def test_a_new_last_layer_leaves_the_others_as_they_are():
    torch.manual_seed(0)
    network = MiniVGG(4)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    made = script("retrain_landmarks").with_new_names(network.requires_grad_(False), 7)
    assert made(torch.zeros(1, 3, 64, 64)).shape == (1, 7) and all(p.requires_grad for p in made.parameters())
    assert all(torch.equal(v, before[k]) for k, v in made.state_dict().items() if not k.startswith("classifier.6"))
