"""The runs of chapter 18 on things that are known."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import sparse

from visret_lab.arrays import l2_normalize
from visret_lab.datasets.pairs import Pair, PairSet
from visret_lab.features.local import SIFT
from visret_lab.tables.experiments import ch18_deep_local as ch18
from visret_lab.tables.experiments.bow_verification import expanded

SHIFT = np.array([[1.0, 0, 7], [0, 1, -2], [0, 0, 1]])


@pytest.mark.parametrize("sequence, edit, want", [("coffee", "blur", "light"), ("coffee", "rotate90", "viewpoint"),
                                                  ("coffee", "print_scan", "both"), ("imgs/v_wall", "step 2", "viewpoint"),
                                                  ("imgs/i_dome", "step 3", "light")])
def test_what_was_changed(sequence, edit, want):
    assert ch18.change_of(Pair("x", "a", "b", SHIFT, sequence, edit)) == want


def test_matches_of_one_pair():
    rng = np.random.default_rng(0)
    rows = l2_normalize(rng.normal(size=(10, 8)).astype(np.float32))
    a = np.c_[rng.uniform(0, 50, (10, 2)), np.ones((10, 2))]
    b = a + (7, -2, 0, 0)
    b[6:, 0] += 5  # four are five pixels off
    found = ch18.match_one(Pair("x", "a", "b", SHIFT, "s", "dark"), a, rows, b, rows)
    assert (found.count, found.right, found.change) == (10, 6, "light")
    assert found.curve.tolist() == [0.6] * 4 + [1.0] * 6


def test_features_of_some_images_are_those_of_the_whole_set(monkeypatch):
    asked = []

    @dataclass
    class Set:
        ids: list
        queries: list

        def image(self, name):
            return name

    class Spy(SIFT):
        def detect(self, image):
            return f"points of {image}", f"rows of {image}"

    def extract(dataset, detector):
        asked.append("".join(dataset.ids))
        return [detector.detect(dataset.image(i)) for i in dataset.ids]

    monkeypatch.setattr(ch18, "extract_local", extract)
    want = {1: ("points of b", "rows of b"), 3: ("points of d", "rows of d")}
    assert ch18.features_of(Set(list("abcd"), []), Spy(), [3, 1, 3]) == want
    assert ch18.features_of(Set(list("abcd"), []), type("Other", (), {"detect": Spy().detect})(), [3, 1]) == want
    assert asked == ["abcd", "bd"]  # SIFT's features of the whole set are in the cache anyway


def test_features_of_some_pictures_of_pairs(monkeypatch):
    pairs = PairSet("toy", "mini", "1", "", {name: None for name in "abcd"}, ["a pair"])
    monkeypatch.setattr(ch18, "extract_local", lambda some, finder: [f"{finder} {name}" for name in some.ids])
    assert ch18.found_in(pairs, "points of", ["c", "a"]) == {"c": "points of c", "a": "points of a"} and len(pairs.ids) == 4


def test_only_verified_images_are_added():
    base = sparse.csr_matrix(np.eye(4))
    asked = sparse.csr_matrix(np.array([[1.0, 0, 0, 0], [0, 0, 1, 0]]))
    found = expanded(asked, base, np.array([[3, 1, 0], [0, 1, 2]]), np.array([[9, 8], [7, 2]]), count=2, least=8)
    assert found.toarray().tolist() == [[1, 1, 0, 1], [0, 0, 1, 0]]
    one = expanded(asked, base, np.array([[3, 1, 0], [0, 1, 2]]), np.array([[9, 8], [7, 2]]), count=1, least=8)
    assert one.toarray()[0].tolist() == [1, 0, 0, 1]


def test_the_recorded_trainings_are_of_one_schedule():
    logs = ch18.logs()
    assert set(logs) == {"hardest", "random"}
    assert [line["step"] for line in logs["hardest"]] == [line["step"] for line in logs["random"]]
    assert logs["hardest"][-1]["fpr95"] < logs["random"][-1]["fpr95"]
