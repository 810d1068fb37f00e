"""The runs of chapter 22: a photograph of a screen asks a film for its moment, by tracked key features and by what they replace.

A photograph counts as answered where the frame that was found lies in the shot that stood on the screen ("right shot"); "right place" also
takes another shot of the same place of the camera, as the paper's visual judgement does. In every method of local features, the shot with
most votes wins, and its frames are then compared with the photograph one by one.

The constants are the papers', but for LOOKED and the detectors' thresholds: those were chosen on painted films of other seeds (20,001 to
20,008). Shots end where the detectors together see a cut; the paper's rule, where no point is found again, finds too few of them in a
small picture, and on those films the answers were as good with either. Vocabularies and mixtures are learnt from photographs elsewhere.
"""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import faiss
import numpy as np

from visret_lab.datasets import load
from visret_lab.datasets.film import Film, load_film
from visret_lab.encoding.bow import BagOfWords
from visret_lab.evaluation import Result
from visret_lab.features.brief import BRIEF
from visret_lab.features.extract import extract_local
from visret_lab.features.local import SIFT
from visret_lab.search.binary_tree import BinaryTree
from visret_lab.search.nearest_bits import nearest_in
from visret_lab.tables.experiments.deep_features import networks
from visret_lab.video.bloom import BloomFilters, SignFisher
from visret_lab.video.film_set import FilmSet
from visret_lab.video.frame_vectors import kept_vectors
from visret_lab.video.key_features import key_feature
from visret_lab.video.moments import FilmIndex, best_frame, count_votes, likeness
from visret_lab.video.pooled import pooled
from visret_lab.video.sampling import at_rate
from visret_lab.video.shots import detect
from visret_lab.video.shots.score import score
from visret_lab.video.tracks import LEAST, Tracker, as_words

LOCAL, TEMPORAL, SHOTS = "video-local", "video-temporal", "video-cuts"
POINTS = 300
BACKTRACKS = (10, 50, 100, 250)
LOOKED, FEW = 3, 30  # shots in which the frame is looked for, beside the paper's one; photographs for the largest trees
TIES = 30  # neighbours among which the exact search looks for ties
RATE, TRAIN = 3.0, 150  # frames a second that are described by whole-frame methods; photographs that vocabularies are learnt from
# Of our small bags and Bloom filters; the paper's are 512 Gaussians, 16 bits, 20 visited. BITS by four films of the other seeds.
WORDS, GAUSSIANS, BITS, VISITED = 1000, 64, 8, 8


HOUR = Path(__file__).parents[1] / "records" / "film_hour.json"  # of data_scripts/index_an_hour.py


def hour():
    """What indexing a film of an hour took: the record of `data_scripts/index_an_hour.py`, dict, or None where nobody has run it."""
    return json.loads(HOUR.read_text()) if HOUR.is_file() else None


class Ground(NamedTuple):
    """A film and its photographs, described.

    Attributes:
        film. frames: list of (points, bits, width), one a frame. asked: list of uint8 N x 32, one a photograph. frame, shot: int64 Q, what
            the photographs show. seconds: that decoding and describing the frames took. signals: of the detectors that watched, or {}.
    """

    film: Film
    frames: list
    asked: list
    frame: np.ndarray
    shot: np.ndarray
    seconds: float
    signals: dict


def ground(film, photos=None, points=POINTS, watch=False):
    """Describe a film and its photographs (all, or this many, evenly spread); watch: in the same pass, look for cuts with all detectors."""
    brief, start, frames = BRIEF(points), time.perf_counter(), []

    def describe(image):
        frames.append((*brief.detect(image), image.shape[1]))
        return frames[-1]

    if watch:
        signals = detect.signals(film.reader().frames(), {**detectors(), "tracks": replace(detectors()["tracks"], describe=describe)})
    else:
        signals = {}
        for _, image in film.reader().frames():
            describe(image)
    seconds = time.perf_counter() - start
    queries = chosen(film, photos)
    return Ground(film, frames, [brief.detect(film.photo(q))[1] for q in queries], np.array([q.frame for q in queries]),
                  np.array([q.shot for q in queries]), seconds, signals)


