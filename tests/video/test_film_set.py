"""Frames of a film as a data set: right pictures, decoded once, and known to the cache by what the files hold."""

import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from tests.video.films import Reader, shot
from tests.video.test_frame_vectors import backbone
from visret_lab.features.extract import extract_local
from visret_lab.features.local import SIFT
from visret_lab.video.film_set import FilmSet
from visret_lab.video.frame_vectors import FrameVectors, kept_vectors

FRAMES = [*shot(1, 6), *shot(2, 6)]
NUMBERS = [1, 4, 7, 10]


@pytest.fixture
def film(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path / "cache"))
    (tmp_path / "film.mp4").write_bytes(b"the film")
    opened, queries = [], []
    for frame, number in ((2, 0), (9, 1)):
        file = tmp_path / f"{frame}.png"
        cv2.imwrite(str(file), FRAMES[frame][..., ::-1])
        queries.append(SimpleNamespace(file=file, frame=frame, shot=number))

    def reader():
        opened.append(1)
        time.sleep(0.05)  # long enough for others to ask meanwhile
        return Reader(FRAMES)

    return SimpleNamespace(name="small", path=tmp_path / "film.mp4", licence="CC0-1.0", shots=np.array([[0, 6], [6, 12]]), queries=queries,
                           reader=reader, photo=lambda q: cv2.imread(str(q.file))[..., ::-1], opened=opened)


def test_pictures_and_answers(film):
    some = FilmSet(film, NUMBERS)
    assert some.ids == ["1", "4", "7", "10"] and not film.opened  # nothing is decoded before it is asked for
    for name in some.ids:
        assert np.array_equal(some.image(name), FRAMES[int(name)])
    assert np.array_equal(some.query_image(some.queries[1]), FRAMES[9])
    assert [some.relevant(q, "shots").positive.tolist() for q in some.queries] == [[0, 1], [2, 3]]
    assert len(FilmSet(film, NUMBERS, film.queries[1:]).queries) == 1
    with pytest.raises(KeyError):
        some.image("2")


def test_a_film_is_decoded_once_whoever_asks(film):
    some = FilmSet(film, NUMBERS)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(some.image, some.ids * 20))
    assert len(film.opened) == 1


def test_another_file_or_photograph_is_another_set(film):
    first = FilmSet(film, NUMBERS).version
    assert FilmSet(film, NUMBERS).version == first
    film.path.write_bytes(b"another film")
    second = FilmSet(film, NUMBERS).version
    film.queries[0].file.write_bytes(b"another photograph")
    assert len({first, second, FilmSet(film, NUMBERS).version}) == 3


def test_vectors_are_those_of_the_network_and_come_from_the_cache(film):
    net = backbone()
    frames, asked = kept_vectors(FilmSet(film, NUMBERS), net, "last")
    assert np.abs(frames - FrameVectors(net, "last")(FRAMES[n] for n in NUMBERS)).max() < 1e-5
    assert np.abs(asked - FrameVectors(net, "last")([FRAMES[2], FRAMES[9]])).max() < 1e-5
    again = FilmSet(film, NUMBERS)
    assert np.array_equal(kept_vectors(again, net, "last")[0], frames) and len(film.opened) == 1
    assert kept_vectors(FilmSet(film, NUMBERS, []), net, "last")[1].shape == (0, frames.shape[1])


def test_local_features_are_kept_for_these_frames_only(film):
    first = extract_local(FilmSet(film, NUMBERS), SIFT(20))
    assert len(film.opened) == 1 and np.array_equal(extract_local(FilmSet(film, NUMBERS), SIFT(20))[1][1], first[1][1])
    assert len(film.opened) == 1
    extract_local(FilmSet(film, NUMBERS[1:]), SIFT(20))
    assert len(film.opened) == 2
