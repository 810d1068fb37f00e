"""Tracks: the same point followed from frame to frame by its binary descriptor.

Garcia and Vogiatzis, "Dress like a star: retrieving fashion products from videos", ICCV workshops 2017, and "Asymmetric spatio-temporal
embeddings for large-scale image-to-video retrieval", BMVC 2018 ("local binary temporal tracking"). Two points of consecutive frames are
the same if each is the nearest of the other in Hamming distance, that distance is below `distance`, and the point has moved less than
`moved`. Where no point of a frame is found again in the next, a shot ends. Only tracks that last are kept. Between two frames that both
have no point at all (black, or a plain wall) nothing is lost, so nothing is cut.
"""

from dataclasses import dataclass, field

import faiss
import numpy as np

DISTANCE, MOVED, LEAST = 20, 100.0, 8  # bits; pixels in a picture that is 720 wide; frames ("longer than 7")
WIDTH = 720  # of the paper's frames


@dataclass
class Track:
    """A point over some frames.

    Attributes:
        first: number of its first frame. points: list of (x, y), one a frame. bits: list of uint8 D, its descriptors.
    """

    first: int
    points: list = field(default_factory=list)
    bits: list = field(default_factory=list)

    def __len__(self):
        return len(self.bits)

    @property
    def last(self):
        """Number of its last frame."""
        return self.first + len(self) - 1


def distances(a, b):
    """Hamming distances: uint8 N x D, M x D -> int64 N x M. Eight bytes are compared at a time."""
    return word_distances(as_words(a), as_words(b)).astype(np.int64)


def as_words(bits):
    """Bytes to words: uint8 N x D -> uint64 N x ceil(D / 8), what is left over is 0. The order of the bits inside does not matter here."""
    bits = np.ascontiguousarray(bits)
    count = -(-bits.shape[1] // 8)
    if bits.shape[1] != 8 * count:
        bits = np.pad(bits, ((0, 0), (0, 8 * count - bits.shape[1])))
    return bits.view(np.uint64)


def word_distances(a, b):
    """Hamming distances: uint64 N x W, M x W -> int32 N x M. FAISS counts the bits, in less than half of the time of NumPy."""
    if a.shape[1] != b.shape[1]:
        raise ValueError(f"Descriptors of {a.shape[1]} words cannot be compared with others of {b.shape[1]}.")
    a, b = (np.ascontiguousarray(x).view(np.uint8) for x in (a, b))
    found = np.empty((len(a), len(b)), np.int32)
    if found.size:
        faiss.hammings(faiss.swig_ptr(a), faiss.swig_ptr(b), len(a), len(b), a.shape[1], faiss.swig_ptr(found))
    return found


def linked(points, bits, next_points, next_bits, distance=DISTANCE, moved=MOVED):
    """Which points of a frame are found again in the next.

    Args:
        points, next_points: float N x 2 or more, M x 2 or more, in pixels. bits, next_bits: uint8 N x D, M x D.
        distance, moved: limits, both exclusive.

    Returns:
        int64 L x 2: positions in the frame and in the next; each stands there once.
    """
    if not len(bits) or not len(next_bits):
        return np.zeros((0, 2), np.int64)
    d = word_distances(as_words(bits), as_words(next_bits))
    forth, back = d.argmin(axis=1), d.argmin(axis=0)
    i = np.arange(len(bits))
    way = np.linalg.norm(np.asarray(points)[:, :2] - np.asarray(next_points)[forth, :2], axis=1)
    kept = (back[forth] == i) & (d[i, forth] < distance) & (way < moved)
    return np.stack([i[kept], forth[kept]], axis=1)


class Tracker:
    """Follow points through a film, frame after frame; memory holds one frame and the tracks that are alive.

    Args:
        distance, moved: as `linked`; None for `moved`: the paper's 100 of 720 pixels, in proportion to the width of the frames.
        least: frames that a track must last to be kept.

    Attributes:
        cuts: list of int, first frames of the shots behind the first: no point was found again there.
        frames: how many were seen.
    """

    def __init__(self, distance=DISTANCE, moved=None, least=LEAST):
        if distance < 1 or least < 1 or (moved is not None and moved <= 0):
            raise ValueError(f"distance and least must be at least 1 and moved above 0; got {distance}, {least}, {moved}.")
        self.distance, self.moved, self.least = distance, moved, least
        self.cuts, self.frames, self._alive, self._points, self._bits = [], 0, [], None, None

    def add(self, points, bits, width=WIDTH):
        """The next frame.

        Args:
            points: float N x 2 or more, x and y in pixels. bits: uint8 N x D. width: of the frame, pixels.

        Returns:
            list of Track, those that ended before this frame and lasted long enough.

        Raises:
            ValueError: another number of points than descriptors, or descriptors of another type or length than before.
        """
        points, bits = np.asarray(points, np.float32), np.asarray(bits)
        if bits.dtype != np.uint8 or bits.ndim != 2 or len(points) != len(bits):
            raise ValueError(f"A frame needs as many points as descriptors, uint8 N x D; got {len(points)} points and {bits.dtype} "
                             f"{bits.shape}.")
        if self._bits is not None and bits.shape[1] != self._bits.shape[1]:
            raise ValueError(f"Descriptors had {self._bits.shape[1]} bytes so far, and now {bits.shape[1]}.")
        moved = MOVED * width / WIDTH if self.moved is None else self.moved
        pairs = np.zeros((0, 2), np.int64) if self._bits is None else linked(self._points, self._bits, points, bits, self.distance, moved)
        if self.frames and (len(bits) or len(self._bits)) and not len(pairs):
            self.cuts.append(self.frames)
        following = dict(zip(pairs[:, 1].tolist(), pairs[:, 0].tolist(), strict=True))
        went_on = [self._alive[following[j]] if j in following else Track(self.frames) for j in range(len(bits))]
        gone = set(range(len(self._alive))) - set(following.values())
        ended = [self._alive[i] for i in sorted(gone)]
        for track, point, row in zip(went_on, points, bits, strict=True):
            track.points.append(point[:2])
            track.bits.append(row)
        self._alive, self._points, self._bits, self.frames = went_on, points, bits, self.frames + 1
        return [track for track in ended if len(track) >= self.least]

    def finish(self):
        """The film has ended: list of Track, those still alive that lasted long enough. The tracker starts anew behind it."""
        ended = [track for track in self._alive if len(track) >= self.least]
        self._alive, self._points, self._bits = [], None, None
        return ended