def detectors():
    """Measures of the three detectors: dict name -> Measure."""
    return {"histogram": detect.by_histogram(), "edges": detect.by_edges(), "tracks": detect.by_tracks(POINTS)}


def chosen(film, photos=None):
    """The photographs that are asked: list of FilmQuery, evenly spread over the film."""
    count = len(film.queries)
    return [film.queries[i] for i in np.unique(np.linspace(0, count - 1, min(photos or count, count)).round().astype(int))]


def followed(one, least=LEAST):
    """The film's tracks of at least so many frames, and where all tracks end at once: (list of Track, list of int)."""
    tracker, tracks = Tracker(least=least), []
    for frame in one.frames:
        tracks += tracker.add(*frame)
    return tracks + tracker.finish(), tracker.cuts


def index(one, tracks, cuts, least=LEAST, vote=key_feature, backtracks=50):
    """The film's index by tracked key features. tracks: of `followed`. cuts: first frames of its shots."""
    made = FilmIndex(POINTS, least=least, backtracks=backtracks, vote=vote)
    return made.add_tracks(tracks, len(one.frames), one.film.name, cuts)


def every_feature(one, numbers=None):
    """Features of all frames, or of those in `numbers`: (bits uint8 N x 32, frame int64 N)."""
    numbers = range(len(one.frames)) if numbers is None else numbers
    counts = [len(one.frames[t][1]) for t in numbers]
    return np.concatenate([one.frames[t][1] for t in numbers]), np.repeat(np.asarray(numbers), counts)


def shots_of(frame, shots):
    """Numbers of the shots, int S x 2 with borders that meet, to which frames belong."""
    return np.searchsorted(shots[:, 0], frame, side="right") - 1


def exactly(bits, owner, shots):
    """Votes by exact search, a function uint8 N x 32 -> int64 `shots`. owner: the shot of each feature. FAISS: ours takes twice as
    long."""
    engine = faiss.IndexBinaryFlat(256)
    engine.use_heap = False  # a quarter less time
    engine.add(bits)

    def votes(asked):
        d, ids = engine.search(asked, TIES)
        return count_votes((row[near == near[0]] for near, row in zip(d, ids, strict=True)), owner, shots)

    return votes


def by_tree(bits, owner, shots, backtracks):
    """Votes by the tree. Arguments as `exactly`."""
    tree = BinaryTree(backtracks=backtracks[0]).add(as_words(bits))

    def of(b):
        def votes(asked):
            tree.backtracks = b
            answers = np.unpackbits(asked, axis=1, bitorder="little")
            found = (nearest_in(tree.codes, tree.candidates(a), q)[1] for a, q in zip(answers, as_words(asked), strict=True))
            return count_votes(found, owner, shots)
        return votes

    return {b: of(b) for b in backtracks}, tree


class Answers(NamedTuple):
    """What a method found. name; shot: winning shots of the index's own, frame: frames found, -1 for none; votes: of the winner; right,
    place: bool Q; bytes; ms: a photograph, without the look for the frame; features: stored."""

    name: str
    shot: np.ndarray
    frame: np.ndarray
    votes: np.ndarray
    right: np.ndarray
    place: np.ndarray
    bytes: int
    ms: float
    features: int

    def result(self, film, place=False, seed=0):
        """R@1 as a Result."""
        return Result(self.name, (self.place if place else self.right).astype(float), film.name, "R@1, right " +
                      ("place" if place else "shot"), self.bytes / film.frames, self.ms, seed)


