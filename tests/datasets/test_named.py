import json
from dataclasses import replace

import numpy as np
import pytest

from visret_lab.datasets import load, named
from visret_lab.datasets.errors import DataError
from visret_lab.worlds import categories

SMALL = replace(named.NAMED, buildings=2, views=2, size=(48, 36))
FEW = categories.CATEGORIES[:3]  # a building takes its time, however small the picture


@pytest.fixture(scope="module")
def generate():
    """Paints buildings of three categories only; in this process, where they are three."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(categories, "CATEGORIES", FEW)
        yield lambda folder, config: categories.generate(folder, config, workers=1, progress=False)


@pytest.fixture(scope="module")
def painted(tmp_path_factory, generate):
    return named.read_named(generate(tmp_path_factory.mktemp("named"), SMALL))


def test_every_picture_asks_and_its_own_copy_is_junk(painted):
    assert [q.image_id for q in painted.queries] == painted.ids and len(painted) == 4 * len(FEW)
    for protocol in ("building", "category"):
        assert all(painted.relevant(q, protocol).junk.tolist() == [i] for i, q in enumerate(painted.queries))
    assert painted.default_protocol == "building" and painted.image(painted.ids[0]).shape == (36, 48, 3)


def test_positives_share_the_building_or_the_category(painted):
    query = painted.queries[5]
    same = painted.relevant(query, "building").positive
    assert {painted.groups[painted.ids[i]] for i in same} == {query.group} and len(same) == 1
    kin = painted.relevant(query, "category").positive
    assert len(kin) == 3 and len({painted.details[painted.ids[i]]["category"] for i in kin}) == 1 and set(same) < set(kin)


def test_it_is_loaded_by_name_from_the_cache(monkeypatch, own_cache, generate):
    small = replace(SMALL, buildings=1, views=1, size=(8, 6))
    monkeypatch.setattr(named, "generate", lambda place, config, progress: generate(place, small))
    found = load("named")
    assert found.tier == "mini" and len(found) == len(FEW) and not any(found.relevant(q).positive.size for q in found.queries)
    assert np.array_equal(found.image(found.ids[2]), load("named").image(found.ids[2]))


def test_broken_labels(tmp_path):
    with pytest.raises(DataError, match="labels.json is missing or broken"):
        named.read_named(tmp_path)
    (tmp_path / "labels.json").write_text(json.dumps({"images": [{"id": "x"}]}))
    with pytest.raises(DataError, match="KeyError"):
        named.read_named(tmp_path)
