import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import visret_lab
from visret_lab.datasets import load, town
from visret_lab.datasets.errors import DataError
from visret_lab.protocols import Dataset
from visret_lab.worlds.town.generate import TownConfig, generate

TRUTH = {
    "version": "9", "images": [{"id": f"a{k}", "kind": "landmark", "landmark": 0} for k in range(6)]
    + [{"id": "s0", "kind": "street", "landmark": -1}],
    "queries": [{"id": "q_a0", "image": "a0", "box": [1, 1, 5, 4], "landmark": 0}],
    "landmarks": [{
        "good": ["a0", "a1"], "ok": ["a2", "a3"], "junk": ["a4"], "easy": ["a0", "a1", "a2"], "hard": ["a3"],
    }],
}
SMALL = TownConfig(landmarks=1, queries=2, views=2, look_alikes=1, look_alike_views=1, streets=1, street_views=1,
                   size=(96, 72))


@pytest.fixture
def folder(tmp_path, picture):
    for record in TRUTH["images"]:
        picture(tmp_path / "images" / f"{record['id']}.jpg")
    (tmp_path / "truth.json").write_text(json.dumps(TRUTH))
    return tmp_path


def test_protocols(folder):
    data = town.read_town(folder)
    assert isinstance(data, Dataset) and data.default_protocol == "medium" and data.version == "9"
    query = data.queries[0]
    expected = {
        "classic": ([0, 1, 2, 3], [4]),  # the own view counts, as in Oxford5k
        "easy": ([1, 2], [0, 3, 4]),
        "medium": ([1, 2, 3], [0, 4]),
        "hard": ([3], [0, 1, 2, 4]),
    }
    assert data.protocols == tuple(expected)
    for protocol, (positive, junk) in expected.items():
        answer = data.relevant(query, protocol)
        assert (answer.positive.tolist(), answer.junk.tolist()) == (positive, junk), protocol
    assert data.query_image(query).shape == (3, 4, 3) and query.group == "landmark 0"
    assert data.groups["a5"] == "landmark 0" and data.groups["s0"] is None


@pytest.mark.parametrize("text", ["{", "{}", '{"images": [{}]}'])
def test_broken_truth(folder, text):
    (folder / "truth.json").write_text(text)
    with pytest.raises(DataError, match="truth.json is missing or broken"):
        town.read_town(folder)


def test_load_generates_into_the_cache(monkeypatch, own_cache):
    monkeypatch.setattr(town, "generate", lambda place, progress: generate(place, SMALL, workers=1, progress=False))
    data = load("town")
    assert data.path(data.ids[0]).is_relative_to(own_cache / "worlds") and len(data.queries) == 2 and len(data) == 6
    for query in data.queries:
        assert query.image_id in data.ids and min(data.query_image(query).shape) > 0
    assert load("places").ids == data.ids


def test_a_script_without_a_guard_does_not_hang(tmp_path, own_cache):
    # The workers are new processes; if they ran this script again they would wait for its lock for ever.
    script = tmp_path / "mine.py"
    script.write_text(
        "from visret_lab.datasets import load, town\n"
        "from visret_lab.worlds.town.generate import TownConfig, generate\n"
        "small = TownConfig(landmarks=1, queries=1, views=1, look_alikes=1, look_alike_views=1, streets=1,\n"
        "                   street_views=1, size=(96, 72))\n"
        "town.generate = lambda place, progress: generate(place, small, workers=2, progress=False)\n"
        "print(len(load('town')))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(visret_lab.__file__).parents[1])}
    result = subprocess.run([sys.executable, script], capture_output=True, text=True, env=environment, timeout=60)
    assert result.stdout == "4\n", result.stderr
