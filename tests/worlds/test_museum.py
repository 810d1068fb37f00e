import re

import cv2
import numpy as np
import pytest

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.museum import read_museum
from visret_lab.worlds.manifest import verify
from visret_lab.worlds.museum import MuseumConfig, generate
from visret_lab.worlds.museum.authors import SCHOOLS, TECHNIQUES, TIMEFRAMES, TYPES, make_authors, technique_of
from visret_lab.worlds.museum.brush import graded, paint, strokes
from visret_lab.worlds.museum.comments import ALONE, SAYS, WITH_WORD, comment, title
from visret_lab.worlds.museum.contents import SIDE, Fact, compose


@pytest.fixture(scope="module")
def authors():
    return make_authors(np.random.default_rng(0))


def test_authors_have_names_of_their_own_and_all_schools(authors):
    assert len({a.name for a in authors}) == 24 and {a.school for a in authors} == set(SCHOOLS)
    assert all(a.timeframe in TIMEFRAMES and len(set(a.kinds)) == 3 for a in authors)
    with pytest.raises(ValueError, match="names for 1 to"):
        make_authors(np.random.default_rng(0), 1000)


def test_techniques_fit_their_time(authors):
    for seed in range(20):
        for author in authors:
            first, last = TECHNIQUES[technique_of(np.random.default_rng(seed), author)]
            assert first <= author.period < last


@pytest.mark.parametrize("kind", TYPES)
def test_every_fact_can_be_said_and_every_painting_has_a_title(kind, authors):
    for seed in range(40):
        rng = np.random.default_rng([seed, 1])
        drawing, facts = compose(rng, kind)
        assert drawing.shape == (SIDE, SIDE, 3) and drawing.dtype == np.float32 and 0 <= drawing.min() and drawing.max() <= 1
        assert facts and all((f.kind, f.value) in SAYS or f.kind in WITH_WORD for f in facts)
        text = comment(rng, facts, authors[seed % 24], kind, "Pastel")
        assert "{" not in text and re.fullmatch(r"([A-Z][^.]*\.( |$))+", text) and not re.search(r"\b(one|One) (trees|figures|ships|boats|people)", text)
        called = title(rng, facts, kind)
        assert 4 <= text.count(".") <= 14 and called[0].isupper() and not re.search(r"\ba [aeiou]|\ban [^aeiou]", called + text)
    with pytest.raises(ValueError, match="no type 'fresco'"):
        compose(np.random.default_rng(0), "fresco")


def test_what_is_said_is_drawn():
    """Facts leave their mark: snow is white, night is dark, a storm is grey."""
    found = {}
    for seed in range(80):
        drawing, facts = compose(np.random.default_rng([seed, 2]), "landscape")
        known = {f.kind: f.value for f in facts}
        found.setdefault(("time", known["time"]), []).append(drawing[:40].mean())
        found.setdefault(("season", known["season"], known["time"] == "night"), []).append(drawing[-30:].mean())
    assert np.mean(found["time", "night"]) < 0.3 < np.mean(found["time", "storm"]) < np.mean(found["time", "noon"])
    assert np.mean(found["season", "winter", False]) > np.mean(found["season", "summer", False]) + 0.2


def test_one_fact_has_words_of_its_own():
    words = [w for say in (SAYS, ALONE) for w in say.values()]
    assert all(len(set(w)) >= 2 for w in words)
    together = [text for w in SAYS.values() for text in w]
    assert len(set(together)) == len(together)


def test_strokes_follow_the_edge_and_loose_ones_do_not():
    drawing = np.zeros((96, 96, 3), np.float32)
    drawing[:, 48:] = 1.0
    firm, loose = (np.mean([(np.abs(strokes(np.random.default_rng(s), drawing, 0.15, 0.02, x) - drawing) > 0.5).mean() for s in range(4)]) for x in (0.0, 1.0))
    assert firm < 0.5 * loose


def test_two_hands_paint_one_drawing_differently_and_one_hand_the_same(authors):
    drawing, _ = compose(np.random.default_rng(3), "landscape")
    a, b = (paint(np.random.default_rng(0), drawing, author, "Oil on canvas") for author in authors[:2])
    assert a.dtype == np.uint8 and not np.array_equal(a, b)
    assert np.array_equal(a, paint(np.random.default_rng(0), drawing, authors[0], "Oil on canvas"))
    smooth = [cv2.GaussianBlur(x.astype(np.float32), (0, 0), 6).mean() for x in (a, b)]
    assert abs(smooth[0] - smooth[1]) < 40  # the drawing stays


def test_grading_does_what_it_says():
    grey = np.full((2, 2, 3), 0.5, np.float32)
    red, _, blue = graded(grey, 0.1, 1.0, 0.0)[0, 0]
    assert red == pytest.approx(0.55) and blue == pytest.approx(0.45)
    assert np.ptp(graded(np.float32([[[0.8, 0.4, 0.3]]]), 0, 0.5, 0)) == pytest.approx(0.25)
    assert graded(np.zeros((1, 1, 3), np.float32), 0, 1, 0.1).max() == pytest.approx(0.1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("museum"), MuseumConfig(train=6, val=2, test=3), workers=1, progress=False)


def test_the_set_has_splits_and_fields(folder):
    museum = read_museum(folder)
    assert verify(folder) == [] and [len(museum.splits[s]) for s in ("train", "val", "test")] == [6, 2, 3]
    assert museum.image(0).shape == (SIDE, SIDE, 3) and set(museum.values("type")) <= set(TYPES) and all(museum.values("comment"))
    for painting in museum.paintings:
        first, last = painting.timeframe.split("-")
        assert int(first) <= int(painting.date) <= int(last)
    with pytest.raises(ValueError, match="no 'price'"):
        museum.values("price")


def test_what_is_there_is_not_made_again(folder):
    before = {p: p.stat().st_mtime_ns for p in folder.glob("images/*.jpg")}
    (folder / "records" / "test00000.json").unlink()
    generate(folder, MuseumConfig(train=6, val=2, test=3), workers=1, progress=False)
    assert sorted(p.name for p, t in before.items() if p.stat().st_mtime_ns != t) == [f"test0000{i}.jpg" for i in range(3)] and verify(folder) == []


def test_bad_input_is_named(tmp_path):
    with pytest.raises(ValueError, match="needs paintings in each split"):
        MuseumConfig(authors=0)
    with pytest.raises(DataError, match="missing or broken"):
        read_museum(tmp_path)

