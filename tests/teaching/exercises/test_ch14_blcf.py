import numpy as np
import pytest
from scipy import sparse

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.deep.blcf import box_on_grid, histograms
from visret_lab.rerank.windows import PART_WEIGHTS, direct_scores, split
from visret_lab.rerank.word_expansion import expand
from visret_lab.teaching.exercises import ch14_blcf as exercise


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_bags_are_the_packages():
    for assignment, n_words, weights in exercise.bag.cases():
        want = histograms([assignment.astype(np.uint16)], n_words, [weights]).toarray()[0]
        assert np.allclose(exercise.bag.reference(assignment, n_words, weights), want, atol=1e-6)


def test_boxes_are_the_packages():
    for case in exercise.box.cases():
        assert exercise.box.reference(*case) == box_on_grid(*case)


def test_sums_by_slices():
    for values, windows in exercise.sums.cases():
        want = [values[b:d, a:c].sum() for a, b, c, d in windows]
        assert np.allclose(exercise.sums.reference(values, windows), want)


def test_expansion_is_the_packages():
    for queries, base, ranking, n in exercise.expand.cases():
        want = expand(sparse.csr_matrix(queries), sparse.csr_matrix(base), ranking, n).toarray()
        assert np.allclose(exercise.expand.reference(queries, base, ranking, n), want, atol=1e-6)


def test_the_score_is_the_packages():
    rng = np.random.default_rng(0)
    query, image = (rng.integers(0, 6, (8, 8)).astype(np.uint16) for _ in range(2))
    counts = [np.stack([np.bincount(p.ravel(), minlength=6) for p in split(x)]) for x in (query, image)]
    assert exercise.score.reference(*counts) == pytest.approx(direct_scores(query, image)[0])
    assert PART_WEIGHTS.sum() == 4.5


def test_the_word_of_a_position_is_its_nearest():
    for maps, centers in exercise.assign.cases():
        found = exercise.assign.reference(maps, centers)
        y, x = 1, 2
        d = maps[:, y, x] / np.linalg.norm(maps[:, y, x])
        assert found[y, x] == np.argmin(np.linalg.norm(centers - d, axis=1))
