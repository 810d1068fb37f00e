import numpy as np
import pytest
import torch
from sklearn.metrics import ndcg_score

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.crossmodal import captions, describers
from visret_lab.evaluation import ndcg
from visret_lab.teaching.exercises import ch26_semantic_retrieval as exercise


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_teacher_is_the_packages():
    for case in exercise.teacher.cases():
        assert np.allclose(exercise.teacher.reference(*case), captions.caption_similarity(*case), atol=1e-6)


def test_triplets_are_those_of_the_package():
    class Drawn:  # a Generator whose draws are known
        def __init__(self, rows):
            self.rows = rows

        def integers(self, n, size):
            assert size[0] >= len(self.rows)
            return np.concatenate([self.rows, np.zeros((size[0] - len(self.rows), 3), np.int64)])

    for s, rows, gap in exercise.draw.cases():
        ours = captions.draw_triplets(Drawn(rows), s, len(rows), gap, tries=1)
        assert np.array_equal(exercise.draw.reference(s, rows, gap), ours) and len(ours)


def test_the_losses_are_the_packages():
    for phi, theta, triplets, margin in exercise.joint.cases():
        a, b = torch.from_numpy(phi), torch.from_numpy(theta)
        assert exercise.joint.reference(phi, theta, triplets, margin) == pytest.approx(
            captions.semantic_loss(a, b, triplets, margin).item())
        assert exercise.visual.reference(phi, triplets, margin) == pytest.approx(captions.semantic_loss(a, None, triplets, margin).item())


def test_ndcg_is_the_packages_and_scikit_learns():
    for ranking, grades, k in exercise.graded.cases():
        mine, gains = exercise.graded.reference(ranking, grades, k), 2.0**grades - 1
        scores = np.empty(len(gains))
        scores[ranking] = -np.arange(len(gains))
        assert mine == pytest.approx(ndcg(ranking[None], gains[None], k)[0]) and mine == pytest.approx(ndcg_score([gains], [scores], k=k))


def test_the_query_and_the_agreement_are_the_packages():
    for case in exercise.words.cases():
        assert np.allclose(exercise.words.reference(*case), captions.multimodal_query(*case), atol=1e-6)
    for a, b, rows in exercise.agreement.cases():
        assert exercise.agreement.reference(a, b, rows) == pytest.approx(describers.agreement(a, b, rows)[0].mean())
