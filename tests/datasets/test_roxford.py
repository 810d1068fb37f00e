import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from visret_lab.datasets import load
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.roxford import load_roxford, read_ground_truth

# Read before the fixture hides them: the person who runs the tests may have the released files.
GIVEN = {key: value for key, value in os.environ.items() if key.startswith("VISRET_")}
TRUTH = {
    "imlist": [f"ox_{k:06}" for k in range(5)],
    "qimlist": ["all_souls_000013"],
    "gnd": [{"bbx": [1.0, 2.0, 11.0, 7.0], "easy": np.array([0, 1]), "hard": np.array([3]), "junk": np.array([4])}],
}


@pytest.fixture
def root(tmp_path, picture):
    for name in (*TRUTH["imlist"], *TRUTH["qimlist"]):
        picture(tmp_path / "jpg" / f"{name}.jpg")
    (tmp_path / "gnd_roxford5k.pkl").write_bytes(pickle.dumps(TRUTH, protocol=2))
    return tmp_path


def test_three_protocols(root):
    data = load("roxford5k", root=root)
    assert data.default_protocol == "medium" and len(data) == 5
    query = data.queries[0]
    assert query.image_id not in data.ids and query.group == "all_souls"
    expected = {"easy": ([0, 1], [3, 4]), "medium": ([0, 1, 3], [4]), "hard": ([3], [0, 1, 4])}
    for protocol, (positive, junk) in expected.items():
        answer = data.relevant(query, protocol)
        assert (answer.positive.tolist(), answer.junk.tolist()) == (positive, junk), protocol
    assert data.query_image(query).shape == (5, 10, 3)


def test_roles_in_the_full_tier(root, monkeypatch):
    monkeypatch.setenv("VISRET_TIER", "full")
    monkeypatch.setenv("VISRET_ROOT_ROXFORD5K", str(root))
    assert load("places").name == "roxford5k"


def test_missing_pictures_are_listed(root):
    (root / "jpg" / "ox_000002.jpg").unlink()
    with pytest.raises(DataError, match="lacks 1 of the 6 pictures of roxford5k: ox_000002.*Oxford5k"):
        load_roxford(root)


def test_missing_ground_truth(root):
    (root / "gnd_roxford5k.pkl").unlink()
    with pytest.raises(DataError, match="visret data get roxford5k-gnd"):
        load_roxford(root)


@pytest.mark.parametrize("change", [{"gnd": []}, {"gnd": [{"easy": []}]}])
def test_broken_ground_truth(tmp_path, change):
    (tmp_path / "g.pkl").write_bytes(pickle.dumps(TRUTH | change))
    with pytest.raises(DataError, match="g.pkl"):
        read_ground_truth(tmp_path / "g.pkl")
    (tmp_path / "g.pkl").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(DataError, match="no ground truth of ROxford"):
        read_ground_truth(tmp_path / "g.pkl")


@pytest.mark.parametrize("name, images, queries", [("roxford5k", 4993, 70), ("rparis6k", 6322, 70)])
def test_the_released_ground_truth(name, images, queries):
    places = [GIVEN.get(f"VISRET_ROOT_{name.upper()}"), GIVEN.get("VISRET_MIRROR")]
    folders = [Path(place) for place in places if place and Path(place).is_dir()]
    found = [path for folder in folders for path in folder.rglob(f"gnd_{name}.pkl")]
    if not found:
        pytest.skip(f"the released gnd_{name}.pkl is not here; set VISRET_MIRROR or VISRET_ROOT_{name.upper()}")
    truth = read_ground_truth(found[0])
    assert (len(truth.imlist), len(truth.qimlist), len(truth.gnd)) == (images, queries, queries)
