"""The measures of chapter 16, on answers that are known."""

from types import SimpleNamespace

import numpy as np
import pytest

from visret_lab.datasets.collection import Collection
from visret_lab.tables.experiments import ch16_cleaning as ch16
from visret_lab.training.cleaning import MatchGraph


def made():
    """Five pictures: two good, one junk, one absent, one ok; 0-1-2 hang together by 9 inliers, 3-4 by 20."""
    ids = list("abcde")
    labels = ["good", "ok", "junk", "absent", "good"]
    details = {i: {"label": y, "landmark": None if y == "absent" else 0, "duplicate_of": None, "kind": "landmark",
                   **({} if y == "absent" else {"box": [0, 0, 10, 10]})} for i, y in zip(ids, labels, strict=True)}
    graph = MatchGraph(5, np.array([[0, 1], [1, 2], [3, 4]]), np.array([9, 9, 20]), np.array([9, 9, 20]),
                       np.tile([[1.0, 0, 0], [0, 1, 0]], (3, 1, 1)), np.zeros((38, 4), np.float32), np.zeros((5, 5), np.float32))
    found = SimpleNamespace(name="x", ids=ids, kept=list("abc"), boxes={i: (0, 0, 10, 5) for i in "abc"}, graph=graph)
    return found, SimpleNamespace(ids=ids, details=details)


def test_score():
    found, data = made()
    score = ch16.score(found, data)
    assert (score.kept, score.raw, score.precision) == (3, 0.8, 1.0) and score.recall == pytest.approx(2 / 3)
    assert np.allclose(score.iou, [0.5] * 3)
    strict = ch16.at_threshold(found, data, 10)
    assert (strict.kept, strict.precision) == (2, 0.5) and strict.recall == pytest.approx(1 / 3)
    assert np.isnan(ch16.at_threshold(found, data, 30).precision)


def test_the_filter_keeps_edges_of_near_pictures_only():
    found, data = made()
    x = np.eye(6)[[0, 0, 5, 2, 2]]  # the third is nobody's neighbour, and takes the first
    score, share = ch16.filtered(found, data, x, 1)
    assert score.kept == 2 and 0 < share < 1
    whole, all_pairs = ch16.filtered(found, data, x, 99)
    assert whole.kept == 3 and all_pairs == 1


def test_nearest_pairs_are_symmetric_and_never_oneself():
    chosen = ch16.nearest_pairs(np.random.default_rng(0).normal(size=(9, 4)), 2)
    assert np.array_equal(chosen, chosen.T) and not chosen.diagonal().any() and (chosen.sum(1) >= 2).all()


def test_rows_and_intervals():
    found, data = made()
    data.name, data.version = "town-train", "1"
    rows = ch16.rows_of("r", [ch16.score(found, data)] * 3, data, boxes=True)
    assert [r["metric"] for r in rows] == [f"{m}, town-train" for m in ("precision", "recall", "share kept", "box IoU")]
    assert all(r["low"] <= r["value"] <= r["high"] for r in rows) and rows[0]["queries"] == 3
    assert np.isnan(ch16.mean([np.nan])).all()


def test_the_classes_of_the_threshold_are_not_measured():
    names = dict.fromkeys("abcde")
    assert ch16.measured(names, SimpleNamespace(name="town-train")) == ["d", "e"]
    assert ch16.measured(names, SimpleNamespace(name="noisy-places")) == list("abcde")


def collection(name, groups, tmp_path):
    ids = [f"{name}{i}" for i in range(len(groups))]
    return Collection(name=name, tier="campus", version="1", licence="CC0", ids=ids, files={i: tmp_path / i for i in ids}, queries=[],
                      truth={}, default_protocol="none", groups=dict(zip(ids, groups, strict=True)))


def test_noise_is_put_in(tmp_path):
    places = collection("p", ["x"] * 11 + ["y"] * 4 + ["z"] * 2 + [None] * 3, tmp_path)
    mixed = ch16.with_noise(places, collection("e", [None] * 30, tmp_path))
    assert set(mixed.groups.values()) == {"x", "y"} and len(mixed.ids) == 20 + 7
    right = [i for i in mixed.ids if mixed.details[i]["kind"] == "landmark"]
    assert {places.groups[mixed.files[i].name] for i in right if mixed.groups[i] == "x"} == {"x"} and len(right) == 15
    assert not any(places.groups.get(mixed.files[i].name) == mixed.groups[i] for i in mixed.ids if i not in right)
    assert mixed.ids == ch16.with_noise(places, collection("e", [None] * 30, tmp_path)).ids
