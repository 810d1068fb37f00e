import numpy as np
import pytest

from visret_lab.datasets import load, photo_copies
from visret_lab.datasets.errors import DataError
from visret_lab.worlds.photo_copies import CopyConfig, generate

SMALL = CopyConfig(originals=("chelsea",), longest=120)


@pytest.fixture
def pairs(monkeypatch, own_cache):
    monkeypatch.setattr(photo_copies, "generate", lambda place, progress: generate(place, SMALL, progress=False))
    return load("pairs")


def test_every_copy_is_paired_with_its_original(pairs):
    assert pairs.name == "photo-copies" and len(pairs) == len(pairs.ids) - 1
    assert {pair.a for pair in pairs.pairs} == {"chelsea_original"} and {p.sequence for p in pairs.pairs} == {"chelsea"}
    assert load("photo-copies").pair("chelsea/crop50").change == "crop50"


def test_homographies_map_the_original_on_the_copy(pairs):
    pair = pairs.pair("chelsea/crop50")
    a, b = pairs.image(pair.a).astype(int), pairs.image(pair.b).astype(int)
    x, y = -pair.homography[:2, 2].astype(int)
    assert np.abs(a[y : y + b.shape[0], x : x + b.shape[1]] - b).mean() < 8
    assert np.abs(a[: b.shape[0], : b.shape[1]] - b).mean() > 8 or (x, y) == (0, 0)


def test_broken_truth(tmp_path):
    with pytest.raises(DataError, match="truth.json is missing or broken"):
        photo_copies.read_photo_copies(tmp_path)


def test_the_copies_as_a_set_to_search(pairs):
    data = load("copies")
    assert [q.image_id for q in data.queries] == ["chelsea_original"] and set(data.ids) == set(pairs.ids)
    truth = data.relevant(data.queries[0], "copies")
    assert {data.ids[i] for i in truth.positive} == {pair.b for pair in pairs.pairs}
    assert [data.ids[i] for i in truth.junk] == ["chelsea_original"]
