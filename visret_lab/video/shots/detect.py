"""Shot boundaries of a film in one pass: distances of consecutive frames, hard cuts without flashes, gradual changes.

A measure says how a frame is described and how two descriptions are compared. The film is read once; of the frames themselves only the last
few descriptions are kept, so a film of any length fits. What is kept of every frame are two numbers a measure:

    near_t = d(frame t, frame t + 1),      far_t = d(frame t, frame t + L).

A cut at frame b has a large near_{b-1}. So has the first frame of a flash, but L frames later the old picture is back: a true cut also has
a large far_{b-1} and a large far_{b-L}. A whipped camera has many large distances in a row: a true cut stands alone, by a factor over the
second largest around it (Yeo and Liu, "Rapid scene analysis on compressed video", IEEE Trans. CSVT 1995).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from visret_lab.features.brief import BRIEF
from visret_lab.video.shots.edges import edge_change, edge_map
from visret_lab.video.shots.histogram import color_histogram, intersection_distance
from visret_lab.video.shots.thresholds import adaptive, gradual, peaks
from visret_lab.video.tracks import DISTANCE, MOVED, WIDTH, linked

LAG = 6  # frames that the far look goes: a flash is shorter, and a camera does not move far in them
REACH = 6  # frames on each side in which a cut is alone
SHARE = 0.6  # of a cut's own distance that must be left LAG frames across


@dataclass(frozen=True)
class Measure:
    """How frames are told apart.

    Attributes:
        describe: function uint8 H x W x 3 -> description. distance: function (description, description) -> float, 0 for equal frames.
        cut: threshold of a cut; for the adaptive rule, what no cut is below. low, high: thresholds of a gradual change (see `gradual`).
        ratio: factor by which a cut is larger than any distance around it.
    """

    describe: Callable
    distance: Callable
    cut: float
    low: float
    high: float
    ratio: float = 2.0


def by_histogram():
    """Histograms of hue, saturation and value."""
    return Measure(color_histogram, lambda a, b: float(intersection_distance(a, b)), cut=0.2, low=0.1, high=0.3)


def by_edges():
    """The share of edges that appear or vanish."""
    return Measure(edge_map, edge_change, cut=0.2, low=0.02, high=0.5)


def by_vector(describe, cut=0.5):
    """One minus the cosine of any vector of a frame; 0.5 is the threshold of Garcia and Vogiatzis (BMVC 2018) for R-MAC.

    Args:
        describe: function uint8 H x W x 3 -> float D. cut: threshold.
    """
    return Measure(describe, cosine_distance, cut=cut, low=cut / 10, high=cut)


def by_tracks(max_points=300, distance=DISTANCE):
    """The share of BRIEF points that are not found again: 1 where not a single one is."""
    brief = BRIEF(max_points)
    return Measure(lambda image: (*brief.detect(image), image.shape[1]), lambda a, b: points_lost(a, b, distance), cut=0.75, low=0.5,
                   high=0.9, ratio=1.5)


def cosine_distance(a, b):
    """float D, D -> float, 0 to 2. Two zero vectors are equal; a zero vector and another have distance 1."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    norm = np.linalg.norm(a) * np.linalg.norm(b)
    if norm == 0:
        return float(a.any() or b.any())
    return float(1 - a @ b / norm)


def points_lost(a, b, distance=DISTANCE):
    """(points, bits, width) of two frames -> float, 0 to 1. Two frames without points are equal."""
    fewer = min(len(a[1]), len(b[1]))
    if not fewer:
        return float(len(a[1]) != len(b[1]))
    return 1 - len(linked(a[0], a[1], b[0], b[1], distance, MOVED * a[2] / WIDTH)) / fewer


@dataclass
class Signal:
    """What a measure saw: near float T - 1, far float T - lag (empty for a shorter film), between: dict (frame, frame) -> distance of the
    ends of each run of distances from `low` to `high`."""

    near: np.ndarray
    far: np.ndarray
    lag: int
    between: dict = field(default_factory=dict)


def signals(frames, measures, lag=LAG):
    """Read a film once with several measures.

    Args:
        frames: iterable of (number, uint8 H x W x 3), as FilmReader.frames() yields them. measures: dict name -> Measure.
        lag: frames of the far look, above 1.

    Returns:
        dict name -> Signal.

    Raises:
        ValueError: no frame, lag below 2, or no measure.
    """
    if lag < 2 or not measures:
        raise ValueError(f"lag must be at least 2, and there must be a measure; got {lag} and {list(measures)}.")
    passes, count = {name: _Pass(m, lag) for name, m in measures.items()}, 0
    for count, (_, image) in enumerate(frames, 1):
        for one in passes.values():
            one.add(image)
    if not count:
        raise ValueError("The film has no frame.")
    return {name: one.finish() for name, one in passes.items()}


