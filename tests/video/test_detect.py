from dataclasses import replace

import numpy as np
import pytest

from tests.video.films import picture, shot
from visret_lab.video.shots import detect
from visret_lab.video.shots.thresholds import gradual
from visret_lab.video.tracks import Tracker

MEASURES = {"histogram": detect.by_histogram(), "edges": detect.by_edges(), "tracks": detect.by_tracks(),
            "vector": detect.by_vector(lambda image: image[::20, ::20].ravel() - 128.0)}


def film(*parts):
    return list(enumerate(image for part in parts for image in part))


CUTS = film(shot(0, 30), shot(1, 25), shot(2, 30))
SEEN = detect.signals(CUTS, MEASURES)


@pytest.mark.parametrize("name", MEASURES)
def test_every_measure_finds_the_cuts(name):
    near = SEEN[name].near
    low, high = np.sort(near)[[-3, -2]]
    between = replace(MEASURES[name], cut=(low + high) / 2)
    assert high > 1.5 * low and detect.hard_cuts(SEEN[name], between, "fixed").tolist() == [30, 55]
    assert detect.hard_cuts(SEEN[name], replace(between, cut=2.0), "fixed").tolist() == []


def test_the_adaptive_rule_needs_no_threshold_of_its_own():
    assert detect.hard_cuts(SEEN["histogram"], MEASURES["histogram"]).tolist() == [30, 55]


def test_near_and_far_are_distances_of_frames():
    measure, signal = MEASURES["histogram"], SEEN["histogram"]
    of = [measure.describe(image) for _, image in CUTS]
    assert np.allclose(signal.near, [measure.distance(a, b) for a, b in zip(of, of[1:], strict=False)])
    assert np.allclose(signal.far, [measure.distance(a, b) for a, b in zip(of, of[detect.LAG:], strict=False)])


def test_together_is_the_mean_in_units_of_the_thresholds():
    two = {name: MEASURES[name] for name in ("histogram", "edges")}
    signal = detect.together({name: SEEN[name] for name in two}, two)
    want = [np.mean([min(SEEN[n].near[t] / m.cut, 3) for n, m in two.items()]) for t in (5, 29, 40)]
    assert signal.near[[5, 29, 40]] == pytest.approx(want) and len(signal.far) == len(SEEN["edges"].far)
    assert detect.hard_cuts(signal, detect.TOGETHER, "fixed").tolist() == [30, 55]


def test_a_whipped_camera_is_no_cut():
    frames = film(shot(2, 20, 0), [picture(2, 12 * t) for t in range(1, 6)], [picture(2, 60)] * 20, shot(1, 20, 0))
    measure = replace(MEASURES["tracks"], cut=0.3)
    signal = detect.signals(frames, {"tracks": measure})["tracks"]
    rough = detect.Signal(np.where((signal.near > 0.1) & (signal.near < 0.9), 0.8, signal.near), signal.far, signal.lag)
    assert detect.alone(rough, np.array([22, 45])).tolist() == [False, True]


def flash(frames, first, length):
    return [np.minimum(image.astype(int) + 110, 255).astype(np.uint8) if first <= t < first + length else image
            for t, image in enumerate(frames)]


def test_a_flash_is_no_cut():
    frames = film(flash(shot(3, 40), 15, 3), shot(4, 30))
    signal = detect.signals(frames, MEASURES)["histogram"]
    assert {15, 18} <= set(detect.hard_cuts(signal, MEASURES["histogram"], "fixed", sure=False).tolist())
    assert detect.hard_cuts(signal, MEASURES["histogram"], "fixed").tolist() == [40]


def test_the_far_look_alone_tells_a_flash():
    signal = detect.signals(film(flash(shot(3, 40), 15, 3), shot(4, 30)), {"h": MEASURES["histogram"]})["h"]
    assert detect.lasting(signal, np.array([15, 18, 40])).tolist() == [False, False, True]


def test_a_dissolve_is_found_by_its_ends():
    a, b = list(shot(5, 60, 0)), list(shot(6, 60, 0))
    mixed = [((1 - w) * x + w * y).astype(np.uint8) for w, x, y in zip(np.linspace(0, 1, 16)[1:-1], a, b, strict=False)]
    frames = film(a[:30], mixed, b[:30])
    measure = detect.Measure(lambda image: image.astype(np.float32), lambda x, y: float(np.abs(x - y).mean() / 255), 0.3, 0.008, 0.08)
    signal = detect.signals(frames, {"pixels": measure})["pixels"]
    (first, last), = detect.gradual_changes(signal, measure)
    assert 28 <= first <= 31 and 42 <= last <= 45
    assert detect.boundaries(signal, measure).tolist() == [(first + last + 1) // 2]
    direct = gradual(signal.near, lambda i, j: measure.distance(*(measure.describe(frames[t][1]) for t in (i, j))), 0.008, 0.08)
    assert np.array_equal(direct, [[first, last]])


def test_the_share_of_lost_points_is_the_trackers():
    tracker, brief = Tracker(), detect.BRIEF(300)
    for _, image in CUTS:
        tracker.add(*brief.detect(image), image.shape[1])
    assert tracker.cuts == [30, 55] and np.flatnonzero(SEEN["tracks"].near == 1).tolist() == [29, 54]


@pytest.mark.parametrize("name", MEASURES)
def test_black_and_constant_films_have_no_boundary(name):
    for level in (0, 200):
        frames = film(np.full((20, 60, 80, 3), level, np.uint8))
        signal = detect.signals(frames, {name: MEASURES[name]})[name]
        assert detect.boundaries(signal, MEASURES[name]).tolist() == []


def test_one_frame_and_short_films():
    signal = detect.signals(CUTS[:1], MEASURES)["histogram"]
    assert len(signal.near) == 0 and detect.boundaries(signal, MEASURES["histogram"]).tolist() == []
    short = detect.signals(film(shot(0, 3), shot(1, 3)), MEASURES)["histogram"]
    assert detect.hard_cuts(short, MEASURES["histogram"], "fixed").tolist() == [3]


def test_spans():
    assert detect.spans([5, 9], 12).tolist() == [[0, 5], [5, 9], [9, 12]] and detect.spans([], 3).tolist() == [[0, 3]]


def test_cosine_distance():
    assert detect.cosine_distance([1, 0], [0, 2]) == 1 and detect.cosine_distance([0, 0], [0, 0]) == 0
    assert detect.cosine_distance([0, 0], [1, 0]) == 1 and detect.cosine_distance([1, 1], [2, 2]) == pytest.approx(0)
    assert detect.points_lost((np.zeros((0, 2)), np.zeros((0, 32), np.uint8), 80), (np.zeros((1, 2)), np.zeros((1, 32), np.uint8), 80)) == 1


@pytest.mark.parametrize(("call", "says"), [
    (lambda: detect.signals([], MEASURES), "no frame"), (lambda: detect.signals(CUTS, MEASURES, 1), "lag"),
    (lambda: detect.signals(CUTS, {}), "measure"),
    (lambda: detect.hard_cuts(SEEN["edges"], MEASURES["edges"], "best"), "fixed"), (lambda: detect.spans([12], 12), "last frame"),
    (lambda: detect.spans([0], 12), "between 1"), (lambda: detect.spans([], 0), "0 frames"),
    (lambda: detect.signals([(0, picture(0)), (1, picture(0, size=(80, 60)))], {"edges": MEASURES["edges"]}), "one size")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
