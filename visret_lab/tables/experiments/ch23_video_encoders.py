"""The run of chapter 23: one vector a shot, by pooling or by an encoder; a photograph of a screen asks for the scene and for the shot.

Ours stand under the published names of the rows (Garcia and Vogiatzis, BMVC 2018). What differs: R-MAC of MiniVGG with 160 numbers,
encoders that learnt from painted films, and scenes of some seconds where the paper has videos of minutes. As in the paper, "max pooling"
and "sum pooling" make one vector of a whole video; "of shots" is ours, and the fairer rival of an encoder that also reads shots.
"""

import json
import time
from functools import partial
from typing import NamedTuple

import numpy as np

from visret_lab.arrays import rank
from visret_lab.datasets.film import load_films
from visret_lab.deep.backbones import minivgg
from visret_lab.evaluation import Result, average_precision
from visret_lab.protocols import Query, Relevance
from visret_lab.video.encoders.shipped import LAYER, WEIGHTS, load_encoder, load_whitening
from visret_lab.video.film_set import FilmSet
from visret_lab.video.frame_vectors import FrameVectors, kept_vectors
from visret_lab.video.pooled import pooled
from visret_lab.video.sampling import at_rate, evenly
from visret_lab.video.shots.by_vectors import ABOVE, by_vectors, random_shots

TABLE = "video-encoders"
RATE = 3.0
KINDS = {"LSTM": "lstm", "GRU": "gru", "attention": "attention"}
CONTROL = {"mean, projected": "mean"}  # ours: both projections learnt, a plain mean over time
POOLINGS = {"max pooling": "max", "sum pooling": "sum"}


class Ground(NamedTuple):
    """What is searched, and what is asked.

    Attributes:
        name: of the films together. vectors: float32 N x D, of the sampled frames of all films, one after the other.
        setups: int64 N, the place of the camera, numbered through all films. images: function n -> uint8 H x W x 3, the n-th frame.
        scenes: int64 C x 2, first and last + 1 row of each scene. shots: int64 S x 2, the true shots, the same way.
        asked: float32 Q x D. row: int64 Q, the sampled frame of the same shot that stood on the screen.
        photo: function q -> uint8 H x W x 3.
        frames: that the films have.
    """

    name: str
    vectors: np.ndarray
    setups: np.ndarray
    images: object
    scenes: np.ndarray
    shots: np.ndarray
    asked: np.ndarray
    row: np.ndarray
    photo: object
    frames: int


def describer():
    """R-MAC of MiniVGG with the PCA that every row of the table shares: FrameVectors."""
    return FrameVectors(minivgg(), LAYER, load_whitening())


def seconds_to_read(film, describe, rate=RATE):
    """Decode a film and describe its sampled frames, now: (number of sampled frames, seconds). Args: describe: FrameVectors."""
    start, reader = time.perf_counter(), film.reader()
    return len(describe(image for _, image in reader.frames(at_rate(reader.times, rate)))), time.perf_counter() - start


def ground(films, describe=None, rate=RATE):
    """Sample and describe films and photographs.

    Args:
        films: list of Film. describe: FilmSet -> (float32 N x D of its frames, float32 Q x D of its photographs); None takes R-MAC as
            `describer`, kept in the cache.

    Returns:
        Ground.
    """
    describe = describe or partial(kept_vectors, backbone=minivgg(), layer=LAYER, pca=load_whitening())
    parts = {name: [] for name in ("vectors", "asked", "setups", "scenes", "shots", "row")}
    places, at = [], 0
    for film in films:
        reader = film.reader()
        numbers = at_rate(reader.times, rate)
        for name, rows in zip(("vectors", "asked"), describe(FilmSet(film, numbers)), strict=True):
            parts[name].append(rows)
        own = np.searchsorted(film.shots[:, 0], numbers, side="right") - 1
        parts["setups"].append(film.setups[own] + 1000 * len(parts["setups"]))
        edges = np.searchsorted(numbers, [*film.shots[:, 0], film.frames])
        shots = np.stack([edges[:-1], edges[1:]], axis=1) + at
        parts["shots"].append(shots[shots[:, 1] > shots[:, 0]])
        scenes = np.stack([edges[film.scenes[:, 0]], edges[film.scenes[:, 1]]], axis=1) + at
        parts["scenes"].append(scenes[scenes[:, 1] > scenes[:, 0]])
        parts["row"].append(_rows_of_queries(film, numbers, edges) + at)
        places += [(reader, int(n)) for n in numbers]
        at += len(numbers)
    queries = [(film, query) for film in films for query in film.queries]
    joined = {name: np.concatenate(part) for name, part in parts.items()}
    return Ground(films[0].name.rsplit("-", 1)[0], joined["vectors"], joined["setups"], lambda n: places[n][0].frame(places[n][1]),
                  joined["scenes"], joined["shots"], joined["asked"], joined["row"], lambda q: queries[q][0].photo(queries[q][1]),
                  sum(film.frames for film in films))