def answer(name, one, votes, shots, size, features, looked=(1,)):
    """Ask all photographs.

    Args:
        votes: function uint8 N x 32 -> int64 S. shots: int S x 2, those that are voted for. size: bytes stored. features: stored.
        looked: in how many shots, those with most votes first, the frame is looked for; the paper's 1.

    Returns:
        list of Answers, one for each number of `looked`, from the same votes.
    """
    start = time.perf_counter()
    found = [votes(bits) if len(bits) else np.zeros(len(shots), np.int64) for bits in one.asked]
    ms = 1000 * (time.perf_counter() - start) / len(one.asked)
    most, answers = np.array([v.max(initial=0) for v in found]), []
    seen = [look(one, shots, first(v, max(looked)), bits) for v, bits in zip(found, one.asked, strict=True)]
    winner = np.array([first(v, 1)[0] if v.any() else -1 for v in found])
    for count in looked:
        frames = np.array([max(s[:count], key=lambda f: f[1])[0] if s else -1 for s in seen])
        told = name if count == 1 else f"{name}, {count} shots looked into"
        answers.append(judged(told, one.film, one.shot, winner, frames, most, size, ms, features))
    return answers


def look(one, shots, numbers, bits):
    """The best frame of each of some shots, and how alike it is: list of (frame, likeness), in their order."""
    frames = [best_frame(bits, frames_of(one, shots[n:n + 1]))[0] for n in numbers]
    return [(t, likeness(as_words(bits), one.frames[t][1])) for t in frames]


def frames_of(one, shots):
    """(number, descriptors) of the frames of some shots, int S x 2."""
    return ((t, one.frames[t][1]) for start, end in shots for t in range(start, end))


def first(votes, count):
    """Shots with most votes, at most `count`, none without a vote: int64."""
    order = np.lexsort((np.arange(len(votes)), -votes))[:count]
    return order[votes[order] > 0]


def judged(name, film, shot, winner, frames, votes, size, ms, features):
    """Compare what was found with the truth: Answers. shot: int Q, the true ones."""
    true, known = shots_of(np.maximum(frames, 0), film.shots), frames >= 0
    return Answers(name, winner, frames, votes, known & (true == shot), known & (film.setups[true] == film.setups[shot]), int(size), ms,
                   features)


def of_index(one, made, name=None, looked=(1,)):
    """Answers of a FilmIndex: list, one for each number of `looked`."""
    name = name or f"tracked key features, B = {made.backtracks}"
    return answer(name, one, made.votes, made.shots[:, 1:], made.nbytes, len(made.codes), looked)


def brute_force(one, made, name="brute force", looked=(1,)):
    """Answers of all features of all frames, by exact search, over the shots of an index: list, one for each number of `looked`."""
    bits, frame = every_feature(one)
    shots = made.shots[:, 1:]
    return answer(name, one, exactly(bits, shots_of(frame, shots), len(shots)), shots, bits.nbytes + 4 * len(bits), len(bits), looked)


def key_frames(one, made, backtracks, rate=1.0):
    """Answers of the features of a frame a second, by the tree: dict b -> Answers."""
    bits, frame = every_feature(one, at_rate(one.film.reader().times, rate))
    shots = made.shots[:, 1:]
    votes, tree = by_tree(bits, shots_of(frame, shots), len(shots), backtracks)
    return {b: answer(f"key frames, B = {b}", one, v, shots, tree.nbytes + 4 * len(bits), len(bits))[0] for b, v in votes.items()}


def whole_tree(one, made, backtracks):
    """Answers of all features of all frames, by the tree: dict b -> Answers."""
    bits, frame = every_feature(one)
    shots = made.shots[:, 1:]
    votes, tree = by_tree(bits, shots_of(frame, shots), len(shots), backtracks)
    return {b: answer(f"kd-tree, B = {b}", one, v, shots, tree.nbytes + 4 * len(bits), len(bits))[0] for b, v in votes.items()}


class Sampled(NamedTuple):
    """A film at RATE frames a second, and its photographs. numbers: int64 of the frames. pictures: FilmSet. shot: int64 Q."""

    film: Film
    numbers: np.ndarray
    pictures: FilmSet
    shot: np.ndarray


def sampled(film, photos=None, rate=RATE):
    """Frames at a rate, and photographs."""
    queries, numbers = chosen(film, photos), at_rate(film.reader().times, rate)
    return Sampled(film, numbers, FilmSet(film, numbers, queries), np.array([q.shot for q in queries]))


