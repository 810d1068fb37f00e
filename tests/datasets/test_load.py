import pytest

from visret_lab.datasets import current_tier, load
from visret_lab.datasets.errors import DataError


def test_tier(monkeypatch):
    assert current_tier() == "mini" and current_tier("full") == "full"
    monkeypatch.setenv("VISRET_TIER", "campus")
    assert current_tier() == "campus"
    monkeypatch.setenv("VISRET_TIER", "huge")
    with pytest.raises(DataError, match="no tier 'huge' .from VISRET_TIER.. There are: mini, campus, full"):
        load("places")


def test_unknown_names():
    with pytest.raises(DataError, match="no data set 'oxford'.*oxford5k"):
        load("oxford")
    with pytest.raises(DataError, match="no tier 'x'"):
        load("town", tier="x")


def test_a_set_of_another_tier():
    with pytest.raises(DataError, match="town belongs to the tier mini, not to full"):
        load("town", tier="full")


@pytest.mark.parametrize(
    "name, tier, words",
    [
        ("places", "campus", "VISRET_ROOT_PLACES.*groups.json"),
        ("places", "full", "VISRET_ROOT_ROXFORD5K.*withdrawn.*groups.json"),
        ("pairs", "campus", "VISRET_ROOT_PAIRS or VISRET_ROOT_HPATCHES or VISRET_ROOT_GRAF.*visret data get graf"),
        ("products", "campus", "VISRET_ROOT_PRODUCTS or VISRET_ROOT_GROCERY_STORE.*visret data get grocery-store"),
        ("products", "mini", "VISRET_TIER=campus"),
        ("holidays", None, "VISRET_ROOT_HOLIDAYS.*visret data get holidays"),
        ("folder", None, "root="),
    ],
)
def test_what_is_not_here_says_how_to_get_it(name, tier, words):
    with pytest.raises(DataError, match=words):
        load(name, tier=tier)


def test_root_variable_that_is_no_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("VISRET_ROOT_PLACES", str(tmp_path / "no"))
    with pytest.raises(DataError, match="VISRET_ROOT_PLACES is .*not a folder"):
        load("places", tier="campus")


def test_a_folder_on_the_mirror(monkeypatch, tmp_path, picture):
    picture(tmp_path / "graf/img1.png"), picture(tmp_path / "graf/img2.png")
    (tmp_path / "graf/H1to2p").write_text("1 0 0 0 1 0 0 0 1")
    monkeypatch.setenv("VISRET_MIRROR", str(tmp_path))
    assert len(load("pairs", tier="campus")) == 1


def test_elsewhere_is_another_place_in_every_tier(monkeypatch, tmp_path, picture):
    with pytest.raises(DataError, match="visret data get grocery-store"):
        load("elsewhere", tier="campus")
    for name in ("a.jpg", "deep/b.png"):
        picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    monkeypatch.setenv("VISRET_ROOT_ELSEWHERE", str(tmp_path))
    data = load("elsewhere", tier="campus")
    assert data.ids == ["a.jpg", "deep/b.png"] and data.queries == [] and data.image("deep/b.png").ndim == 3


def test_a_folder_without_pictures(tmp_path):
    with pytest.raises(DataError, match="holds no pictures"):
        load("elsewhere", root=tmp_path)
