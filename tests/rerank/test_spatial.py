import numpy as np
import pytest

from visret_lab.bench.bow import clustered
from visret_lab.rerank.spatial import verify_top


def scene(seed):
    rng = np.random.default_rng(seed)
    return np.c_[rng.uniform(0, 200, (40, 2)), np.full((40, 2), 5.0)], clustered(40, rng)


def moved(image, by):
    return image[0] + [by, by / 2, 0, 0], image[1]


def shuffled(image):
    """The same descriptors at other places: all match, none agrees."""
    return np.random.default_rng(9).permutation(image[0]), image[1]


DATABASE = [scene(1), shuffled(scene(0)), moved(scene(0), 30), ([], np.zeros((0, 128), np.float32)), scene(2)]


def test_the_image_whose_matches_agree_comes_first():
    ranking, inliers = verify_top(np.array([[1, 0, 2, 3, 4]]), [scene(0)], DATABASE, top=4)
    assert ranking[0, 0] == 2 and inliers[0, 0] == 40 and (np.diff(inliers[0]) <= 0).all()
    assert ranking[0, 4] == 4 and sorted(ranking[0]) == [0, 1, 2, 3, 4]


def test_behind_the_head_nothing_changes_and_equal_counts_keep_their_order():
    ranking, inliers = verify_top(np.array([[4, 0, 3, 2, 1]]), [scene(0)], DATABASE, top=3)
    assert ranking.tolist() == [[4, 0, 3, 2, 1]] and inliers.tolist() == [[0, 0, 0]]


def test_many_equal_counts_keep_their_order():
    # Sixty images, as a sort of a few numbers keeps their order by luck. Even ids match the query, odd ones are empty.
    database = [moved(scene(0), 30), ([], np.zeros((0, 128), np.float32))] * 30
    order = np.random.default_rng(0).permutation(60)
    ranking, inliers = verify_top(order[None], [scene(0)], database, top=60)
    assert np.unique(inliers).tolist() == [0, 40]
    assert ranking[0].tolist() == [*order[order % 2 == 0], *order[order % 2 == 1]]


def test_the_callers_list_is_left_alone_and_top_may_exceed_it():
    old = np.array([[1, 2]])
    new, inliers = verify_top(old, [scene(0)], DATABASE, top=50)
    assert old.tolist() == [[1, 2]] and new.tolist() == [[2, 1]] and inliers.shape == (1, 2)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="at least 1"):
        verify_top(np.array([[0]]), [scene(0)], DATABASE, top=0)
    with pytest.raises(ValueError, match="one row a query"):
        verify_top(np.array([[0], [1]]), [scene(0)], DATABASE)
