"""The run of chapter 26 on a toy set: who judges, what is chosen, what is asked for and what is kept."""

import numpy as np
import pytest
import torch

from visret_lab.crossmodal.describers import PICTURES, TO_IMAGE, TO_TEXT, judged, score
from visret_lab.crossmodal.image_text import views
from visret_lab.crossmodal.two_branch import TwoBranch
from visret_lab.datasets.captioned import CaptionedSet
from visret_lab.tables.experiments import ch26_semantic as ch26
from visret_lab.training.classification import Schedule

WORDS = np.array(["red", "blue", "dog", "cat", "tree", "car", "ball", "hat"])


@pytest.fixture
def one(monkeypatch):
    """150 pictures that are the words of their sentences, and noise."""
    monkeypatch.setitem(ch26.COMPONENTS, "toy", 6)
    rng = np.random.default_rng(0)
    has = rng.random((150, 8)) < 0.3
    has[:, 0] |= ~has.any(axis=1)
    captions = [[" ".join(rng.permutation(WORDS[row])[:max(1, row.sum() - 1)]) for _ in range(4)] for row in has]  # all leave one out
    order = rng.permutation(150)
    data = CaptionedSet("toy", "CC0", [str(i) for i in range(150)], captions,
                        {"train": order[:90], "val": order[90:120], "test": order[120:]}, lambda name: np.zeros((18, 24, 3), np.uint8))
    return views(data, np.hstack([has @ rng.normal(size=(8, 12)), rng.normal(0, 0.3, (150, 3))]))


def nets():
    torch.manual_seed(0)
    return {loss: TwoBranch(15, 8, None, 4) for loss in ch26.LOSSES}


def test_the_best_cca_of_the_validation_split_is_chosen(one):
    for together in (False, True):
        cca, tried = ch26.chosen_cca(one, together)
        held = judged(one, "val")
        phi, theta = cca.transform(held.images, held.query)
        best = max(t["score"] for t in tried)
        assert len(tried) == 16 and score(phi, theta, held.gains) == pytest.approx(best) and best > 0.6


def test_every_row_is_measured_by_the_searches_that_it_has(one):
    found = ch26.searches(one, ch26.spaces(one, nets()))
    measured = ch26.results(found, judged(one).gains)
    assert list(found) == [ch26.RANDOM, ch26.FIXED, ch26.WHITENED, ch26.BY_CCA, *ch26.BY_LOSS.values(), ch26.DESCRIBER]
    for row, ways in found.items():
        alone = row in (ch26.FIXED, ch26.WHITENED, ch26.BY_LOSS["visual"])
        assert set(ways) == ({PICTURES} if alone else {PICTURES, TO_IMAGE, TO_TEXT})
        assert measured[row]["NDCG", PICTURES].shape == measured[row]["Pearson", PICTURES].shape == (30,)
    means = {row: m["NDCG", PICTURES].mean() for row, m in measured.items()}
    assert means[ch26.DESCRIBER] > means[ch26.RANDOM] + 0.2 and means[ch26.BY_CCA] > means[ch26.RANDOM] + 0.1
    assert measured[ch26.RANDOM]["agreement", PICTURES].mean() == pytest.approx(0.5, abs=0.03)


def test_the_describer_asks_with_one_sentence_and_is_searched_by_another(one):
    held, found = judged(one), ch26.searches(one, {})
    assert np.allclose(found[ch26.DESCRIBER][TO_IMAGE], held.query @ held.other.T)
    assert np.allclose(found[ch26.DESCRIBER][TO_TEXT], found[ch26.DESCRIBER][TO_IMAGE].T)


def test_other_sets_learn_their_projections_once(one, tmp_path, monkeypatch):
    schedule = Schedule(steps=4, batch=20, check=2)
    found = ch26.networks(one, tmp_path, schedule)
    monkeypatch.setattr(ch26, "learn", None)
    again = ch26.networks(one, tmp_path, schedule)
    x = one.split("test")[0]
    assert set(found) == set(ch26.LOSSES) and all(np.array_equal(found[k].embed_images(x), again[k].embed_images(x)) for k in found)
    assert not np.allclose(found["visual"].embed_images(x), found["joint"].embed_images(x))


def test_facts_are_the_truth_or_what_two_sentences_say(one):
    names, has = ch26.facts(one)
    said = [{w for w in WORDS if sum(w in text.split() for text in one.data.captions[i]) >= 2} for i in one.data.splits["test"]]
    assert has.shape == (30, len(names)) and (has.mean(axis=0) <= ch26.RARE).all() and has.any(axis=0).all()
    assert all(set(np.array(names)[row]) == told & set(names) for row, told in zip(has, said, strict=True))
    thing = {"kind": "other", "noun": "ball"}, {"kind": "clothing", "noun": "hat"}
    truth = {name: {"place": "park" if n % 2 else "lake", "things": list(thing)} for n, name in enumerate(one.data.ids)}
    one.data.details.update(truth)
    names, has = ch26.facts(one)
    assert names == ["ball", "lake", "park"] and has[:, 0].all() and (has[:, 1] ^ has[:, 2]).all()


def test_what_is_asked_for_and_what_is_kept():
    has = np.array([[0, 1, 1], [1, 1, 0], [1, 1, 1], [0, 0, 0], [1, 0, 0]], bool)
    phi = np.eye(5, 4, dtype=np.float32)
    phi[4] = phi[1]
    got, kept = ch26.asked(phi, phi[1], has, 0, 1.0, k=2)  # pictures 0 and 3 ask; 1 and 4 are what the word means
    assert got.tolist() == [1, 1] and kept[0] == pytest.approx(0.25) and np.isnan(kept[1])
    got, kept = ch26.asked(phi, phi[1], has, 0, 5.0, minus=True, k=2)  # 1, 2 and 4 ask
    assert got[1] <= 0.5 and kept[0] == kept[0]
    alone, _ = ch26.asked(phi, phi[1], has, 0, 0.0, minus=True, k=1)
    assert alone[0] == 1  # without words 1 finds 4, and not itself


def test_rows_have_their_intervals(one):
    spaces = ch26.spaces(one, nets())
    rows = ch26.rows_of(ch26.results(ch26.searches(one, spaces), judged(one).gains), ch26.places(one, spaces), "toy", 30)
    assert all(r["low"] <= r["value"] <= r["high"] and r["table"] == "semantic-retrieval" for r in rows)
    kinds = {r["metric"] for r in rows if r["row"] == ch26.BY_CCA}
    assert kinds == {f"NDCG@10, {way}, toy" for way in ch26.WAYS} | {f"Pearson, {PICTURES}, toy"} | {
        f"R@{k}, {way}, toy" for k in ch26.AT for way in (TO_IMAGE, TO_TEXT)}
    assert not any(r["metric"].startswith("R@") for r in rows if r["row"] == ch26.FIXED)
    assert len(ch26.as_results(ch26.places(one, spaces), "toy")[0].per_query) == 120 and ch26.run("full") == []
