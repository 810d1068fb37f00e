"""The runs of chapter 19: which pairs are matched and counted, what is held back, what is merged, and what is put back into a network."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from visret_lab.protocols import Relevance
from visret_lab.rerank.fusion import fuse
from visret_lab.tables.experiments import blcf_fine_tuned, label_free, late_fusion
from visret_lab.tables.experiments import ch19_fusion_label_free as ch19
from visret_lab.tables.experiments.deep_features import networks
from visret_lab.training.classification import Schedule

RNG = np.random.default_rng(0)
NET = networks("mini")[0]
MAPS = [RNG.uniform(0, 1, (128, 4, 5)).astype(np.float32) for _ in range(10)]
SHORT = Schedule(steps=3, batch=2, rate=1e-3, decay=0.0, check=3)


def scene(points, shift):
    """Points in a picture that moved, with unit descriptors."""
    d = np.abs(np.random.default_rng(7).normal(size=(len(points), 16))).astype(np.float32)
    return np.hstack([points + shift, np.zeros((len(points), 2))]).astype(np.float32), d / np.linalg.norm(d, axis=1, keepdims=True)


def test_only_pairs_with_enough_matches_are_verified():
    points = RNG.uniform(0, 200, (60, 2))
    (a, d), (b, _) = scene(points, 0), scene(points, 15)
    jumbled = np.hstack([RNG.uniform(0, 200, (60, 2)), np.zeros((60, 2))]).astype(np.float32)
    places, rows = [a, b, jumbled, b[:20]], [d, d, d, d[:20]]
    found = label_free.counted(places, rows, 0, np.array([1, 2, 3]))
    assert found[0] == 60 and found[1] < 15  # all matches agree; all match and hardly any agree
    assert found[2] == label_free.Matcher([d[:20]]).match(d)[0].shape[0]  # too few to be verified: counted as they are


def test_lists_watch_other_lists_than_they_learn_from():
    scores = np.full((20, 20), 0.7)
    scores[np.arange(20), (np.arange(20) + 1) % 20] = 40
    learnt, watched = label_free.triplets(label_free.Lists(np.arange(20), scores, None, None))
    assert len(watched.query) and not set(learnt.query) & set(watched.query) and len(set(watched.query)) == 4
    assert (scores[learnt.query, learnt.positive] > 15).all() and (scores[learnt.query, learnt.negative] < 1).all()


def test_network_b_is_a_with_more_numbers():
    a, b = label_free.network_a(NET), label_free.network_b(NET, MAPS)
    x, y = label_free.vectors(a, MAPS), label_free.vectors(b, MAPS)
    assert x.shape == (10, 160) and y.shape == (10, 640) and np.allclose(np.linalg.norm(y, axis=1), 1, atol=1e-5)
    assert all(p.requires_grad for p in b.parameters())


def test_a_training_leaves_the_baseline_as_it_is_and_is_made_each_time(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    a, some = label_free.network_a(NET), label_free.label_free_triplets(np.where(np.eye(10, k=1), 40, 0.7), 8, RNG)
    before = label_free.vectors(a, MAPS)
    one, log = label_free.train(a, MAPS, some, schedule=SHORT)
    assert np.array_equal(label_free.vectors(a, MAPS), before) and log[-1]["step"] == 3
    after = label_free.vectors(one, MAPS)
    assert np.abs(after - before).max() > 1e-4 and not list(tmp_path.iterdir())
    assert np.array_equal(label_free.vectors(label_free.train(a, MAPS, some, schedule=SHORT)[0], MAPS), after)
    made = []
    monkeypatch.setattr(label_free, "minimise", lambda *_, **__: made.append(1) or pytest.fail("made again"))
    with pytest.raises(BaseException, match="made again"):
        label_free.train(a, MAPS, some, schedule=SHORT)


def test_lists_without_some_images_name_them_nowhere():
    scores = np.random.default_rng(1).uniform(0, 40, (6, 6))
    hidden = np.array([False, True, False, False, True, False])
    found = label_free.without(label_free.Lists(np.arange(6), scores, None, None), hidden).scores
    assert (found[hidden] == -1).all() and (found[:, hidden] == -1).all()
    assert np.array_equal(found[np.ix_(~hidden, ~hidden)], scores[np.ix_(~hidden, ~hidden)])


def painted(monkeypatch):
    """Stand-ins for the other town and for training: four buildings with two pictures each, two pictures of none. Returns what was
    taught: list of (rate, steps, images in the triplets)."""
    groups = {i: f"house {i // 2}" if i < 8 else None for i in range(10)}
    one = label_free.Asked(SimpleNamespace(ids=list(range(10)), groups=groups), MAPS, MAPS, {})
    scores = np.where(np.add.outer(np.arange(10), np.arange(10)) % 3 == 0, 40, 0.7)
    taught = []

    def train(model, maps, learnt, schedule):
        taught.append((schedule.rate, schedule.steps, set(np.concatenate(learnt).tolist())))
        return (schedule, taught[-1][2]), []

    def score(model, one):  # a picture that was taught gains much by a large rate; others gain most by 50 steps at 3e-4
        if not isinstance(model, tuple):
            return np.full(8, 0.3)
        plan, seen = model
        best = 0.4 if (plan.rate, plan.steps) == (3e-4, 50) else 0.35
        return np.array([0.3 + 600 * plan.rate if i in seen else best for i in range(8)])

    for name, stand_in in (("load", lambda *_, **__: one.dataset), ("asked", lambda *_: one), ("train", train), ("score", score),
                           ("sift_words", lambda *_: None), ("questions", lambda _: (np.arange(8), None)),
                           ("lists", lambda *_, **__: label_free.Lists(np.arange(10), scores, None, None))):
        monkeypatch.setattr(label_free, name, stand_in)
    return taught


def test_settings_are_chosen_by_buildings_that_were_not_taught(monkeypatch):
    taught = painted(monkeypatch)
    rate, steps, gains = label_free.chosen_elsewhere()
    assert (rate, steps) == (3e-4, 50)  # pictures that were taught say 1e-3
    assert set(gains) == {(r, n) for r in label_free.RATES for n in label_free.LENGTHS}
    assert all(gain.shape == (8,) and np.isfinite(gain).all() for gain in gains.values())
    assert np.allclose(gains[3e-4, 50], 0.1)
    left_out = [{0, 1, 2, 3}] * 6 + [{4, 5, 6, 7}] * 6
    assert len(taught) == 12 and all(images and not images & part for (_, _, images), part in zip(taught, left_out, strict=True))


def test_of_equal_settings_the_gentler_is_taken(monkeypatch):
    painted(monkeypatch)
    monkeypatch.setattr(label_free, "score", lambda *_: np.full(8, 0.3))
    assert label_free.chosen_elsewhere()[:2] == (1e-4, 50)


def test_the_settings_in_use_are_among_those_that_were_tried():
    assert label_free.RATE in label_free.RATES and label_free.STEPS in label_free.LENGTHS
    assert (label_free.SCHEDULE.rate, label_free.SCHEDULE.steps) == (label_free.RATE, label_free.STEPS)


def test_by_rate_starts_from_the_same_network_each_time():
    one = label_free.Asked(SimpleNamespace(name="few", version="1"), MAPS, MAPS[:2], {
        "mAP": [Relevance(np.array([3]), np.array([0])), Relevance(np.array([4]), np.array([1]))]})
    learnt = label_free.label_free_triplets(np.where(np.eye(10, k=1), 40, 0.7), 8, RNG)
    start = {"own": label_free.score(label_free.network_a(NET), one)}
    found = label_free.by_rate(NET, {"own": one}, learnt, (1e-7, 1e-3), start, 2)
    assert 0 < found[1e-7][0] < 1e-4 < found[1e-3][0] and found[1e-3][1]["own"].shape == (2,)
    assert label_free.by_rate(NET, {"own": one}, learnt, (1e-3,), start, 2)[1e-3][0] == found[1e-3][0]


def test_trained_layers_go_back_into_the_network():
    a = label_free.network_a(NET)
    with torch.no_grad():
        a.trunk[0].weight.mul_(1.1)
    other = blcf_fine_tuned.with_layers(NET, a)
    x = torch.from_numpy(RNG.normal(size=(1, 3, 64, 64)).astype(np.float32))
    with torch.no_grad():
        below, end = other.backbone.several(x, ("pool4", "conv5_2")).values()
        assert torch.equal(a.trunk(below), end)
        assert torch.equal(NET.backbone(x, "pool4"), below) and not torch.equal(NET.backbone(x, "conv5_2"), end)
    assert other.backbone.fingerprint() != NET.backbone.fingerprint()


def test_scores_of_sift_are_inliers_first():
    words = late_fusion.Sift(np.array([[0.9, 0.2, 0.3]]), np.array([[0, 12, 12]]))
    assert words.scores[0].argsort().tolist() == [0, 1, 2]


def test_what_is_merged():
    two = ch19.Systems(late_fusion.Sift(RNG.random((2, 6)), RNG.integers(0, 9, (2, 6))), RNG.random((2, 6)), 4.0)
    found = ch19.merged(two, 0.3)
    assert np.array_equal(found["min-max, weight chosen elsewhere"], fuse([two.sift.scores, two.cosine], [0.3, 0.7]))
    assert np.array_equal(found["sum of raw scores"], two.sift.inliers + two.sift.bags + two.cosine)
    blcf = RNG.random((2, 6))
    assert np.array_equal(late_fusion.rankings(blcf, two.sift.scores)["merged"], fuse([blcf, two.sift.scores]))


def test_results_of_every_metric():
    one = label_free.Asked(SimpleNamespace(name="few", version="1"), MAPS, MAPS[:2], {
        "mAP, few, a": [Relevance(np.array([0]), np.array([], int)), Relevance(np.array([1]), np.array([], int))],
        "mAP, few, b": [Relevance(np.array([5]), np.array([0])), Relevance(np.array([6]), np.array([1]))]})
    found = label_free.results("x", label_free.network_a(NET), one)
    assert found["mAP, few, a"].mean == 1 and found["mAP, few, b"].mean < 1
    rows = label_free.rows_from("t", found, one)
    assert [r["metric"] for r in rows] == list(one.truth) and all(r["table"] == "t" and r["row"] == "x" for r in rows)


def test_a_question_that_is_an_image_has_its_vector():
    a = label_free.network_a(NET)
    one = label_free.Asked(None, MAPS, [MAPS[3], MAPS[1]], {})
    for same in (one, one._replace(questions=[MAPS[3].copy(), MAPS[1]])):  # the second is none of the images
        base, put = label_free.searched(a, same)
        assert np.allclose(put, base[[3, 1]], atol=1e-6)
