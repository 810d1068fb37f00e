import json

import pytest

from visret_lab.datasets import load
from visret_lab.datasets.errors import DataError, ImageError
from visret_lab.datasets.folder import load_folder
from visret_lab.protocols import Dataset

GROUPS = {
    "a1.png": {"group": "a", "licence": "CC0"},
    "a2.png": {"group": "a"},
    "sub/a3.png": "a",
    "b1.png": {"group": "b"},
    "d1.png": {"group": None},
    "d2.png": None,
}


@pytest.fixture
def root(tmp_path, picture):
    for name in GROUPS:
        picture(tmp_path / name)
    (tmp_path / "groups.json").write_text(json.dumps(GROUPS))
    return tmp_path


def test_groups_become_queries_and_answers(root):
    data = load_folder(root)
    assert isinstance(data, Dataset)
    assert data.ids == ["a1.png", "a2.png", "b1.png", "d1.png", "d2.png", "sub/a3.png"]
    assert [query.id for query in data.queries] == ["a1.png", "a2.png", "sub/a3.png"]
    assert data.default_protocol == "groups" and data.protocols == ("groups",) and data.licence == "CC0"
    answer = data.relevant(data.queries[1], "groups")
    assert answer.positive.tolist() == [0, 5] and answer.junk.tolist() == [1]
    assert data.query_image(data.queries[0]).shape == (8, 12, 3) and len(data) == 6


def test_version_follows_the_groups(root):
    before = load_folder(root).version
    (root / "groups.json").write_text(json.dumps(GROUPS | {"d1.png": {"group": "b"}}))
    assert load_folder(root).version != before


def test_load_by_role_and_by_variable(root, monkeypatch):
    assert load("places", root=root).name == "places"
    monkeypatch.setenv("VISRET_ROOT_PLACES", str(root))
    monkeypatch.setenv("VISRET_TIER", "campus")
    assert len(load("places").queries) == 3


@pytest.mark.parametrize(
    "text, words",
    [
        ('{"a1.png": {"group": "a"},}', "not valid JSON.*line 1"),
        ("[]", "one entry a picture"),
        ("{}", "not be empty"),
        ('{"a1.png": {"label": "a"}}', "entry of 'a1.png'"),
        ('{"a1.png": {"group": 3}}', "must be a name or null"),
        ('{"../a1.png": {"group": "a"}}', "leads out of its folder"),
        ('{"/etc/a1.png": {"group": "a"}}', "leads out of its folder"),
        ('{"gone.png": {"group": "a"}, "a1.png": {"group": "a"}}', "1 of 2 pictures.*gone.png"),
        ('{"a1.png": {"group": "a"}, "b1.png": {"group": "b"}}', "nothing to ask"),
    ],
)
def test_broken_listings(root, text, words):
    (root / "groups.json").write_text(text)
    with pytest.raises(DataError, match=words):
        load_folder(root)


def test_missing_parts(tmp_path):
    with pytest.raises(DataError, match="has no groups.json"):
        load_folder(tmp_path)
    with pytest.raises(DataError, match="not a folder"):
        load_folder(tmp_path / "no")


def test_unknown_names(root):
    data = load_folder(root)
    with pytest.raises(DataError, match="no image 'zz'.*a1.png"):
        data.image("zz")
    with pytest.raises(DataError, match="no database image"):
        data.position("zz")
    with pytest.raises(DataError, match="no protocol 'hard'. It has: groups"):
        data.relevant(data.queries[0], "hard")


def test_damaged_picture_is_named_when_read(root):
    (root / "a1.png").write_bytes(b"no picture")
    with pytest.raises(ImageError, match="a1.png"):
        load_folder(root).image("a1.png")
