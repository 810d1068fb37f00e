import numpy as np
import pytest

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.wikipedia import ArticleSet
from visret_lab.tables.experiments import ch24_wikipedia as table


@pytest.fixture(scope="module")
def articles():
    """Small articles of 4 categories that show in both views."""
    rng = np.random.default_rng(0)
    categories = np.tile(np.arange(4), 40)
    views = [np.exp(0.8 * rng.normal(size=(4, d))[categories] + 0.5 * rng.normal(size=(160, d))).astype(np.float32) for d in (20, 10)]
    views = [v / v.sum(axis=1, keepdims=True) for v in views]
    return ArticleSet("small", "", [("", "")] * 160, *views, categories, list("abcd"), {"train": np.arange(120), "test": np.arange(120, 160)})


def test_every_method_in_both_directions_beats_chance(articles):
    found = table.results(articles)
    assert list(found) == ["Random", "CM", "SM", "SCM", "SM, centred", "SCM, centred"]
    for query in table.QUERIES:
        assert 0.15 < found["Random"][query].mean < 0.4  # a quarter is relevant
        assert all(found[name][query].interval[0] > found["Random"][query].interval[1] for name in ("CM", "SM", "SCM"))


def test_directions_are_not_swapped():
    """Two pictures, two texts of other categories than their places say: worked out by hand."""
    images, texts = np.array([[1, 0], [0.6, 0.8], [0, 1]], np.float32), np.array([[1, 0], [0.7, 0.7], [0.9, 0.1]], np.float32)
    found = table.measured("x", images, texts, np.array([0, 1, 1]))
    # Picture 0 finds text 0, 2, 1: AP 1. Picture 1 finds 1, then 2, then 0: AP 1. Picture 2 finds 1, 2, 0: AP 1.
    assert found["image query"].per_query.tolist() == [1, 1, 1]
    # Text 0 finds picture 0: AP 1. Text 1 finds 1, then (a tie) 0, then 2: (1 + 2/3) / 2. Text 2 finds 0, 1, 2: (1/2 + 2/3) / 2.
    assert found["text query"].per_query.tolist() == pytest.approx([1, 5 / 6, 7 / 12])


def test_the_answers_have_the_category_of_the_query():
    answers = table.relevance(np.array([3, 1, 3]))
    assert [a.positive.tolist() for a in answers] == [[0, 2], [1], [0, 2]] and answers[0].junk.size == 0


def test_rows(articles):
    rows = table.rows_of(table.results(articles))
    values = {(r["row"], r["metric"]): r["value"] for r in rows}
    assert len(values) == len(rows) == 18 and {r["table"] for r in rows} == {table.TABLE}
    assert values["SM", "mAP, average"] == pytest.approx((values["SM", "mAP, image query"] + values["SM", "mAP, text query"]) / 2)


def test_mini_has_no_articles_and_campus_asks_for_them(monkeypatch, tmp_path):
    assert table.run("mini") == []
    for variable in ("VISRET_ROOT_WIKIPEDIA_CROSSMODAL", "VISRET_MIRROR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    with pytest.raises(DataError):
        table.run("campus")
