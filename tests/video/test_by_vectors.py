import numpy as np
import pytest

from visret_lab.video.shots.by_vectors import as_shots, by_vectors, cosine_distances, random_shots


def film():
    """Three shots of 4, 1 and 5 frames, each around a direction of its own."""
    rng = np.random.default_rng(0)
    return (np.repeat(np.eye(8)[:3], (4, 1, 5), axis=0) + 0.02 * rng.normal(size=(10, 8))).astype(np.float32)


def test_the_distance_is_one_minus_the_cosine_whatever_the_length():
    x = np.array([[2.0, 0], [0, 3], [0, 9], [-1, 0], [0, 0], [0, 0]], np.float32)
    assert np.allclose(cosine_distances(x), [1, 0, 1, 1, 0])


def test_two_equal_black_frames_are_no_cut():
    assert by_vectors(np.zeros((5, 4))).tolist() == [[0, 5]]
    assert by_vectors(np.ones((1, 4))).tolist() == [[0, 1]]


def test_shots_of_several_frames():
    x = film()[[0, 1, 2, 3, 5, 6, 7]]
    assert by_vectors(x).tolist() == [[0, 4], [4, 7]]
    assert by_vectors(x, 1.9).tolist() == [[0, 7]]


def test_bad_vectors():
    with pytest.raises(ValueError, match="no frame"):
        by_vectors(np.zeros((0, 4)))
    with pytest.raises(ValueError, match="not finite"):
        by_vectors([[1, np.nan]])


def test_random_shots_cover_the_film():
    for seed in range(5):
        shots = random_shots(20, 6, np.random.default_rng(seed))
        assert len(shots) == 6 and shots[0, 0] == 0 and shots[-1, 1] == 20 and (shots[1:, 0] == shots[:-1, 1]).all()
        assert (np.diff(shots, axis=1) > 0).all()
    assert random_shots(1, 1, np.random.default_rng(0)).tolist() == [[0, 1]]
    for shots in (0, 21):
        with pytest.raises(ValueError, match="1 to 20"):
            random_shots(20, shots, np.random.default_rng(0))


def test_as_shots_sorts():
    assert as_shots([7, 3], 9).tolist() == [[0, 3], [3, 7], [7, 9]]
