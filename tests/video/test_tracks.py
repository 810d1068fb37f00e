import numpy as np
import pytest
from scipy.stats import binom

from visret_lab.video.key_features import key_feature, two_or_more
from visret_lab.video.tracks import Tracker, distances, linked, word_distances

RNG = np.random.default_rng(0)


def flipped(bits, share, rng):
    """Descriptors with some of their bits turned over."""
    noise = rng.random((len(bits), 8 * bits.shape[1])) < share
    return bits ^ np.packbits(noise, axis=1, bitorder="little")


def film(shots=((12, 15), (9, 20), (30, 10)), seed=1):
    """Frames of shots (number of frames, number of points): things that move by a few pixels, descriptors with a little noise."""
    rng, frames, true = np.random.default_rng(seed), [], []
    for length, count in shots:
        bits, at = rng.integers(0, 256, (count, 32), np.uint8), rng.uniform(100, 500, (count, 2))
        true.append(bits)
        for _ in range(length):
            at = at + rng.normal(0, 3, at.shape)
            order = rng.permutation(count)
            frames.append((at[order].astype(np.float32), flipped(bits, 0.02, rng)[order]))
    return frames, true


def test_distances_are_numbers_of_bits():
    a, b = RNG.integers(0, 256, (5, 32), np.uint8), RNG.integers(0, 256, (7, 32), np.uint8)
    want = [[sum(bin(int(x) ^ int(y)).count("1") for x, y in zip(p, q, strict=True)) for q in b] for p in a]
    assert distances(a, b).tolist() == want


def test_links_are_mutual_and_within_both_limits():
    bits = RNG.integers(0, 256, (3, 32), np.uint8)
    near = bits.copy()
    near[0, 0] ^= 1
    points = np.array([[0, 0], [10, 0], [300, 0]], float)
    assert linked(points, bits, points, near).tolist() == [[0, 0], [1, 1], [2, 2]]
    assert linked(points, bits, points + [[0, 0], [0, 99.9], [0, 100.0]], near).tolist() == [[0, 0], [1, 1]]
    assert linked(points, bits, points, near, distance=1).tolist() == [[1, 1], [2, 2]]
    both = np.concatenate([near[:1], bits[:1]])  # two of the next frame like the first: only the nearer is taken
    assert linked(points[:1], bits[:1], points[[0, 0]], both).tolist() == [[0, 1]]
    assert linked(points[[0, 0]], both, points[:1], bits[:1]).tolist() == [[1, 0]]  # and the other way round
    assert linked(points[:0], bits[:0], points, bits).shape == (0, 2)


def test_tracks_and_cuts_of_a_film_are_found():
    frames, true = film()
    tracker, tracks = Tracker(), []
    for points, bits in frames:
        tracks += tracker.add(points, bits)
    tracks += tracker.finish()
    assert tracker.cuts == [12, 21] and tracker.frames == 51
    whole = [t for t in tracks if (t.first, t.last) in ((0, 11), (12, 20), (21, 50))]
    assert len(whole) >= 40  # of 45: a track ends early where one frame is too noisy
    assert all(len(t) >= 8 for t in tracks)
    keys = np.stack([key_feature(t.bits) for t in whole])
    assert distances(keys, np.concatenate(true)).min(axis=1).max() <= 1


def test_short_tracks_are_dropped_and_empty_frames_end_all():
    frames, _ = film(((7, 5),))
    tracker = Tracker()
    for points, bits in frames:
        assert tracker.add(points, bits) == []
    assert tracker.add(np.zeros((0, 2)), np.zeros((0, 32), np.uint8)) == [] and tracker.cuts == [7]
    assert tracker.finish() == [] and Tracker(least=7).finish() == []


def test_a_black_film_has_no_cut():
    tracker, nothing = Tracker(), (np.zeros((0, 2)), np.zeros((0, 32), np.uint8))
    bits = RNG.integers(0, 256, (4, 32), np.uint8)
    for points, rows in (nothing, nothing, nothing, (np.zeros((4, 2)), bits), (np.zeros((4, 2)), bits), nothing, nothing):
        tracker.add(points, rows)
    assert tracker.cuts == [3, 5]


def test_words_that_are_not_full():
    a, b = RNG.integers(0, 256, (3, 11), np.uint8), RNG.integers(0, 256, (4, 11), np.uint8)
    assert np.array_equal(distances(a, b), np.unpackbits(a[:, None] ^ b[None], axis=2).sum(axis=2))
    assert distances(a[:0], b).shape == (0, 4)


def test_the_limit_of_motion_goes_with_the_width():
    bits = RNG.integers(0, 256, (4, 32), np.uint8)
    at = np.zeros((4, 2))
    for width, cut in ((720, []), (320, [1])):
        tracker = Tracker()
        tracker.add(at, bits, width)
        tracker.add(at + [60, 0], bits, width)
        assert tracker.cuts == cut


def test_the_vote_of_the_frames():
    bits = np.packbits([[1, 1, 0, 0], [1, 0, 0, 1], [0, 1, 0, 0], [0, 1, 0, 0]], axis=1, bitorder="little")
    assert np.unpackbits(key_feature(bits), bitorder="little")[:4].tolist() == [1, 1, 0, 0]  # two of four is a half
    assert np.unpackbits(two_or_more(bits), bitorder="little")[:4].tolist() == [1, 1, 0, 0]


def test_two_or_more_fills_long_tracks_with_ones():
    # A bit that is 0 comes out wrong when enough frames have it turned over, a bit that is 1 when too few still have it.
    rng, true = np.random.default_rng(3), np.full((1, 32), 0b00001111, np.uint8)  # as many ones as zeros
    for length in (8, 40):
        half = -(-length // 2)
        want = [(binom.sf(least - 1, length, 0.08) + binom.cdf(least - 1, length, 0.92)) / 2 for least in (half, 2)]
        found = np.zeros(2)
        for _ in range(100):
            rows = flipped(np.repeat(true, length, axis=0), 0.08, rng)
            found += [distances(vote(rows)[None], true)[0, 0] / 25_600 for vote in (key_feature, two_or_more)]
        assert found == pytest.approx(want, abs=0.01)
    assert want[1] > 0.4 > 0.001 > want[0]


@pytest.mark.parametrize(("call", "says"), [
    (lambda: Tracker(0), "distance"), (lambda: Tracker(moved=0), "moved"),
    (lambda: key_feature(np.zeros((0, 32), np.uint8)), "one frame"),
    (lambda: key_feature(np.zeros((3, 32))), "uint8"), (lambda: Tracker().add(np.zeros((2, 2)), np.zeros((3, 32), np.uint8)), "as many"),
    (lambda: [t.add(np.zeros((1, 2)), np.zeros((1, n), np.uint8)) for t in [Tracker()] for n in (32, 16)], "32 bytes")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_codes_of_different_lengths_are_not_compared():
    with pytest.raises(ValueError, match="4 words .* others of 3"):
        word_distances(np.zeros((2, 4), np.uint64), np.zeros((5, 3), np.uint64))
    assert word_distances(np.zeros((0, 4), np.uint64), np.zeros((5, 4), np.uint64)).shape == (0, 5)
