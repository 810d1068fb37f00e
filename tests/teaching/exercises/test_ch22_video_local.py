import numpy as np

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.teaching.exercises import ch22_video_local as exercise
from visret_lab.video.bloom import false_positive_rate
from visret_lab.video.key_features import key_feature
from visret_lab.video.moments import count_votes
from visret_lab.video.shots.histogram import intersection_distance
from visret_lab.video.shots.score import score
from visret_lab.video.tracks import distances, linked


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_references_are_the_packages():
    for a, b in exercise.distance.cases():
        assert abs(exercise.distance.reference(a, b) - intersection_distance(a, b)) < 1e-12
    for bits, in exercise.majority.cases():
        packed = np.packbits(bits, axis=1, bitorder="little")
        want = np.unpackbits(key_feature(packed), bitorder="little")[: bits.shape[1]].astype(bool)
        assert np.array_equal(exercise.majority.reference(bits), want)
    for d, shot_of, count in exercise.votes.cases():
        found = [np.flatnonzero(row == row.min()) for row in d]
        assert np.array_equal(exercise.votes.reference(d, shot_of, count), count_votes(found, shot_of, count))
    for found, true, tolerance in exercise.f1.cases():
        assert abs(exercise.f1.reference(found, true, tolerance) - score(found, true, tolerance).f1) < 1e-12
    for case in exercise.stranger.cases():
        assert exercise.stranger.reference(*case) == false_positive_rate(*case)


def test_links_are_the_packages():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 256, (6, 2), np.uint8), rng.integers(0, 256, (7, 2), np.uint8)
    d = distances(a, b)
    assert np.array_equal(exercise.links.reference(d, 5), linked(np.zeros((6, 2)), a, np.zeros((7, 2)), b, 5, 1.0))
