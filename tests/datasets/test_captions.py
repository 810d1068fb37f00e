import json

import pytest

from visret_lab.datasets import captions
from visret_lab.datasets.captions import load_captions
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.load import load


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A folder with two captioned pictures, and no variable that leads anywhere else."""
    for name in ("VISRET_ROOT_CAPTIONS", "VISRET_ROOT_FLICKR8K", "VISRET_MIRROR", "VISRET_TIER"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "flickr8k-224"
    folder.mkdir()
    (folder / "flickr8k_clean.json").write_text(json.dumps(
        {"captions": {"a.jpg": ["a dog"], "b.jpg": ["a cat", "cats"]}, "splits": {"train": ["a.jpg"], "dev": [], "test": ["b.jpg"]}}))
    return folder


def test_the_role_is_another_set_in_each_tier(small, monkeypatch):
    monkeypatch.setattr(captions, "load_yard", lambda: "painted")
    assert load_captions() == load_captions("yard", tier="campus") == "painted"
    monkeypatch.setenv("VISRET_ROOT_CAPTIONS", str(small))
    assert load_captions(tier="campus").name == "flickr8k"
    monkeypatch.setenv("VISRET_TIER", "campus")
    assert load_captions().pairs("test")[0] == ["a cat", "cats"]


def test_a_mirror_and_a_root(small, monkeypatch):
    assert len(load_captions("Flickr8k", root=small)) == 2
    monkeypatch.setenv("VISRET_MIRROR", str(small.parent))
    assert load_captions(tier="campus").ids == ["a.jpg", "b.jpg"]


def test_what_is_not_there_is_named(small):
    with pytest.raises(DataError, match="no captions 'flickr'. There are: captions, yard, flickr8k"):
        load_captions("flickr")
    with pytest.raises(DataError, match="no tier 'tiny'"):
        load_captions(tier="tiny")
    with pytest.raises(DataError, match="painted and takes no folder"):
        load_captions(root=small)
    with pytest.raises(DataError, match="load_captions"):
        load("yard")
    with pytest.raises(DataError, match="load_museum"):
        load("museum")
