import numpy as np
import pytest
import torch
from safetensors.torch import save

from visret_lab.compact.pca import PCA
from visret_lab.deep.backbones import Backbone
from visret_lab.video.frame_vectors import FrameVectors, summed
from visret_lab.video.training_films import lessons, training_film
from visret_lab.video.training_lessons import load_lessons, pack_lessons
from visret_lab.worlds.film import FilmConfig, shoot, write_script

CONFIG = FilmConfig(seconds=5, size=(64, 48), shot=(0.7, 1.2), scene=(2, 3), cast=2)


def vectors():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 6, 3, stride=8), torch.nn.ReLU())
    return FrameVectors(Backbone("tiny", network, {"last": "1"}, (118.0,) * 3, (64.0,) * 3), "last")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return training_film(10_000, tmp_path_factory.mktemp("films"), vectors(), CONFIG)


def test_the_shots_are_those_of_the_script(film):
    script = write_script(10_000, CONFIG)
    assert len(film.shots) == len(script.shots) > 2 and film.shots[0, 0] == 0 and film.shots[-1, 1] == len(film.windows) == 15
    for (first, last), shot in zip(film.shots, script.shots, strict=True):
        assert all(shot.first <= 8 * row < shot.last for row in range(first, last)) and last > first
    between = np.arange(4, script.frames, 8)
    assert [script.shots[i].first <= t < script.shots[i].last for i, t in zip(film.shot_of, between, strict=True)] == [True] * len(between)


def test_the_windows_are_those_of_the_sampled_frames_and_photographs_differ(film):
    script = write_script(10_000, CONFIG)
    want = vectors().windows(image for _, image in shoot(script, range(0, script.frames, 8)))
    assert np.abs(film.windows - want).max() < 0.01
    own = (summed(film.asked) * summed(film.photos)).sum(axis=1)
    assert (own < 0.9999).all() and (film.asked != film.photos).any()


def test_a_film_is_painted_once(tmp_path, film, monkeypatch):
    again = training_film(10_000, tmp_path, vectors(), CONFIG)
    assert all(np.array_equal(a, b) for a, b in zip(again, film, strict=True))
    monkeypatch.setattr("visret_lab.video.training_films._made", None)
    assert np.array_equal(training_film(10_000, tmp_path, None, CONFIG).photos, film.photos)


def test_no_film_that_is_searched_is_learnt_from(tmp_path):
    with pytest.raises(ValueError, match="from 10000 on, not 11"):
        training_film(11, tmp_path, None, CONFIG)


def test_lessons_number_the_shots_through(film):
    pca = PCA(4, power=0.5, l2_before=True).fit(film.windows.reshape(-1, 6).astype(np.float32))
    found = lessons([film, film], pca)
    count = len(film.shots)
    assert len(found.shots) == 2 * count and [len(s) for s in found.shots[:count]] == np.diff(film.shots, axis=1)[:, 0].tolist()
    assert found.film_of.tolist() == [0] * count + [1] * count and len(found.pictures) == len(found.shot_of) == 4 * len(film.photos)
    assert found.shot_of[: 2 * len(film.photos)].max() == count - 1 and found.shot_of.max() == 2 * count - 1
    assert not set(found.setups[:count]) & set(found.setups[count:])
    assert np.allclose(found.shots[0], summed(film.windows, pca)[: len(found.shots[0])], atol=1e-6)
    assert np.allclose(lessons([film], pca, frames=False).pictures, summed(film.photos, pca), atol=1e-6)
    with pytest.raises(ValueError, match="photographs, frames, or both"):
        lessons([film], pca, photos=False, frames=False)


def test_films_go_into_eight_bits_and_come_back(film, tmp_path):
    pca = PCA(4, power=0.5, l2_before=True).fit(film.windows.reshape(-1, 6).astype(np.float32))
    path = tmp_path / "lessons.safetensors"
    path.write_bytes(save(pack_lessons([film, film, film], pca)))
    want, found = lessons([film, film], pca), load_lessons(slice(-2, None), path=path)
    assert np.array_equal(found.shot_of, np.concatenate([want.shot_of[np.r_[:15, 30:45]], want.shot_of[np.r_[:15, 30:45]]]))
    assert [len(s) for s in found.shots] == [len(s) for s in want.shots] and len(set(found.film_of)) == 2
    assert np.abs(np.concatenate(found.shots) - np.concatenate(want.shots)).max() < 0.02
    assert np.abs(load_lessons(slice(0, 1), frames=False, path=path).pictures - lessons([film], pca, frames=False).pictures).max() < 0.02
    with pytest.raises(ValueError, match="frames, or both"):
        load_lessons(photos=False, frames=False, path=path)
    with pytest.raises(FileNotFoundError, match="train_video_encoders"):
        load_lessons(path=tmp_path / "none.safetensors")
