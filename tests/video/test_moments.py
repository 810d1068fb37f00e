import numpy as np
import pytest

from tests.video.films import Reader, picture, shot
from visret_lab.search.nearest_bits import nearest_all
from visret_lab.video import moments
from visret_lab.video.key_features import two_or_more
from visret_lab.video.moments import FilmIndex, best_frame, count_votes
from visret_lab.video.tracks import Tracker, as_words, word_distances

LENGTHS = (14, 11, 20)
IMAGES = [image for seed, length in enumerate(LENGTHS) for image in shot(seed, length)]
FILM = Reader(IMAGES)
INDEX = FilmIndex().add_film(FILM)


def test_shots_and_key_features_of_a_film():
    assert INDEX.shots.tolist() == [[0, 0, 14], [0, 14, 25], [0, 25, 45]] and INDEX.frames == 45 and INDEX.films == ["small.mp4"]
    assert len(INDEX.spans) == len(INDEX.codes) > 30
    first, end = INDEX.shots[INDEX.spans[:, 0], 1:].T
    assert (INDEX.spans[:, 1] >= first).all() and (INDEX.spans[:, 2] <= end).all() and (np.diff(INDEX.spans[:, 1:]) >= 8).all()
    every = sum(len(INDEX.brief.detect(image)[1]) for image in IMAGES)
    assert len(INDEX.codes) < every / 5
    assert INDEX.nbytes >= 32 * len(INDEX.codes) + INDEX.spans.nbytes


@pytest.mark.parametrize("frame", [3, 20, 40])
def test_a_frame_finds_its_shot_and_itself(frame):
    answer = INDEX.search(IMAGES[frame])
    assert answer.shots[0].first <= frame < answer.shots[0].end and not answer.words
    assert answer.shots[0].votes > 0.5 * answer.features
    found, count = INDEX.find_frame(IMAGES[frame], answer.shots[0], FILM)
    assert count == answer.features  # all frames near it hold the same points, moved by a pixel
    rows = INDEX.brief.detect(IMAGES[found])[1]
    assert word_distances(as_words(INDEX.brief.detect(IMAGES[frame])[1]), as_words(rows)).min(axis=1).max() == 0
    near, _ = INDEX.find_frame(IMAGES[frame], answer.shots[0], FILM, step=4)
    assert (near - answer.shots[0].first) % 4 == 0


def test_the_best_frame_has_most_features_then_the_nearest():
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 256, (6, 32), np.uint8)

    def off(count, by):
        rows = bits.copy()
        rows[:, 0] ^= np.uint8(by)
        rows[count:] = rng.integers(0, 256, (6 - count, 32), np.uint8)
        return rows

    frames = [(10, off(4, 0)), (11, off(5, 7)), (12, off(5, 1)), (13, off(5, 1)), (14, off(2, 0))]
    assert best_frame(bits, frames) == (12, 5) and best_frame(bits, frames[:2]) == (11, 5)
    assert best_frame(bits, [(3, off(5, 7)), (4, off(3, 0))], distance=2) == (4, 3)


def test_with_all_leaves_the_votes_are_those_of_the_exact_search():
    index, bits = FilmIndex(leaf=5, backtracks=10**6).add_film(FILM), INDEX.brief.detect(picture(1, 5))[1]
    exact = nearest_all(index.codes, moments.as_words(bits))
    assert np.array_equal(index.votes(bits), count_votes((ids for _, ids in exact), index.spans[:, 0], 3))
    few = FilmIndex(leaf=5, backtracks=0).add_film(FILM)
    assert not np.array_equal(few.votes(bits), index.votes(bits))


def test_ties_vote_for_all_their_shots_once():
    shots = np.array([0, 0, 1, 2])
    assert count_votes([np.array([0, 1, 2]), np.array([3]), np.array([0, 1])], shots, 4).tolist() == [2, 1, 1, 0]


def test_several_films():
    other = [image for seed in (7, 8) for image in shot(seed, 12)]
    index = FilmIndex().add_film(FILM).add_film(Reader(other), "other")
    found = index.search(other[15]).shots[0]
    assert (found.film, found.first, found.end) == ("other", 12, 24) and found.number == 4
    assert index.search(IMAGES[30]).shots[0][:4] == (2, "small.mp4", 25, 45)
    assert np.array_equal(index.codes[: len(INDEX.codes)], INDEX.codes) and index.frames == 69


def test_the_vote_of_the_frames_can_be_exchanged():
    assert not np.array_equal(FilmIndex(vote=two_or_more).add_film(FILM).codes, INDEX.codes)


def test_cuts_of_a_detector_divide_the_film():
    own = INDEX.shots[1:, 1]
    with_them = FilmIndex().add_film(FILM, cuts=own)
    assert np.array_equal(with_them.shots, INDEX.shots) and np.array_equal(with_them.spans, INDEX.spans)
    other = FilmIndex().add_film(FILM, cuts=[5, 30, 5])
    assert other.shots[:, 1:].tolist() == [[0, 5], [5, 30], [30, 45]] and np.array_equal(other.codes, INDEX.codes)
    assert (other.shots[other.spans[:, 0], 1] <= other.spans[:, 1]).all() and (other.spans[:, 1] < other.shots[other.spans[:, 0], 2]).all()
    with pytest.raises(ValueError, match="inside the film, from 1 to 44; got 0 to 60"):
        FilmIndex().add_film(FILM, cuts=[0, 60])


