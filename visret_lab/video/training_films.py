"""Films to learn from: painted at the sampled frames only, no file between, and kept as the vectors of their windows.

Their seeds are 10,000 and up; no film that is searched has such a seed. Between two sampled frames, a phone photographs the screen: these
photographs, and the frames that they show, are what a pair may begin with.
"""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np

from visret_lab.files import write_bytes
from visret_lab.video.frame_vectors import summed
from visret_lab.worlds.film import FilmConfig, shoot, write_script
from visret_lab.worlds.recapture import recapture

FIRST_SEED = 10_000
CONFIG = FilmConfig(seconds=50)
RATE = 3  # frames a second


class TrainingFilm(NamedTuple):
    """windows: float16 T x R x C, of the sampled frames. shots: int64 S x 2, in sampled frames. setups: int64 S, places of the camera.
    asked: float16 P x R x C, of the frames that are photographed; photos: the same of their photographs. shot_of: int64 P."""

    windows: np.ndarray
    shots: np.ndarray
    setups: np.ndarray
    asked: np.ndarray
    photos: np.ndarray
    shot_of: np.ndarray


def training_film(seed, folder, vectors, config=CONFIG):
    """Paint a film and describe it, or read it from the folder.

    Args:
        seed: FIRST_SEED or more. folder: of the files that are kept, each whole. vectors: `frame_vectors.FrameVectors`.
        config: FilmConfig.

    Returns:
        TrainingFilm.

    Raises:
        ValueError: a seed that a film to be searched may have.
    """
    if seed < FIRST_SEED:
        raise ValueError(f"Films to learn from have seeds from {FIRST_SEED} on, not {seed}: the others are searched.")
    path = Path(folder) / f"{seed}-{config.seconds:g}.npz"
    if not path.is_file():
        content = io.BytesIO()
        np.savez(content, **_made(seed, vectors, config)._asdict())
        write_bytes(path, content.getvalue())
    with np.load(path, allow_pickle=False) as kept:
        return TrainingFilm(**{name: kept[name] for name in TrainingFilm._fields})


def _made(seed, vectors, config):
    script = write_script(seed, config)
    half = config.fps // (2 * RATE)
    images = dict(shoot(script, range(0, script.frames, half)))
    sampled, between = list(images)[::2], list(images)[1::2]
    firsts = np.array([shot.first for shot in script.shots])
    rows = np.searchsorted(sampled, [*firsts, script.frames])
    photos = [recapture(images[t], np.random.default_rng([seed, 47, t]))[0] for t in between]
    windows, asked, shown = (vectors.windows(some).astype(np.float16) for some in
                             ((images[t] for t in sampled), (images[t] for t in between), photos))
    return TrainingFilm(windows, np.stack([rows[:-1], rows[1:]], axis=1), np.array([shot.setup for shot in script.shots]), asked, shown,
                        np.searchsorted(firsts, between, side="right") - 1)


class Lessons(NamedTuple):
    """What is learnt from, or tested on. shots: list of float32 T_i x D. film_of: int64 S. setups: int64 S, places of the camera, numbered
    through all films. pictures: float32 P x D, of frames and photographs. shot_of: int64 P."""

    shots: list
    film_of: np.ndarray
    setups: np.ndarray
    pictures: np.ndarray
    shot_of: np.ndarray


def lessons(films, pca, photos=True, frames=True):
    """Films as vectors.

    Args:
        films: list of TrainingFilm. pca: fitted, of the windows. photos: whether photographs of the screen are among the pictures.
        frames: whether the frames themselves are.

    Returns:
        Lessons.

    Raises:
        ValueError: neither photographs nor frames.
    """
    if not (photos or frames):
        raise ValueError("Something must be asked with: photographs, frames, or both.")
    shots, film_of, setups, pictures, shot_of = [], [], [], [], []
    for number, film in enumerate(films):
        x = summed(film.windows, pca)
        some = [summed(part, pca) for part, wanted in ((film.photos, photos), (film.asked, frames)) if wanted]
        pictures += some
        shot_of += [film.shot_of + len(shots)] * len(some)
        setups.append(film.setups + sum(len(s) for s in setups))  # at most one place a shot, so the numbers stay apart
        shots += [x[first:last] for first, last in film.shots]
        film_of += [number] * len(film.shots)
    return Lessons(shots, np.array(film_of), np.concatenate(setups), np.concatenate(pictures), np.concatenate(shot_of))
