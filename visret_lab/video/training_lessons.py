"""Some painted films as vectors, small enough to come with the package: what the chapter learns from on the page."""

from pathlib import Path

import numpy as np
import torch

from visret_lab.arrays import l2_normalize
from visret_lab.deep.shipped import read_weights
from visret_lab.video.encoders.shipped import SCRIPT, WEIGHTS
from visret_lab.video.frame_vectors import summed
from visret_lab.video.training_films import Lessons

PARTS = ("frames", "asked", "photos")


def pack_lessons(films, pca):
    """Films with 8 bits a number: dict name -> tensor, to be written as safetensors.

    Args:
        films: list of TrainingFilm. pca: fitted, or a module.

    Returns:
        int8 tensors frames N x D, asked and photos P x D, in steps of `scale`; int32 shots S x 2 in rows of frames, film_of S, setups S,
        shot_of P.
    """
    frames, asked, photos = ([summed(getattr(film, name), pca) for film in films] for name in ("windows", "asked", "photos"))
    at = np.cumsum([0] + [len(x) for x in frames])
    before = np.cumsum([0] + [len(film.shots) for film in films])
    scale = max(np.abs(x).max() for part in (frames, asked, photos) for x in part) / 127
    packed = {name: torch.from_numpy(np.rint(np.concatenate(part) / scale).astype(np.int8)) for name, part in
              zip(PARTS, (frames, asked, photos), strict=True)}
    numbers = {"shots": np.concatenate([film.shots + a for film, a in zip(films, at, strict=False)]),
               "film_of": np.repeat(np.arange(len(films)), np.diff(before)),
               "setups": np.concatenate([film.setups + b for film, b in zip(films, before, strict=False)]),
               "shot_of": np.concatenate([film.shot_of + b for film, b in zip(films, before, strict=False)])}
    return packed | {name: torch.from_numpy(n.astype(np.int32)) for name, n in numbers.items()} | {"scale": torch.tensor([float(scale)])}


def load_lessons(films=slice(None), photos=True, frames=True, path=None):
    """Films to learn from, or to test on.

    Args:
        films: slice of the films; the last four were held out of the training of what comes with the package. photos, frames: as
            `training_films.lessons`. path: of the file; the package has its own.

    Returns:
        training_films.Lessons; its vectors have unit length.

    Raises:
        ValueError: neither photographs nor frames, or a damaged file. FileNotFoundError: no file.
    """
    if not (photos or frames):
        raise ValueError("Something must be asked with: photographs, frames, or both.")
    kept = read_weights(WEIGHTS / "shot_lessons.safetensors" if path is None else Path(path), "films to learn from", SCRIPT)
    x, asked, shown = (l2_normalize(kept[name].numpy() * kept["scale"].numpy()) for name in PARTS)
    shots, film_of, setups, shot_of = (kept[name].numpy().astype(np.int64) for name in ("shots", "film_of", "setups", "shot_of"))
    chosen = np.flatnonzero(np.isin(film_of, np.unique(film_of)[films]))
    place = np.full(len(shots), -1)
    place[chosen] = np.arange(len(chosen))
    here = place[shot_of] >= 0
    pictures = [part[here] for part, wanted in ((shown, photos), (asked, frames)) if wanted]
    return Lessons([x[a:b] for a, b in shots[chosen]], film_of[chosen], setups[chosen], np.concatenate(pictures),
                   np.concatenate([place[shot_of[here]]] * len(pictures)))