class _Pass:
    """One measure on its way through a film."""

    def __init__(self, measure, lag):
        self.measure, self.lag, self.frame = measure, lag, -1
        self.last, self.run = deque(maxlen=lag + 1), None
        self.near, self.far, self.between = [], [], {}

    def add(self, image):
        now, self.frame = self.measure.describe(image), self.frame + 1
        if self.last:
            d = self.measure.distance(self.last[-1], now)
            self.near.append(d)
            self._follow(d)
        self.last.append(now)
        if len(self.last) > self.lag:
            self.far.append(self.measure.distance(self.last[0], now))

    def _follow(self, d):
        """A run of distances from low to high: remember where it began, compare its ends when it is over."""
        rising = self.measure.low < d <= self.measure.high
        if rising and self.run is None:
            self.run = (self.frame - 1, self.last[-1])
        elif not rising:
            self._close(self.frame - 1)

    def _close(self, end):
        if self.run is not None:
            self.between[self.run[0], end] = self.measure.distance(self.run[1], self.last[-1])
            self.run = None

    def finish(self):
        self._close(self.frame)
        return Signal(np.array(self.near), np.array(self.far), self.lag, self.between)


def hard_cuts(signal, measure, rule="adaptive", sure=True, **options):
    """Cuts of a film.

    Args:
        signal: Signal. measure: Measure, for its fixed threshold. rule: "fixed" or "adaptive". sure: drop flashes and whipped cameras.
        options: of `adaptive`; its `least` is the measure's `cut` where none is given.

    Returns:
        int64, first frames of new shots.

    Raises:
        ValueError: another rule.
    """
    if rule not in ("fixed", "adaptive"):
        raise ValueError(f'rule must be "fixed" or "adaptive", not {rule!r}.')
    if rule == "fixed":
        found = peaks(signal.near, measure.cut)
    else:
        found = adaptive(signal.near, **{"least": measure.cut, **options})
    return found[lasting(signal, found) & alone(signal, found, measure.ratio)] if sure else found


TOGETHER = Measure(None, None, cut=1.0, low=0.5, high=1.5, ratio=1.5)  # of `together`: distances are in units of each measure's own cut
MOST = 3.0  # thresholds: above it a measure is certain, and one alone must not outvote the others


def together(found, measures):
    """Several measures as one: the mean of their distances, each divided by its own threshold and cut off at three times that.

    Args:
        found: dict name -> Signal, of `signals`. measures: dict name -> Measure, the same names.

    Returns:
        Signal, to be used with the thresholds of `TOGETHER` for hard cuts.
    """
    def mean(what):
        return np.mean([np.minimum(getattr(found[name], what) / m.cut, MOST) for name, m in measures.items()], axis=0)

    return Signal(mean("near"), mean("far"), next(iter(found.values())).lag)


def lasting(signal, cuts, share=SHARE):
    """Which cuts are no flash: bool C. The picture `lag` frames across must differ by `share` of the cut's own distance, on both sides.

    Where the film is too short to look so far, on one side or on both, that side is believed.
    """
    kept = np.ones(len(cuts), bool)
    for i, b in enumerate(cuts):
        across = [signal.far[t] for t in (b - 1, b - signal.lag) if 0 <= t < len(signal.far)]
        kept[i] = not across or min(across) > share * signal.near[b - 1]
    return kept


def alone(signal, cuts, ratio=2.0, reach=REACH):
    """Which cuts stand alone: bool C. No other distance within `reach` frames is larger than the cut's own divided by `ratio`."""
    kept = np.ones(len(cuts), bool)
    for i, b in enumerate(cuts):
        around = np.concatenate([signal.near[max(0, b - 1 - reach) : b - 1], signal.near[b : b + reach]])
        kept[i] = not len(around) or around.max() <= signal.near[b - 1] / ratio
    return kept


def gradual_changes(signal, measure, longest=48):
    """Dissolves and fades: int64 G x 2, first and last frame (see `gradual`)."""
    return gradual(signal.near, lambda a, b: signal.between[a, b], measure.low, measure.high, longest)


def boundaries(signal, measure, rule="adaptive", sure=True, **options):
    """Cuts and the middles of gradual changes together: int64, sorted. A cut inside a gradual change is that change."""
    cuts, slow = hard_cuts(signal, measure, rule, sure, **options), gradual_changes(signal, measure)
    inside = ((cuts[:, None] >= slow[:, 0]) & (cuts[:, None] <= slow[:, 1] + 1)).any(axis=1)
    return np.unique(np.concatenate([cuts[~inside], (slow.sum(axis=1) + 1) // 2]))


def spans(found, count):
    """Boundaries -> shots: int S x 2, first frame and last frame + 1.

    Raises:
        ValueError: no frame, or a boundary outside the film.
    """
    found = np.unique(np.asarray(found, np.int64))
    if count < 1 or (len(found) and not 0 < found[0] <= found[-1] < count):
        raise ValueError(f"Boundaries must lie between 1 and the last frame of a film of {count} frames; got {found[:1].tolist()} to "
                         f"{found[-1:].tolist()}.")
    borders = np.array([0, *found, count])
    return np.stack([borders[:-1], borders[1:]], axis=1)