def _rows_of_queries(film, numbers, edges):
    """The sampled frame that was on the screen; behind a cut, before the new shot was sampled, the first of the new shot."""
    shown = np.searchsorted(numbers, [query.frame for query in film.queries], side="right") - 1
    own = np.array([query.shot for query in film.queries])
    return np.clip(shown, edges[own], edges[own + 1] - 1)


def cut(one, how="detected", above=ABOVE, seed=0):
    """The shots of every scene: int64 S x 2, in rows; no shot crosses the border of a scene, since a scene stands for a video.

    Args:
        one: Ground. how: "detected", "random" (as many as detected, anywhere), "none" (each scene is one) or "every frame".
    """
    rng, found = np.random.default_rng([seed, 23]), []
    for first, last in one.scenes:
        detected = by_vectors(one.vectors[first:last], above)
        here = {"detected": lambda d=detected: d, "random": lambda d=detected, n=last - first: random_shots(n, len(d), rng),
                "none": lambda n=last - first: np.array([[0, n]]),
                "every frame": lambda n=last - first: np.stack([np.arange(n), np.arange(n) + 1], axis=1)}[how]()
        found.append(here + first)
    return np.concatenate(found)


def frames_of(one, shots, limit):
    """Vectors of each shot's frames, at most `limit` of them, evenly spread: list of float32 T x D."""
    return [one.vectors[first:last][evenly(last - first, limit)] for first, last in shots]


def compared(one, shots, method):
    """Similarities of all photographs with all shots: float32 Q x S.

    Args:
        shots: int S x 2. method: "max", "mean" or "sum", or a ShotEncoder.
    """
    if isinstance(method, str):
        return one.asked @ pooled(one.vectors, shots, method).T
    return method.encode_photos(one.asked) @ method.encode(frames_of(one, shots, method.limit)).T


def best_of(similar, shots, groups):
    """A video's score is that of its best shot: float Q x S, shots S x 2, groups int C x 2 in rows -> float32 Q x C."""
    return np.stack([similar[:, (shots[:, 0] < last) & (shots[:, 1] > first)].max(axis=1) for first, last in groups], axis=1)


def scene_truth(one):
    """For each photograph the scene that it shows: list of Relevance."""
    return [Relevance(np.flatnonzero((one.scenes[:, 0] <= row) & (row < one.scenes[:, 1])), np.zeros(0, np.int64)) for row in one.row]


def shot_truth(one, shots):
    """For each photograph the shot that holds its frame; other shots with frames from the same place of the camera are junk: they show the
    same. List of Relevance."""
    kept = [set(one.setups[first:last].tolist()) for first, last in shots]
    own = {}
    for row in np.unique(one.row):
        right = np.flatnonzero((shots[:, 0] <= row) & (row < shots[:, 1]))
        alike = [i for i, places in enumerate(kept) if int(one.setups[row]) in places and i not in right]
        own[row] = Relevance(right, np.array(alike, np.int64))
    return [own[row] for row in one.row]


def hits(similar, truth):
    """1 where the first result that is not junk is right: float64 Q."""
    return np.array([row[~np.isin(row, t.junk)][0] in t.positive for row, t in zip(rank(similar), truth, strict=True)], float)


