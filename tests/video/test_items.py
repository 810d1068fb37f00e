from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from visret_lab.datasets.film import read_film
from visret_lab.rerank.geometry import apply_homography
from visret_lab.video.items import ItemSearch, Worn, area, at_point
from visret_lab.video.moments import FilmIndex
from visret_lab.worlds.film import FilmConfig
from visret_lab.worlds.film.generate import FilmPlan, generate


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Eight seconds of people seen from near."""
    config = FilmConfig(seconds=8, close=1.0, cast=3, shot=(1.0, 1.5), moves=(0.3, 0.4, 0.2, 0.1, 0, 0), dissolve=0, flash=0)
    return read_film(generate(tmp_path_factory.mktemp("film"), [FilmPlan("people", 5, config, 8)], workers=1, progress=False) / "people.json")


@pytest.fixture(scope="module")
def search(film):
    return ItemSearch(film, FilmIndex().add_film(film.reader()))


def test_what_is_worn_lies_where_the_true_homography_puts_it(film, search):
    right = 0
    for query in film.queries:
        found = search.search(film.photo(query))
        truth = dict(search.worn_at(found.frame))
        assert [w.item.number for w in found.worn] == list(truth)
        if found.homography is None:
            continue
        box = np.array([[20, 20], [300, 20], [300, 220], [20, 220]], float)
        off = np.abs(apply_homography(found.homography, box) - apply_homography(query.homography, box)).mean()
        right += off < 5 and film.setups[film.shot_of(found.frame)] == film.setups[query.shot]
    assert right >= 6


def test_again_names_every_other_shot_once_by_what_is_seen(film, search):
    number, where = int(film.worn[0, 1]), int(film.shot_of(film.worn[0, 0]))
    again = search.again(number, where)
    rows = film.worn[(film.worn[:, 1] == number) & (film.worn[:, 6] >= 40)]
    true = {}
    for row in rows:
        shot = film.shot_of(int(row[0]))
        true[shot] = max(true.get(shot, 0), int(row[6]))
    true.pop(where, None)
    assert {m.shot: m.pixels for m in again} == true
    assert [m.pixels for m in again] == sorted(true.values(), reverse=True)
    assert all(film.shot_of(m.frame) == m.shot for m in again)


def test_a_photograph_without_anything_finds_nothing(search):
    found = search.search(np.zeros((240, 320, 3), np.uint8))
    assert found.worn == [] and found.frame is None and "no corner" in found.words


def test_a_photograph_of_something_else_is_not_certain(search):
    noise = np.random.default_rng(0).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    found = search.search(cv2.resize(noise, (320, 240), interpolation=cv2.INTER_CUBIC))
    assert found.homography is None and "not certain" in found.words and all(w.corners is None for w in found.worn)


def test_a_box_is_carried_by_its_outer_border(film, search):
    """Pixels 10 to 13 of a row reach from 9.5 to 13.5: their centres stand at whole numbers."""
    query = film.queries[0]
    found = search.search(film.photo(query))
    for worn, (_, (x0, y0, x1, y1)) in zip(found.worn, search.worn_at(found.frame), strict=True):
        border = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]) - 0.5
        assert np.allclose(worn.corners, apply_homography(found.homography, border))
    assert found.worn and found.homography is not None


def test_the_smallest_garment_under_a_point_is_meant():
    def square(a, b):
        return np.array([(a, a), (b, a), (b, b), (a, b)], float)

    coat, bag = Worn("coat", square(0, 10), []), Worn("bag", square(4, 6), [])
    worn = [coat, bag, Worn("hat", None, [])]
    assert at_point(worn, 5, 5) is bag and at_point(worn, 1, 9) is coat and at_point(worn, 11, 5) is None
    assert at_point([Worn("turned", square(0, 10)[::-1], [])], 5, 5) is not None
    assert area(square(0, 10)) == 100


def test_what_does_not_fit_is_named(film, search):
    with pytest.raises(ValueError, match="The index holds no film, not 'people.mp4'"):
        ItemSearch(film, FilmIndex())
    bare = SimpleNamespace(path=film.path, reader=film.reader, items=[], worn=np.zeros((0, 7), np.int32))
    with pytest.raises(ValueError, match="Nothing is noted"):
        ItemSearch(bare, search.index)
