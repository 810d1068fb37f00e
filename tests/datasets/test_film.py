import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.film import NAMES, load_film, load_films, read_film
from visret_lab.datasets.joined_clips import pieces
from visret_lab.film_file import write_film
from visret_lab.worlds.film import FilmConfig
from visret_lab.worlds.film.generate import FilmPlan, generate


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    plan = FilmPlan("small", 21, FilmConfig(seconds=14, size=(96, 72), cast=3, dissolve=0.5, flash=0.9), 60)
    return read_film(generate(tmp_path_factory.mktemp("film"), [plan], workers=1, progress=False) / "small.json")


def test_shots_cuts_and_dissolves_agree(film):
    assert film.frames == 14 * 24 == len(film.reader()) and film.shots[0, 0] == 0 and film.shots[-1, 1] == film.frames
    inside = {int(b) for b in film.shots[1:, 0] if any(a <= b <= z + 1 for a, z in film.dissolves)}
    assert len(film.cuts) + len(film.dissolves) == len(film.shots) - 1 and not inside & set(film.cuts.tolist())
    for number, (first, last) in enumerate(film.shots):
        assert film.shot_of(first) == film.shot_of(last - 1) == number
    with pytest.raises(IndexError, match="336"):
        film.shot_of(film.frames)


def test_scenes_are_runs_of_shots(film):
    assert film.scenes[0, 0] == 0 and film.scenes[-1, 1] == len(film.shots) and (film.scenes[1:, 0] == film.scenes[:-1, 1]).all()


def test_photographs_show_their_frames(film):
    reader = film.reader()
    apart = np.concatenate([film.dissolves, film.flashes])
    assert len(film.flashes) and len(film.dissolves)
    alike = []
    for query in film.queries:
        assert film.shot_of(query.frame) == query.shot
        assert not ((apart[:, 0] <= query.frame) & (query.frame <= apart[:, 1])).any()
        frame, photo = reader.frame(query.frame), film.photo(query)
        back = cv2.warpPerspective(photo, np.linalg.inv(query.homography), frame.shape[1::-1])
        inner = (slice(12, -12), slice(16, -16))
        a, b = (cv2.GaussianBlur(x.astype(np.float32), (0, 0), 2).mean(axis=2)[inner].ravel() for x in (back, frame))
        alike.append(np.corrcoef(a, b)[0, 1])
    assert np.mean(np.array(alike) > 0.6) > 0.9  # a lamp in the glass may hide one


def test_what_is_worn_has_names(film):
    assert {row[1] for row in film.worn} <= {item.number for item in film.items} and all(item.slot in item.name for item in film.items)
    assert (film.worn[:, 4] > film.worn[:, 2]).all() and film.worn[:, 0].max() < film.frames


def test_a_broken_truth_is_named(film, tmp_path):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(DataError, match="missing or broken"):
        read_film(tmp_path / "x.json")


def test_names_are_checked():
    with pytest.raises(DataError, match="There are: feature, items"):
        load_film("casablanca")
    with pytest.raises(DataError, match="there are: unseen"):
        load_films("seen")
    assert NAMES[:2] == ("feature", "items")


def test_pieces_are_dealt_so_that_neighbours_are_of_other_clips():
    order = pieces([50, 37, 60], [25, 25, 25])
    assert sum(b - a for _, a, b in order) == 147
    assert [clip for clip, *_ in order] == [0, 1, 2, 0, 2] and order[-1] == (2, 25, 60) and order[1] == (1, 0, 37)
    assert pieces([1], [25]) == [(0, 0, 1)] and [c for c, *_ in pieces([75, 50], [25, 25])] == [0, 1, 0, 1, 0]


def clips(folder):
    for number, (size, color) in enumerate(zip(((64, 96), (96, 64), (80, 80)), ((200, 40, 40), (40, 200, 40), (40, 40, 200)), strict=True)):
        rng = np.random.default_rng(number)
        frames = [np.clip(np.full((*size, 3), color) + rng.integers(-20, 20, (*size, 1)), 0, 255).astype(np.uint8) for _ in range(30)]
        write_film(folder / f"clip{number}.mp4", frames, fps=25)


def test_clips_are_joined_with_known_cuts(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path / "cache"))
    (tmp_path / "clips").mkdir()
    clips(tmp_path / "clips")
    film = load_film("feature", root=tmp_path / "clips")
    assert film.shots[:, 0].tolist() == [0, 30, 60] and film.cuts.tolist() == [30, 60] and film.frames == 90
    reader = film.reader()
    assert [int(reader.frame(t)[100, 100].argmax()) for t in (29, 30, 59, 60)] == [0, 1, 1, 2]
    assert len(film.queries) == 6 and reader.size == (448, 336) and load_films("unseen", root=tmp_path / "clips")[0].frames == 90


def test_folders_that_cannot_be_joined(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path / "cache"))
    with pytest.raises(DataError, match="has 0 video files"):
        load_film(root=tmp_path / "nowhere")
    (tmp_path / "clips").mkdir()
    clips(tmp_path / "clips")
    (tmp_path / "clips" / "clip1.mp4").write_text("no film")
    with pytest.raises(DataError, match=r"clip1\.mp4 cannot be opened"):
        load_film(root=tmp_path / "clips")


def test_without_a_folder_the_campus_tier_says_which_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    for variable in ("VISRET_ROOT_FILM", "VISRET_MIRROR", "VISRET_ROOT_VIDEO_CCBY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(DataError, match="VISRET_ROOT_FILM"):
        load_film(tier="campus")


def test_a_changed_truth_is_another_film(film):
    truth = json.loads(film.path.with_suffix(".json").read_text())
    assert truth["frames"] == film.frames and replace(film, name="x").name == "x"