def by_frame(name, one, frames, asked, size=None):
    """Answers of one vector a frame: the most similar frame is what is found. frames: float N x D, asked: float Q x D."""
    start = time.perf_counter()
    nearest = (asked @ frames.T).argmax(axis=1)
    ms = 1000 * (time.perf_counter() - start) / len(asked)
    found = one.numbers[nearest]
    return judged(name, one.film, one.shot, shots_of(found, one.film.shots), found, np.zeros(len(found)), size or frames.nbytes, ms,
                  len(frames))


def by_shot(name, one, shots, vectors, asked):
    """Answers of one vector a shot: the middle frame of the most similar shot is what is found."""
    start = time.perf_counter()
    nearest = (asked @ vectors.T).argmax(axis=1)
    ms = 1000 * (time.perf_counter() - start) / len(asked)
    return judged(name, one.film, one.shot, nearest, shots.sum(axis=1)[nearest] // 2, np.zeros(len(nearest)), vectors.nbytes, ms,
                  len(shots))


def sift(pictures, queries=False, points=250):
    """RootSIFT of a data set's images, or of its queries: list of float32 N x 128. Kept in the cache."""
    return [rows for _, rows in extract_local(pictures, SIFT(points), queries)]


def photographs(tier, count=TRAIN):
    """Photographs of elsewhere, from which vocabularies are learnt: a data set."""
    data = load("elsewhere", tier=tier)
    return replace(data, ids=list(data.ids)[:count], queries=[])


def bag(one, frames, asked, train):
    """Answers of SIFT and a bag of words, frame by frame. Descriptors: of the sampled frames, the photographs, the training pictures."""
    encoder = BagOfWords(WORDS, dense=True).fit(train)
    return by_frame("SIFT + bag of words, frame by frame", one, encoder.transform(frames), encoder.transform(asked))