def test_tracks_at_hand_give_the_same_index():
    tracker, tracks = Tracker(least=4), []
    for _, image in FILM.frames():
        tracks += tracker.add(*INDEX.brief.detect(image), image.shape[1])
    made = FilmIndex().add_tracks(tracks + tracker.finish(), 45, "small.mp4", tracker.cuts)
    assert np.array_equal(made.codes, INDEX.codes) and np.array_equal(made.spans, INDEX.spans) and np.array_equal(made.shots, INDEX.shots)
    with pytest.raises(ValueError, match="in the index already"):
        made.add_tracks([], 45, "small.mp4", [])


def test_saved_and_loaded_it_answers_the_same(tmp_path):
    INDEX.save(tmp_path / "film.npz")
    again = FilmIndex.load(tmp_path / "film.npz")
    assert again.search(IMAGES[18]) == INDEX.search(IMAGES[18]) and again.nbytes == INDEX.nbytes and again.frames == 45
    assert again.moved is None and (again.least, again.distance) == (8, 20)
    assert again.add_film(Reader(shot(9, 9)), "more").films == ["small.mp4", "more"]


def test_other_settings_are_kept(tmp_path):
    FilmIndex(100, 30, 25.0, 4, 50, 7).add_film(FILM).save(tmp_path / "film.npz")
    again = FilmIndex.load(tmp_path / "film.npz")
    assert (again.brief.max_points, again.distance, again.moved, again.least) == (100, 30, 25.0, 4)
    assert (again._tree.leaf, again._tree.backtracks) == (50, 7)


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "film.npz"
    INDEX.save(path)
    before = path.read_bytes()

    def breaks(file, **arrays):
        file.write(b"half")
        raise MemoryError

    monkeypatch.setattr(np, "savez", breaks)
    with pytest.raises(MemoryError):
        INDEX.save(path)
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_another_pattern_or_format_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "film.npz"
    INDEX.save(path)
    with monkeypatch.context() as patched:
        patched.setattr(moments, "offsets", lambda: moments.BRIEF and np.zeros((256, 2, 2), np.int64))
        with pytest.raises(ValueError, match="another pattern of BRIEF"):
            FilmIndex.load(path)
    with monkeypatch.context() as patched:
        patched.setattr(moments, "FORMAT", 2)
        with pytest.raises(ValueError, match="reads format 2"):
            FilmIndex.load(path)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ValueError, match="damaged"):
        FilmIndex.load(path)
    with pytest.raises(FileNotFoundError):
        FilmIndex.load(tmp_path / "none.npz")


def test_a_film_that_breaks_off_leaves_the_index_as_it_was():
    class Broken(Reader):
        def frames(self, numbers=None):
            yield from list(super().frames())[:20]
            raise ValueError("the file is damaged")

    index = FilmIndex().add_film(FILM)
    with pytest.raises(ValueError, match="damaged"):
        index.add_film(Broken(IMAGES), "broken")
    assert index.films == ["small.mp4"] and np.array_equal(index.codes, INDEX.codes) and index.frames == 45


@pytest.mark.parametrize("level", [0, 128])
def test_a_constant_film_is_one_shot_without_key_features(level):
    index = FilmIndex().add_film(Reader(np.full((30, 60, 80, 3), level, np.uint8)), "plain")
    assert index.shots.tolist() == [[0, 0, 30]] and len(index.codes) == 0
    answer = index.search(IMAGES[0])
    assert answer.shots == [] and "No track" in answer.words


def test_a_photograph_without_features_gets_words():
    answer = INDEX.search(np.zeros((60, 80, 3), np.uint8))
    assert answer.shots == [] and answer.features == 0 and "no corner" in answer.words
    assert FilmIndex().search(IMAGES[0]).shots == []
    assert best_frame(np.zeros((0, 32), np.uint8), [(4, np.zeros((3, 32), np.uint8))]) == (4, 0)
    assert best_frame(np.zeros((1, 32), np.uint8), [(4, np.zeros((0, 32), np.uint8)), (5, np.zeros((1, 32), np.uint8))]) == (5, 1)


@pytest.mark.parametrize(("call", "says"), [
    (lambda: FilmIndex().add_film(Reader([]), "x"), "no frames"), (lambda: FilmIndex().add_film(Reader(IMAGES[:1]), "x"), "1 frame:"),
    (lambda: FilmIndex().add_film(FILM).add_film(FILM), "already"), (lambda: INDEX.search(IMAGES[0], 0), "k must"),
    (lambda: FilmIndex(least=0), "least"), (lambda: FilmIndex(max_points=0), "max_points"),
    (lambda: FilmIndex(backtracks=-1), "backtracks"),
    (lambda: best_frame(np.zeros((1, 32), np.uint8), []), "without frames"),
    (lambda: nearest_all(np.zeros((0, 4), np.uint64), np.zeros((1, 4), np.uint64)), "no code"),
    (lambda: nearest_all(np.zeros((2, 4), np.uint64), np.zeros((1, 3), np.uint64)), "one length")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_all_ties_of_the_exact_search():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (20_000, 2)).astype(np.uint64)
    q = rng.integers(0, 16, (11, 2)).astype(np.uint64)
    for row, (d, ids) in zip(q, nearest_all(codes, q), strict=True):
        want = np.bitwise_count(codes ^ row).sum(axis=1)
        assert d == want.min() and np.array_equal(ids, np.flatnonzero(want == want.min()))
