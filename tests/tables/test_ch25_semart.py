from types import SimpleNamespace

import numpy as np
import pytest

from visret_lab.crossmodal.cca import CCA
from visret_lab.tables.experiments import ch25_semart, ch25_semart_human
from visret_lab.tables.experiments.ch25_semart_human import CHOICES, candidates, page_rounds, right

RNG = np.random.default_rng(0)
TYPES = [f"type {i % 3}" for i in range(60)]


def test_rounds_hold_the_right_one_and_nine_others():
    for kind in ("easy", "difficult"):
        shown = candidates(TYPES, kind, np.random.default_rng(1))
        assert shown.shape == (60, CHOICES) and (shown[:, 0] == np.arange(60)).all()
        assert all(len(set(row)) == CHOICES for row in shown.tolist())
        same = np.array([[TYPES[i] == TYPES[row[0]] for i in row] for row in shown])
        assert same.all() if kind == "difficult" else 0.2 < same[:, 1:].mean() < 0.5


def test_chance_is_one_in_ten_and_a_tie_is_no_hit():
    shown = np.concatenate([candidates(TYPES, "easy", np.random.default_rng(i)) for i in range(50)])
    assert right(RNG.random((60, 60)), shown).mean() == pytest.approx(0.1, abs=0.02)
    assert right(np.zeros((60, 60)), shown).sum() == 0 and right(np.eye(60), shown).all()


def test_the_page_shows_every_painting_once_in_each_set():
    rounds = page_rounds(TYPES)
    for kind in ("easy", "difficult"):
        keys = np.concatenate([row for row, _ in rounds[kind]])
        assert len(keys) == len(set(keys.tolist())) == 30 and all(0 <= answer < CHOICES for _, answer in rounds[kind])
    assert set(np.concatenate([r for r, _ in rounds["easy"]])) == set(np.concatenate([r for r, _ in rounds["difficult"]]))
    assert all(len({TYPES[i] for i in row}) == 1 for row, _ in rounds["difficult"])


@pytest.mark.parametrize(("call", "says"), [
    (lambda: candidates(TYPES, "hard", RNG), "easy, difficult"),
    (lambda: candidates(TYPES[:20], "difficult", RNG), "there are 7 of the type type 0"),
    (lambda: candidates(TYPES[:9], "easy", RNG), "there are 9"),
    (lambda: page_rounds(TYPES[:20]), "10 paintings of the type")])
def test_too_few_paintings(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_the_first_components_are_a_cca_of_their_own():
    x = RNG.normal(size=(200, 8)).astype(np.float32)
    y = (x[:, :5] + 0.5 * RNG.normal(size=(200, 5))).astype(np.float32)
    whole, fresh = CCA(5, 0.1, power=1.0).fit(x, y), CCA(2, 0.1, power=1.0).fit(x, y)
    for a, b in zip(ch25_semart.first(whole, 2).transform(x, y), fresh.transform(x, y), strict=True):
        assert np.allclose(a, b, atol=1e-5)


def test_equal_texts_are_equally_similar_to_the_last_digit():
    """Titles repeat. Whatever a product of matrices rounds, their order must not be drawn by it: a tie is a tie, and counts against us."""
    bags = RNG.normal(size=(7, 24)).astype(np.float32)[RNG.integers(0, 7, 60)]
    views = RNG.normal(size=(60, 16)).astype(np.float32)
    one = SimpleNamespace(split=lambda name: np.arange(60), views={"strips": views}, texts=lambda parts: bags)
    exact = SimpleNamespace(transform=lambda x, y: (x, y[:, :16] + 1e-4 * RNG.random((60, 1), np.float32)))  # rounds each row its own way
    similarity = ch25_semart.by_cca(one, exact, "strips", ("title",), "test")
    same = (bags[:, None] == bags[None]).all(axis=2)
    assert all(np.array_equal(similarity[i], similarity[j]) for i, j in zip(*np.nonzero(same), strict=True))
    assert len(np.unique(similarity, axis=0)) == len(np.unique(bags, axis=0)) <= 7
    assert np.allclose(similarity, bags[:, :16] @ views.T, atol=0.02)


def test_rows_have_their_intervals():
    places = {"CCA": {"text to image": np.array([1, 1, 2, 7]), "image to text": np.array([1, 3, 30, 2])}}
    rows = {row["metric"]: row for row in ch25_semart.rows_of(places)}
    assert rows["R@1, text to image, museum"]["value"] == 0.5 and rows["R@5, image to text, museum"]["value"] == 0.75
    assert rows["median rank, text to image, museum"]["value"] == 1.5 and len(rows) == 8
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows.values())


def test_published_rows_are_found():
    assert ch25_semart_human.published("easy") == {"CCA": 0.65, "CML": 0.75, "human": 0.889}
    assert ch25_semart_human.published("difficult")["human"] == 0.714
