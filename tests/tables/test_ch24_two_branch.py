"""The run of chapter 24 on a toy set: what is chosen, what counts, and the published names of the rows."""

from dataclasses import replace

import numpy as np
import pytest

from visret_lab.crossmodal import image_text
from visret_lab.crossmodal.cca import CCA
from visret_lab.crossmodal.image_text import views
from visret_lab.datasets.captioned import CaptionedSet
from visret_lab.tables.experiments import ch24_phrases
from visret_lab.tables.experiments import ch24_two_branch as ch24
from visret_lab.tables.reproduce import published

WORDS = np.array(["red", "blue", "dog", "cat", "tree", "car", "ball", "hat"])


@pytest.fixture
def one(monkeypatch):
    """150 pictures that are the words of their sentences, and noise."""
    monkeypatch.setitem(ch24.GRIDS, "toy", ch24.Grid((0.01, 0.1), 6))
    rng = np.random.default_rng(0)
    has = rng.random((150, 8)) < 0.5
    has[:, 0] |= ~has.any(axis=1)
    order = rng.permutation(150)
    data = CaptionedSet("toy", "CC0", [str(i) for i in range(150)], [[" ".join(WORDS[row])] * 2 for row in has],
                        {"train": order[:90], "val": order[90:120], "test": order[120:]}, lambda name: np.zeros((18, 24, 3), np.uint8))
    return views(data, np.hstack([has @ rng.normal(size=(8, 12)), rng.normal(0, 0.3, (150, 3))]))


def test_the_best_of_the_validation_split_is_chosen(one):
    cca, tried = ch24.chosen_cca(one)
    best = max(t["score"] for t in tried)
    assert len(tried) == 8 and ch24.mean_score(ch24.by_cca(one, cca, "val")) == pytest.approx(best) and best > 0.5


def test_branches_begin_as_the_cca_and_are_never_worse_on_validation(one, tmp_path):
    cca, _ = ch24.chosen_cca(one)
    network, seen = ch24.begun_as_cca(one, cca, tmp_path, steps=20)
    assert seen[0] == pytest.approx(ch24.mean_score(ch24.by_cca(one, cca, "val")), abs=1e-3)
    own = ch24.mean_score(ch24.places(network, *one.split("val")))
    assert own == pytest.approx(max(seen), abs=0.02)  # ties of equal sentences may fall otherwise behind the fold


@pytest.mark.parametrize(("rate", "better"), [(1e-3, True), (1.0, False)])
def test_a_second_call_gives_what_the_first_one_gave(one, tmp_path, rate, better):
    """Also where no check is better than the start: the CCA's own weights come back, and the second call has seen no check itself."""
    cca, _ = ch24.chosen_cca(one)
    schedule = replace(image_text.SCHEDULE, steps=20, check=5, rate=rate)
    (first, seen), (second, again) = (image_text.refine(one, cca, tmp_path, schedule) for _ in range(2))
    assert seen == again and len(seen) == 5 and (max(seen) > seen[0]) == better
    assert np.array_equal(first.embed_images(one.images), second.embed_images(one.images))


def test_branches_of_another_cca_do_not_go_on_from_a_checkpoint_of_this_one(one, monkeypatch, tmp_path):
    """Without a folder the checkpoint lies in the cache; the second CCA begins on its own."""
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    first, second = (CCA(6, share, power=1.0).fit(one.split("train")[0][one.split("train")[2]], one.split("train")[1])
                     for share in (0.01, 10.0))
    ch24.begun_as_cca(one, first, steps=5)
    network, _ = ch24.begun_as_cca(one, second, steps=5)
    alone, _ = ch24.begun_as_cca(one, second, tmp_path / "alone", steps=5)
    assert np.allclose(network.embed_images(one.images), alone.embed_images(one.images), atol=1e-5)


def test_rows_have_the_published_names(one, tmp_path):
    cca, _ = ch24.chosen_cca(one)
    found = ch24.results(one, cca, ch24.begun_as_cca(one, cca, tmp_path, steps=5)[0])
    owner = one.split("test")[2]
    rows = ch24.rows_of(found, "toy", 30, owner)
    assert all(r["low"] <= r["value"] <= r["high"] for r in rows) and len(rows) == 6 * len(found)
    means = [(1 / ways["text to image"]).mean() for ways in found.values()]
    assert [r.mean for r in ch24.as_results(found, "toy", owner)] == pytest.approx(means)
    assert found[ch24.BY_CCA]["image to text"].shape == (30,) and found[ch24.BY_CCA]["text to image"].shape == (60,)


def test_the_sentences_of_a_run_can_be_fisher_vectors(one, monkeypatch):
    for name, value in (("WORDS", 3), ("MIXTURE", 2), ("SHORT", 8)):
        monkeypatch.setattr(ch24, name, value)
    fisher = ch24.by_fisher_vectors(one)
    x, y, owner = fisher.split("val")
    assert y.shape == (len(owner), 8) and np.isfinite(y).all()
    assert np.allclose(y[0], fisher.text.transform([one.data.pairs("val")[0][0]])[0], atol=1e-5)


def test_every_published_row_is_one_that_a_run_can_fill():
    assert {r["row"] for r in published() if r["table"] == ch24.TABLE} == {ch24.BY_FISHER, ch24.BY_BRANCHES}


def test_intervals_draw_pictures_and_not_sentences():
    """Ten sentences of each picture, all right or all wrong: as many independent questions as there are pictures."""
    owner = np.repeat(np.arange(20), 10)
    hits = np.where(owner < 10, 1, 99)
    rows = ch24.rows_of({"row": {"text to image": hits, "image to text": hits[::10]}}, "toy", 20, owner)
    by_way = {r["metric"]: (r["low"], r["high"]) for r in rows}
    assert by_way["R@1, text to image, toy"] == pytest.approx(by_way["R@1, image to text, toy"])
    assert by_way["R@1, text to image, toy"][1] - by_way["R@1, text to image, toy"][0] > 0.3
    assert ch24.by_picture(np.array([1.0, 0.0, 4.0]), np.array([0, 0, 1])).tolist() == [0.5, 4.0]


def test_sentences_on_cards(one):
    cards = ch24.SentenceSet(one, every=7)
    query = cards.queries[2]
    assert cards.query_image(query).shape == (180, 240, 3) and cards.ids[cards.relevant(query, "")[0][0]] == query.image_id
    assert one.data.pairs("test")[0][14] == cards.texts[2] == cards.query_text(query)


def test_other_tiers_have_no_rows():
    assert ch24.run("full") == [] and ch24_phrases.run("campus") == []