def judged(name, similar, shots, one, bytes_kept, seed=0):
    """Three results of one method: dict "mAP, scenes", "R@1, scenes", "R@1, shots" -> Result. bytes_kept: of the whole database."""
    scenes, truth = best_of(similar, shots, one.scenes), scene_truth(one)
    per_scene = bytes_kept / len(one.scenes)
    true = cut(one)
    return {"mAP, scenes": Result(name, average_precision(rank(scenes), truth), f"{one.name} films", "scenes", per_scene, seed=seed),
            "R@1, scenes": Result(name, hits(scenes, truth), one.name, "scenes", per_scene, seed=seed),
            "R@1, shots": Result(name, hits(best_of(similar, shots, true), shot_truth(one, true)), one.name, "shots", per_scene, seed=seed)}


def methods(kinds=None):
    """Rows of the table: dict name -> (how the scenes are cut, what makes a vector). kinds: dict name -> kind; None for all."""
    kinds = {**CONTROL, **KINDS} if kinds is None else kinds
    return {"R-MAC, every frame": ("every frame", "mean"), **{name: ("none", how) for name, how in POOLINGS.items()},
            **{f"{name} of shots": ("detected", how) for name, how in POOLINGS.items()},
            **{name: ("detected", load_encoder(kind)) for name, kind in kinds.items()}}


def results(one, rows=None, seed=0):
    """All methods on one ground: dict name -> dict measure -> Result. rows: as `methods` gives them."""
    found = {}
    for name, (how, method) in (rows or methods()).items():
        shots = cut(one, how, seed=seed)
        similar = compared(one, shots, method)
        width = one.vectors.shape[1] if isinstance(method, str) else method.shot.out_features
        found[name] = judged(name, similar, shots, one, 4 * width * len(shots), seed)
    return found


def by_group(gain, one, level=0.95, repeats=2000, seed=0):
    """Interval of a mean gain when whole scenes are drawn, since the photographs of one scene succeed or fail together.

    Args:
        gain: float Q. one: Ground.

    Returns:
        (low, high).
    """
    scene = np.searchsorted(one.scenes[:, 0], one.row, side="right") - 1
    sums, counts = np.bincount(scene, gain, len(one.scenes)), np.bincount(scene, minlength=len(one.scenes))
    asked = np.flatnonzero(counts)
    drawn = np.random.default_rng(seed).choice(asked, (repeats, len(asked)))
    tail = (1 - level) / 2
    return tuple(float(v) for v in np.quantile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), [tail, 1 - tail]))


def card(name):
    """The card of something that comes with the package, such as "shot_pca": dict."""
    return json.loads((WEIGHTS / f"{name}.json").read_text())


class ShotSet:
    """Shots as a data set for the rank explorer: a shot is shown by its middle frame, a query is a photograph.

    Args:
        one: Ground. shots: int S x 2.
    """

    tier, version, licence, protocols, default_protocol = "", "1.0", "", ("shots",), "shots"

    def __init__(self, one, shots):
        self.one, self.shots, self.name = one, shots, f"{one.name} films"
        self.ids = [f"shot {i}" for i in range(len(shots))]
        self.queries = [Query(f"photograph {q}", f"shot {t.positive[0]}", None, f"shot {t.positive[0]}")
                        for q, t in enumerate(shot_truth(one, shots))]
        self._truth = {query.id: t for query, t in zip(self.queries, shot_truth(one, shots), strict=True)}

    def image(self, image_id):
        """The middle frame of a shot."""
        first, last = self.shots[self.ids.index(image_id)]
        return self.one.images(int(first + last) // 2)

    def query_image(self, query):
        """The photograph."""
        return self.one.photo(int(query.id.split()[1]))

    def relevant(self, query, protocol):
        """As `shot_truth`."""
        return self._truth[query.id]


def rows_of(found, one, table=TABLE, word=""):
    """Rows of a table from `results`. word: behind the name of the measure."""
    return [{"table": table, "row": name, "metric": f"{measure}, {one.name} films{word}", "value": r.mean, "low": r.interval[0],
             "high": r.interval[1], "queries": len(one.row), "images": len(one.scenes), "version": "1.0",
             "bytes_per_image": r.bytes_per_image, "ms_per_query": None} for name, some in found.items() for measure, r in some.items()]


def run(tier, seed=0):
    """Rows of the table. In the other tiers the same encoders read real clips; there a scene is a round of all clips."""
    one = ground(load_films("unseen", tier=tier))
    return rows_of(results(one, seed=seed), one)
