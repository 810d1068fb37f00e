"""Cleaning: the match graph of a made-up class with a known answer, and what is done with classes that are odd."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from visret_lab.arrays import l2_normalize
from visret_lab.rerank.affine import apply_affine
from visret_lab.training import cleaning
from visret_lab.training.boxes import box_iou, clip_boxes, move_boxes

SIZE = (320, 240)
BOX = np.array([100.0, 70, 220, 180])


def picture(rng, thing, zoom=1.0, shift=(0, 0), turn=0.0, clutter=40, share=0.6):
    """(points, descriptors) of a picture that shows part of `thing` (points and descriptors), and its true box."""
    points, rows = thing
    seen = rng.random(len(points)) < share
    move = np.array([[zoom, turn, shift[0] - turn * 120], [-turn, zoom, shift[1] + turn * 160]])
    p = np.r_[apply_affine(move, points[seen]) + rng.normal(0, 0.7, (seen.sum(), 2)), rng.uniform(0, SIZE, (clutter, 2))]
    d = np.r_[rows[seen] + rng.normal(0, 0.02, (seen.sum(), rows.shape[1])), rng.normal(size=(clutter, rows.shape[1]))]
    corners = move_boxes(move[None], BOX[None])[0]
    return np.c_[p, np.ones((len(p), 2))].astype(np.float32), l2_normalize(np.abs(d)).astype(np.float32), corners


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def made():
    """Seven pictures of a landmark, three of a look-alike, two of nothing, and one without a point; their true boxes."""
    rng = np.random.default_rng(0)
    things = []
    for _ in range(2):
        points = rng.uniform(BOX[:2], BOX[2:], (60, 2))
        points[:4] = BOX[[[0, 1], [2, 1], [2, 3], [0, 3]]]
        things.append((points, rng.normal(size=(60, 64))))
    empty = SimpleNamespace(points=np.zeros((0, 2)), rows=np.zeros((0, 64)))
    shots = [picture(rng, things[0], rng.uniform(0.9, 1.2), rng.uniform(-15, 15, 2), 0.06 * (i - 3)) for i in range(7)]
    shots += [picture(rng, things[1], 1.0, rng.uniform(-15, 15, 2), 0.1 * i) for i in range(3)]
    shots += [picture(rng, (empty.points, empty.rows)) for _ in range(2)]
    features = [(p, d) for p, d, _ in shots] + [(np.zeros((0, 4), np.float32), np.zeros((0, 128), np.float32))]
    return features, np.array([b for _, _, b in shots[:7]])


def test_the_largest_group_is_kept_and_the_rest_is_not(made):
    features, truth = made
    ids = [f"p{i}" for i in range(13)]
    found = cleaning.clean_class("x", ids, features, [SIZE] * 13)
    assert found.kept == ids[:7] and set(found.boxes) == set(ids[:7]) and not found.duplicates
    assert all(a in found.kept and b in found.kept and n >= cleaning.LEAST_INLIERS for a, b, n in found.edges)
    want = clip_boxes(truth, [SIZE] * 7)
    assert box_iou([found.boxes[i] for i in found.kept], want).min() > 0.75
    between = np.isin(found.graph.pairs, [7, 8, 9]).all(axis=1) & (found.graph.inliers >= 8)
    assert between.sum() == 3  # the look-alikes hang together, but are fewer


def test_the_graph_is_symmetric_and_repeats(made):
    features, _ = made
    one, two = cleaning.match_graph(features[:5]), cleaning.match_graph(features[:5])
    w = one.weights().toarray()
    assert np.array_equal(w, w.T) and not w.diagonal().any() and np.array_equal(w, two.weights().toarray())
    assert len(one.points) == one.inliers.sum() and (one.inliers <= one.matches).all()
    for e in range(len(one.pairs)):
        a, b = one.points_of(e)
        assert len(a) == one.inliers[e] and np.linalg.norm(apply_affine(one.maps[e], a) - b, axis=1).max() < cleaning.THRESHOLD


def test_matches_hold_from_both_sides_and_are_one_to_one(made):
    features, _ = made
    for _, _, pairs in cleaning.mutual_matches(features[:4]):
        assert len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1])) == len(pairs)
    first, second = (d for _, d in features[:2])
    there, back = cleaning.Matcher([second]).match(first)[0], cleaning.Matcher([first]).match(second)[0]
    both = {tuple(p) for p in there.tolist()} & {tuple(p[::-1]) for p in back.tolist()}
    assert {tuple(p) for p in next(cleaning.mutual_matches(features[:2]))[2].tolist()} == both


def test_only_chosen_pairs_are_matched(made):
    features, _ = made
    chosen = np.zeros((5, 5), bool)
    chosen[0, 1] = chosen[1, 0] = True
    assert cleaning.match_graph(features[:5], chosen=chosen).pairs.tolist() == [[0, 1]]


def test_two_keypoints_at_one_place_count_once():
    a, b = np.array([[5.0, 5], [5, 5.2], [9, 9]]), np.array([[1.0, 1], [2, 2], [3, 3]])
    assert cleaning._one_a_place(a, b).tolist() == [True, False, True]


def test_prune_and_component():
    w = np.zeros((7, 7), int)
    for i, j, n in ((0, 1, 20), (1, 2, 5), (3, 4, 9), (4, 5, 9)):
        w[i, j] = w[j, i] = n
    graph = csr_array(w)
    assert cleaning.prune(graph, 9).nnz == 6 and graph.nnz == 8
    assert cleaning.largest_component(cleaning.prune(graph, 9)).tolist() == [3, 4, 5]
    assert cleaning.largest_component(graph).tolist() == [0, 1, 2]  # of one size, the heavier
    assert cleaning.largest_component(cleaning.prune(graph, 99)).tolist() == []


def test_a_cut_and_shrunk_copy_is_named_and_another_view_is_not(made):
    features, _ = made
    points, rows = features[0]
    copy = np.c_[points[:, :2] * 0.9 + (12, -5), points[:, 2:]][:-10].astype(np.float32), rows[:-10]
    ids = list("abcd")
    found = cleaning.clean_class("x", ids, [features[0], features[1], copy, features[2]], [SIZE] * 4)
    assert found.duplicates == [("a", "c")] and ("a", "c") not in {(a, b) for a, b, _ in found.edges} and len(found.kept) == 4


def test_shared_descriptors(made):
    features, _ = made
    graph = cleaning.match_graph(features)
    assert cleaning.by_shared_descriptors(graph, 0.1).tolist() == list(range(7))
    assert cleaning.by_shared_descriptors(graph, 0.99).tolist() == []


@pytest.mark.parametrize("count", [1, 2])
def test_a_class_without_an_edge_keeps_nothing(made, count):
    features = [made[0][0], made[0][10]][:count]
    found = cleaning.clean_class("x", list("ab")[:count], features, [SIZE] * count)
    assert found.kept == [] and found.boxes == {} and found.edges == [] and found.graph.count == count


def test_pictures_without_features_are_left_out(made):
    nothing = np.zeros((0, 4), np.float32), np.zeros((0, 128), np.float32)
    found = cleaning.clean_class("x", list("abc"), [made[0][0], nothing, made[0][1]], [SIZE] * 3)
    assert found.kept == ["a", "c"]
    assert cleaning.clean_class("x", list("ab"), [nothing, nothing], [SIZE] * 2).kept == []


def test_bad_classes(made):
    with pytest.raises(ValueError, match="'x' has no picture"):
        cleaning.clean_class("x", [], [], [])
    with pytest.raises(ValueError, match="1 ids, 2 features"):
        cleaning.clean_class("x", ["a"], made[0][:2], [SIZE])
    with pytest.raises(ValueError, match="start must be one of all, median"):
        cleaning.clean_class("x", list("abc"), made[0][:3], [SIZE] * 3, start="mean")


class Tiny:
    """A data set whose 'detector' finds the features of `made`; two classes, and a picture without a class."""

    name, tier, version = "tiny", "mini", "1"

    def __init__(self, features):
        self.features, self.looks = features, 0
        self.ids = [f"p{i}" for i in range(10)]
        self.groups = {i: ("one" if n < 6 else "two") if n < 9 else None for n, i in enumerate(self.ids)}

    def image(self, image_id):
        return np.full((SIZE[1], SIZE[0], 3), int(image_id[1:]), np.uint8)


class Known:
    def __init__(self, features):
        self._features = features

    def __getattr__(self, name):
        raise AttributeError(name)

    def detect(self, image):
        return self._features[image[0, 0, 0]]


def test_clean_caches_class_by_class_and_goes_on(made, own_cache, monkeypatch):
    data, detector = Tiny(made[0]), Known(made[0])
    found = cleaning.clean(data, detector, workers=1, progress=False)
    assert list(found) == ["one", "two"] and found["one"].kept == data.ids[:6] and len(found["two"].ids) == 3
    files = sorted((own_cache / "cleaning").rglob("*.npz"))
    assert len(files) == 2
    files[1].write_bytes(b"torn")
    before = files[0].stat().st_mtime_ns
    again = cleaning.clean(data, detector, workers=1, progress=False)
    assert files[0].stat().st_mtime_ns == before and files[1].stat().st_size > 100
    assert again["two"].kept == found["two"].kept and again["one"].edges == found["one"].edges
    only = cleaning.clean(data, detector, classes=["two"], workers=1, progress=False)
    assert list(only) == ["two"] and only["two"].kept == found["two"].kept


def test_unknown_classes_and_sets_without_groups(made, own_cache):
    data = Tiny(made[0])
    with pytest.raises(ValueError, match="no class 'three'. It has: one, two"):
        cleaning.clean(data, Known(made[0]), classes=["three"])
    data.groups = {}
    with pytest.raises(ValueError, match="no groups"):
        cleaning.clean(data, Known(made[0]))


def test_the_list_is_written_and_read(made):
    found = cleaning.clean_class("x", [f"p{i}" for i in range(13)], made[0], [SIZE] * 13)
    text = cleaning.as_json({"x": found}, SimpleNamespace(name="d", version="1"))
    back = cleaning.read_list(text)
    assert back["x"]["kept"] == found.kept and len(back["x"]["edges"]) == len(found.edges)
    assert json.loads(text)["dataset"] == "d" and len(back["x"]["boxes"][found.kept[0]]) == 4
    for bad in ("{", "{}", '{"classes": {"x": {}}}', "[]"):
        with pytest.raises(ValueError, match="no cleaned list"):
            cleaning.read_list(bad)
