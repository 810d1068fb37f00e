"""The runs of chapter 22 on a tiny painted film: what is counted as right, and rows under the published names."""

import json

import numpy as np
import pytest

from visret_lab.datasets.film import read_film
from visret_lab.tables.experiments import ch22_video_local as ch22
from visret_lab.worlds.film import FilmConfig
from visret_lab.worlds.film.generate import FilmPlan, generate


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    config = FilmConfig(seconds=8, cast=3, shot=(1.0, 2.0), moves=(0.4, 0.4, 0.2, 0, 0, 0), dissolve=0, flash=0)
    plan = FilmPlan("tiny", 23, config, 6)
    film = read_film(generate(tmp_path_factory.mktemp("film"), [plan], workers=1, progress=False) / "tiny.json")
    return ch22.ground(film, watch=True)


def test_right_shot_and_right_place(one):
    film = one.film
    frames = np.array([film.shots[0, 0], film.shots[1, 0], -1])
    found = ch22.judged("m", film, np.array([0, 0, 0]), frames, frames, np.zeros(3), 100, 1.0, 7)
    assert found.right.tolist() == [True, False, False]
    assert found.place.tolist() == [True, bool(film.setups[0] == film.setups[1]), False]


def test_the_index_and_brute_force_find_what_was_photographed(one):
    made = ch22.index(one, ch22.followed(one)[0], ch22.shot_cuts(one))
    slow, fast = ch22.brute_force(one, made)[0], ch22.of_index(one, made, "tracked")[0]
    assert slow.place.mean() >= 0.8 and fast.place.mean() >= 0.8 and fast.features * 10 < slow.features
    both = ch22.of_index(one, made, "tracked", (1, 3))
    assert [a.name for a in both] == ["tracked", "tracked, 3 shots looked into"] and both[0].right.tolist() == fast.right.tolist()


def test_more_shots_looked_into_take_the_most_alike_frame(one):
    """Votes that name the wrong shot first: with one shot looked into the answer is there, with two it is where the frame is alike."""
    shots = one.film.shots
    wrong = np.where(np.arange(len(shots)) == (one.shot[0] + 1) % len(shots), 5, np.where(np.arange(len(shots)) == one.shot[0], 4, 0))
    few = one._replace(asked=one.asked[:1], frame=one.frame[:1], shot=one.shot[:1])
    first, second = ch22.answer("m", few, lambda bits: wrong, shots, 0, 0, (1, 2))
    assert shots[(one.shot[0] + 1) % len(shots), 0] <= first.frame[0] < shots[(one.shot[0] + 1) % len(shots), 1]
    assert second.right[0]


def test_cuts_are_scored_outside_dissolves(one):
    s = ch22.score_cuts(one.film, one.film.cuts)
    assert s.f1 == 1 and ch22.score_cuts(one.film, one.film.cuts + 5).right == 0


def test_rows_have_the_published_names(one):
    published = {r["row"] for r in json.loads((ch22.HOUR.parents[1] / "published" / "decks_000_002.json").read_text()) if r["table"] == ch22.LOCAL}
    made = {r["row"] for r in ch22.local_rows(ch22.some(one, 2))}
    assert published == made
    assert all({"table", "row", "metric", "value", "low", "high"} <= r.keys() for r in ch22.local_rows(ch22.some(one, 1)))


def test_the_hour_was_measured():
    record = ch22.hour()
    assert record["frames"] == 86_400 and record["peak_bytes"] > record["before_bytes"] > 0
    assert record["bytes_of_all_frames"] == 32 * record["features_of_all_frames"]