def bloom(one, frames, asked, train, shots, bits=BITS):
    """Answers of Fisher signs in Bloom filters, one a shot, and the filters."""
    signer = SignFisher(GAUSSIANS).fit(train)
    signs, visited = signer.transform(frames)
    filters, owner = BloomFilters(GAUSSIANS, signs.shape[2], bits, VISITED), shots_of(one.numbers, shots)
    for s in range(len(shots)):
        filters.add(signs[owner == s], visited[owner == s])
    photos = signer.transform(asked)
    start = time.perf_counter()
    scores = np.stack([filters.scores(s, v) for s, v in zip(*photos, strict=True)])
    ms = 1000 * (time.perf_counter() - start) / len(asked)
    found = np.where(scores.any(axis=1), scores.argmax(axis=1), -1)
    middle = np.where(found < 0, -1, shots.sum(axis=1)[found] // 2)
    return judged("Fisher signs in Bloom filters", one.film, one.shot, found, middle, scores.max(axis=1), filters.nbytes, ms,
                  len(shots)), filters


def deep(one, network, shots):
    """Answers of R-MAC, frame by frame and pooled over shots, and of fully connected layers: list of Answers.

    Args:
        network: `deep_features.Network`. shots: int S x 2, in frames.
    """
    frames, asked = kept_vectors(one.pictures, network.backbone, network.last)
    found = [by_frame("R-MAC, every frame", one, frames, asked)]
    edges = np.searchsorted(one.numbers, [*shots[:, 0], one.film.frames])
    kept = np.diff(edges) > 0
    own = np.stack([edges[:-1], edges[1:]], axis=1)[kept]
    for how in ("max", "mean"):  # the sum of unit length is the mean
        found.append(by_shot(f"temporal {how} pooling", one, shots[kept], pooled(frames, own, how), asked))
    return found


def all_cuts(signals):
    """Hard cuts by every detector, and by all together: dict name -> int64. Args: signals: of `Ground`."""
    measures = detectors()
    found = {f"{name}, {rule}": detect.hard_cuts(signals[name], m, rule) for name, m in measures.items() for rule in ("fixed", "adaptive")}
    both = detect.together(signals, measures)
    return found | {f"together, {rule}": detect.hard_cuts(both, detect.TOGETHER, rule) for rule in ("fixed", "adaptive")}


def shot_cuts(one):
    """First frames of the shots, as all detectors together see them: int64. Args: one: `ground` that watched."""
    return all_cuts(one.signals)["together, adaptive"]


def reference_cuts(film):
    """What PySceneDetect finds in the same file with its defaults: dict name -> int64."""
    import scenedetect

    found = {}
    for name in ("ContentDetector", "AdaptiveDetector"):
        scenes = scenedetect.detect(str(film.path), getattr(scenedetect, name)())
        found[f"PySceneDetect, {name}"] = np.array([first.frame_num for first, _ in scenes[1:]], np.int64)
    return found


def score_cuts(film, found, tolerance=1):
    """Score of hard cuts: what is found inside a dissolve is neither right nor wrong."""
    first, last = film.dissolves[:, 0] - 1, film.dissolves[:, 1] + 1
    outside = ~((found[:, None] >= first) & (found[:, None] <= last)).any(axis=1)
    return score(found[outside], film.cuts, tolerance)


def rows_of(found, one, table, seed=0, published=None):
    """Rows of Answers under their published name."""
    film = one.film
    made = []
    for place in (False, True):
        r = found.result(film, place, seed)
        made.append({"table": table, "row": published or found.name, "queries": len(found.right), "images": film.frames,
                     "version": film.name, "metric": f"{r.protocol}, {film.name}", "value": r.mean, "low": r.interval[0],
                     "high": r.interval[1], "bytes_per_image": r.bytes_per_image, "ms_per_query": round(found.ms, 3)})
    return made


def run(tier, seed=0):
    """Rows of the table of trees, on the film of the tier."""
    return local_rows(some(ground(load_film("feature", tier=tier), watch=True), FEW), seed)


def run_temporal(tier, seed=0):
    """Rows of the table of temporal aggregation, on the film of the tier."""
    return temporal_rows(ground(load_film("feature", tier=tier), watch=True), tier, seed)


def run_cuts(tier, seed=0):
    """Rows of the table of detectors, on the film of the tier."""
    film, rows = load_film("feature", tier=tier), []
    found = all_cuts(detect.signals(film.reader().frames(), detectors())) | reference_cuts(film)
    for name, cuts in found.items():
        s = score_cuts(film, cuts)
        rows += [{"table": SHOTS, "row": name, "queries": s.true, "images": film.frames, "version": film.name,
                  "metric": f"{what}, hard cuts, {film.name}", "value": value}
                 for what, value in (("precision", s.precision), ("recall", s.recall), ("F1", s.f1))]
    return rows


def some(one, photos):
    """The same ground with fewer photographs, evenly spread."""
    kept = np.unique(np.linspace(0, len(one.asked) - 1, min(photos, len(one.asked))).round().astype(int))
    return one._replace(asked=[one.asked[i] for i in kept], frame=one.frame[kept], shot=one.shot[kept])


def local_rows(one, seed=0):
    """Rows of the table of trees."""
    made = index(one, followed(one)[0], shot_cuts(one))
    found = [(brute_force(one, made)[0], "brute force, 85 million features")]
    found += [(a, None) for a in (*whole_tree(one, made, BACKTRACKS).values(), *key_frames(one, made, BACKTRACKS).values())]
    for b in BACKTRACKS:
        made.backtracks = b
        found.append((of_index(one, made)[0], None))
    return [row for a, name in found for row in rows_of(a, one, LOCAL, seed, name)]


def temporal_rows(one, tier, seed=0):
    """Rows of the table of temporal aggregation."""
    made = index(one, followed(one)[0], shot_cuts(one))
    shots = made.shots[:, 1:]
    looked = (1, LOOKED)
    rows = [row for a in (*brute_force(one, made, "BRIEF, every frame", looked), *of_index(one, made, "tracked binary features", looked))
            for row in rows_of(a, one, TEMPORAL, seed)]
    few, train = sampled(one.film), sift(photographs(tier))
    frames, asked = sift(few.pictures), sift(few.pictures, queries=True)
    others = [bag(few, frames, asked, train), bloom(few, frames, asked, train, shots)[0], *deep(few, networks(tier)[0], shots)]
    return rows + [row for a in others for row in rows_of(a, few, TEMPORAL, seed)]
