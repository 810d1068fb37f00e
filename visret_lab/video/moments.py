"""The index of films by tracked binary features: a photograph goes in, the shot and the frame come out.

Garcia and Vogiatzis, "Dress like a star: retrieving fashion products from videos", ICCV workshops 2017; Garcia, "Temporal aggregation of
visual features for large-scale image-to-video retrieval", ICMR 2018. A film is read once, frame by frame. Points are followed (`Tracker`);
each track that lasts leaves one key feature, 32 bytes, with the number of its shot. A photograph asks by its own BRIEF features: each votes
for the shots of its nearest key features. The shot with most votes wins, and its frames are compared with the photograph one by one.

Kept are the key features, the frames that each lived through, the shots, and a tree. The frames' own descriptors are not: to find the
frame, the shot is read from the film's file again.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from visret_lab.features.brief import BRIEF, offsets
from visret_lab.files import replacing
from visret_lab.search.binary_tree import BACKTRACKS, LEAF, BinaryTree
from visret_lab.search.nearest_bits import nearest_in
from visret_lab.video.key_features import key_feature
from visret_lab.video.tracks import DISTANCE, LEAST, Tracker, as_words, word_distances

FORMAT = 1  # of the file


class Shot(NamedTuple):
    """A shot that was found: its number, the name of its film, its frames first to end - 1, and the votes for it."""

    number: int
    film: str
    first: int
    end: int
    votes: int


class Answer(NamedTuple):
    """What a photograph found: shots, best first (list of Shot); features: of the photograph. words: why the list is empty, or ''."""

    shots: list
    features: int
    words: str


class FilmIndex:
    """Films, searched by photographs.

    Args:
        max_points: BRIEF features of a frame and of a photograph. distance, moved, least: of `Tracker`.
        leaf, backtracks: of `BinaryTree`. vote: function uint8 T x 32 -> uint8 32, the key feature of a track.

    Attributes:
        films: list of str. shots: int64 S x 3, (film, first frame, last frame + 1). spans: int64 K x 3 of the key features,
            (shot, first frame, last frame + 1). codes: uint64 K x 4. frames: how many were read.
    """

    def __init__(self, max_points=300, distance=DISTANCE, moved=None, least=LEAST, leaf=LEAF, backtracks=BACKTRACKS,
                 vote=key_feature):
        Tracker(distance, moved, least)  # says what is wrong with them before a film is read
        self.brief, self.vote = BRIEF(max_points), vote
        self.distance, self.moved, self.least = distance, moved, least
        self.films, self.frames = [], 0
        self.shots, self.spans = np.zeros((0, 3), np.int64), np.zeros((0, 3), np.int64)
        self._tree = BinaryTree(256, leaf, backtracks)

    @property
    def codes(self):
        """Key features, uint64 K x 4."""
        return self._tree.codes

    @property
    def backtracks(self):
        """Sides of the tree that a query goes into; may be set at any time."""
        return self._tree.backtracks

    @backtracks.setter
    def backtracks(self, count):
        if count < 0:
            raise ValueError(f"backtracks must be at least 0, not {count}.")
        self._tree.backtracks = count

    @property
    def nbytes(self):
        """Bytes of what is kept: key features, tree, and per key feature and shot three numbers."""
        return self._tree.nbytes + self.spans.nbytes + self.shots.nbytes

    def add_film(self, reader, name=None, cuts=None):
        """Read a film once and index it. Memory holds one frame, the tracks that are alive, and the key features.

        Args:
            reader: FilmReader, or anything with `frames()` that yields (number, uint8 H x W x 3). name: None: that of its file.
            cuts: as `add_described`.

        Returns:
            self. Where reading fails, the index is what it was before.

        Raises:
            ValueError: as `add_described`; FilmError: the file cannot be read.
        """
        name = str(name if name is not None else Path(reader.path).name)
        return self.add_described(((*self.brief.detect(image), image.shape[1]) for _, image in reader.frames()), name, cuts)

    def add_described(self, frames, name, cuts=None):
        """Index a film whose features are at hand.

        Args:
            frames: iterable of (points N x 2 or more, bits uint8 N x 32, width of the frame). name: of the film. cuts: int, first frames of
                the shots behind the first, as a detector found them; None: a shot ends where the tracks do (the paper's rule).

        Returns:
            self.

        Raises:
            ValueError: no frame, one frame, a film of this name is there already, or cuts that lie outside the film.
        """
        self._require_new(name)
        tracker, keys, spans = Tracker(self.distance, self.moved, self.least), [], []

        def keep(tracks):
            keys.extend(self.vote(t.bits) for t in tracks)
            spans.extend((t.first, t.last + 1) for t in tracks)

        for points, bits, width in frames:
            keep(tracker.add(points, bits, width))
        keep(tracker.finish())
        if tracker.frames < 2:
            raise ValueError(f"The film {name!r} has {tracker.frames or 'no'} frame{'s' if not tracker.frames else ''}: nothing can be "
                             "followed. A single picture belongs into an image index.")
        return self._append(name, tracker.frames, tracker.cuts if cuts is None else cuts, keys, spans)

    def add_tracks(self, tracks, frames, name, cuts):
        """Index a film whose points were followed already: tracks: list of Track. frames: of the film. name, cuts: as `add_described`."""
        self._require_new(name)
        kept = [t for t in tracks if len(t) >= self.least]
        return self._append(name, frames, cuts, [self.vote(t.bits) for t in kept], [(t.first, t.last + 1) for t in kept])

    def _require_new(self, name):
        if name in self.films:
            raise ValueError(f"A film named {name!r} is in the index already. Give this one another name.")

    def _append(self, name, frames, cuts, keys, spans):
        """Everything of a film at once, after its last frame."""
        inner, spans = np.unique(np.asarray(cuts, np.int64)), np.array(spans, np.int64).reshape(-1, 2)
        if len(inner) and not 0 < inner[0] <= inner[-1] < frames:
            raise ValueError(f"Cuts must lie inside the film, from 1 to {frames - 1}; got {inner[0]} to {inner[-1]}.")
        borders = np.array([0, *inner, frames])
        own = np.searchsorted(borders, spans[:, 0], side="right") - 1 + len(self.shots)
        self._tree.add(as_words(np.array(keys, np.uint8).reshape(-1, 32)))
        film = np.full(len(borders) - 1, len(self.films))
        self.shots = np.concatenate([self.shots, np.stack([film, borders[:-1], borders[1:]], axis=1)])
        self.spans = np.concatenate([self.spans, np.column_stack([own, spans])])
        self.films, self.frames = [*self.films, name], self.frames + frames
        return self

    def search(self, photo, k=5):
        """The shots that a photograph votes for.

        Args:
            photo: uint8 H x W x 3. k: at most this many shots.

        Returns:
            Answer. Its list is empty, and its words say why, where the photograph has no feature or the index no key feature.

        Raises:
            ValueError: k below 1, or no uint8 picture.
        """
        return self.search_bits(self.brief.detect(photo)[1], k)

    def search_bits(self, bits, k=5):
        """The same from descriptors, uint8 N x 32."""
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}.")
        if not len(bits):
            return Answer([], 0, "The photograph has no corner that BRIEF could describe. Is it black, or very blurred?")
        if not len(self.codes):
            return Answer([], len(bits), "No track in the films lasted long enough to leave a key feature. Are they black, or still empty?")
        counts = self.votes(bits)
        order = np.lexsort((np.arange(len(counts)), -counts))[:k]
        return Answer([self.shot(s, counts[s]) for s in order if counts[s]], len(bits), "")

    def votes(self, bits):
        """Votes of descriptors, uint8 N x 32, for every shot: int64 S. Each descriptor has one vote for each shot among its nearest."""
        q = as_words(bits)
        answers = np.unpackbits(np.ascontiguousarray(bits), axis=1, bitorder="little").astype(bool)
        found = (nearest_in(self.codes, self._tree.candidates(a), row)[1] for a, row in zip(answers, q, strict=True))
        return count_votes(found, self.spans[:, 0], len(self.shots))

    def shot(self, number, votes=0):
        """A shot by its number: Shot."""
        film, first, end = self.shots[number].tolist()
        return Shot(int(number), self.films[film], first, end, int(votes))

    def find_frame(self, photo, shot, reader, step=1):
        """The frame of a shot that is most like a photograph. The shot is read from its file again.

        Args:
            photo: uint8 H x W x 3. shot: Shot. reader: of the shot's film. step: compare every `step`-th frame.

        Returns:
            (number of the frame, features of the photograph found in it).
        """
        frames = reader.frames(range(shot.first, shot.end, step))
        return best_frame(self.brief.detect(photo)[1], ((i, self.brief.detect(image)[1]) for i, image in frames), self.distance)

    def save(self, path):
        """Write the index to a file, all of it or nothing (the key features, not `vote` itself)."""
        settings = [FORMAT, self.brief.max_points, self.distance, self.least, self._tree.leaf, self._tree.backtracks, self.frames]
        with replacing(path) as temporary, open(temporary, "wb") as file:
            np.savez(file, settings=np.array(settings, np.int64), moved=np.nan if self.moved is None else self.moved,
                     pattern=offsets().astype(np.int8), films=np.array(self.films, np.str_), shots=self.shots, spans=self.spans,
                     codes=self.codes)

    @classmethod
    def load(cls, path):
        """Read an index back; the tree is built anew, the same as before.

        Raises:
            ValueError: no index, a damaged one, one of another format, or one whose BRIEF asks other questions.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                kept = {name: file[name] for name in ("settings", "moved", "pattern", "films", "shots", "spans", "codes")}
        except FileNotFoundError:
            raise
        except Exception as error:  # numpy, zipfile and zlib each have their own
            raise ValueError(f"{path} is no index of films, or it is damaged ({error}). Index the films again.") from error
        version, points, distance, least, leaf, backtracks, frames = kept["settings"].tolist()
        if version != FORMAT:
            raise ValueError(f"{path} has format {version}, and this program reads format {FORMAT}. Index the films again.")
        if not np.array_equal(kept["pattern"], offsets()):
            raise ValueError(f"{path} was made with another pattern of BRIEF: its bits answer other questions than the bits of a "
                             "photograph would now. Index the films again.")
        moved = float(kept["moved"])
        index = cls(points, distance, None if np.isnan(moved) else moved, least, leaf, backtracks)
        index.films, index.frames, index.shots, index.spans = kept["films"].tolist(), frames, kept["shots"], kept["spans"]
        index._tree.add(kept["codes"])
        return index


def count_votes(found, shot_of, count):
    """Votes from neighbours.

    Args:
        found: iterable of int64 arrays, the ids of the nearest features (all ties) of each query feature. shot_of: int N, the shot of each
            feature. count: of shots.

    Returns:
        int64 count. A query feature votes once for each shot among its nearest, however many of its features lie there.
    """
    votes = np.zeros(count, np.int64)
    for ids in found:
        votes[np.unique(shot_of[ids])] += 1
    return votes


def best_frame(bits, frames, distance=DISTANCE):
    """The frame in which most features of a photograph are found.

    Args:
        bits: uint8 Q x 32. frames: iterable of (number, uint8 N x 32). distance: a feature is found where one of the frame is nearer.

    Returns:
        (number, features found). Of frames with as many features found, the one whose features are nearest in sum; then the first.

    Raises:
        ValueError: no frame.
    """
    q, best = as_words(np.asarray(bits, np.uint8).reshape(-1, 32)), None
    for number, rows in frames:
        like = likeness(q, rows, distance)
        if best is None or like > best[1]:
            best = (number, like)
    if best is None:
        raise ValueError("A shot without frames has no best one.")
    return best[0], best[1][0]


def likeness(q, rows, distance=DISTANCE):
    """How alike a photograph and a frame are: (features found, minus the sum of their distances); larger is more alike.

    Args:
        q: uint64 Q x 4, of the photograph. rows: uint8 N x 32, of the frame. distance: as `best_frame`.
    """
    near = word_distances(q, as_words(rows)).min(axis=1) if len(rows) and len(q) else np.full(len(q), distance)
    return int((near < distance).sum()), -int(near.sum(dtype=np.int64))
