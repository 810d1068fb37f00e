import numpy as np
import pytest
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.tables.experiments import ch23_video_encoders as ch23
from visret_lab.video.encoders.shot_encoder import shot_encoder

D = 8


def ground():
    """Two scenes: shots A B A (frames 0-3, 4-6, 7-9) and C (10-14); A stands in one place, so frames 7-9 show the same."""
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1, 0, 2], (4, 3, 3, 5))
    vectors = l2_normalize(np.eye(D)[kind] + 0.05 * rng.normal(size=(15, D))).astype(np.float32)
    row = np.array([1, 5, 8, 12])
    shots, scenes = np.array([[0, 4], [4, 7], [7, 10], [10, 15]]), np.array([[0, 10], [10, 15]])
    asked = l2_normalize(vectors[row] + 0.05 * rng.normal(size=(4, D))).astype(np.float32)
    return ch23.Ground("toy", vectors, kind, lambda n: np.full((4, 4, 3), n, np.uint8), scenes, shots, asked, row,
                       lambda q: np.full((4, 4, 3), 100 + q, np.uint8), 120)


def test_no_shot_crosses_a_scene_and_random_ones_are_as_many():
    one = ground()
    assert ch23.cut(one).tolist() == one.shots.tolist() and ch23.cut(one, "none").tolist() == one.scenes.tolist()
    assert ch23.cut(one, "every frame").tolist() == [[n, n + 1] for n in range(15)]
    for seed in range(4):
        shots = ch23.cut(one, "random", seed=seed)
        assert len(shots) == 4 and 10 in shots[:, 0] and (shots[1:, 0] == shots[:-1, 1]).all()


def test_a_scene_is_as_good_as_its_best_shot():
    one = ground()
    similar = np.array([[0.1, 0.9, 0.2, 0.3]])
    assert ch23.best_of(similar, one.shots, one.scenes).tolist() == [[0.9, 0.3]]
    assert ch23.best_of(np.array([[0.4, 0.8]]), one.scenes, one.shots).tolist() == [[0.4, 0.4, 0.4, 0.8]]  # a scene gives its score to all


def test_other_shots_from_the_same_place_are_junk():
    one = ground()
    truth = ch23.shot_truth(one, one.shots)
    assert [t.positive.tolist() for t in truth] == [[0], [1], [2], [3]] and [t.junk.tolist() for t in truth] == [[2], [], [0], []]
    assert ch23.hits(np.array([[0.5, 0.1, 0.9, 0.2], [0.9, 0.1, 0, 0], [0.9, 0, 0.1, 0], [0, 0, 0, 1]]), truth).tolist() == [1, 0, 1, 1]


@pytest.mark.parametrize("method", ["max", "mean", "lstm"])
def test_every_measure_of_every_method(method):
    one = ground()
    torch.manual_seed(0)
    net = method if method != "lstm" else shot_encoder("lstm", D, D, D).eval()
    similar = ch23.compared(one, one.shots, net)
    assert similar.shape == (4, 4)
    found = ch23.judged("toy", similar, one.shots, one, 640)
    assert set(found) == {"mAP, scenes", "R@1, scenes", "R@1, shots"} and found["mAP, scenes"].bytes_per_image == 320
    if method != "lstm":
        assert all(r.mean == 1 for r in found.values())
    rows = ch23.rows_of({"toy": found}, one)
    assert {r["metric"] for r in rows} == {f"{m}, toy films" for m in found}


def test_a_shot_longer_than_the_limit_is_spread():
    one = ground()
    (x,) = ch23.frames_of(one, np.array([[0, 15]]), 5)
    assert np.array_equal(x, one.vectors[[0, 4, 7, 10, 14]]) or np.array_equal(x, one.vectors[[0, 3, 7, 11, 14]])


def test_whole_scenes_are_drawn():
    one = ground()
    low, high = ch23.by_group(np.array([1.0, 1.0, 1.0, 0.0]), one)
    assert low == 0 and high == 1
    assert ch23.by_group(np.ones(4), one) == (1, 1)


class Reader:
    times = np.arange(48) / 24

    def frames(self, numbers):
        for n in numbers:
            yield n, np.full((4, 4, 3), n, np.uint8)

    def frame(self, n):
        return np.full((4, 4, 3), n, np.uint8)


class OneFilm:
    name, licence, frames = "toy-0", "", 48
    shots, scenes, setups = np.array([[0, 20], [20, 48]]), np.array([[0, 2]]), np.array([0, 1])

    class _Query:
        def __init__(self, frame, shot):
            self.frame, self.shot = frame, shot

    queries = [_Query(19, 0), _Query(21, 1), _Query(40, 1)]

    def reader(self):
        return Reader()

    def photo(self, query):
        return np.full((4, 4, 3), query.frame, np.uint8)


def test_a_photograph_taken_right_behind_a_cut_belongs_to_the_new_shot():
    def describe(some):
        def rows(images):
            return l2_normalize(np.array([[image[0, 0, 0], 10.0] for image in images], np.float32))
        return rows(some.images), rows(some.query_image(q) for q in some.queries)

    one = ch23.ground([OneFilm()], describe)
    assert one.shots.tolist() == [[0, 3], [3, 6]] and one.scenes.tolist() == [[0, 6]]  # frames 0, 8, 16, 24, 32, 40
    assert one.row.tolist() == [2, 3, 5]  # frame 21: frame 16 was the last that was sampled, but it shows the shot before
    assert one.images(4)[0, 0, 0] == 32 and one.name == "toy" and one.frames == 48


def test_the_time_to_read_is_that_of_the_sampled_frames():
    seen = []
    count, seconds = ch23.seconds_to_read(OneFilm(), lambda images: seen.extend(image[0, 0, 0] for image in images) or seen)
    assert seen == [0, 8, 16, 24, 32, 40] and count == 6 and 0 < seconds < 60


def test_the_explorer_sees_shots():
    one = ground()
    shots = ch23.ShotSet(one, one.shots)
    assert len(shots.ids) == 4 and shots.image("shot 3")[0, 0, 0] == 12 and shots.query_image(shots.queries[2])[0, 0, 0] == 102
    assert shots.relevant(shots.queries[0], "shots").junk.tolist() == [2]
