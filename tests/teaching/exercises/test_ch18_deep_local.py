import numpy as np
import torch

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.deep.delf import Layer, places
from visret_lab.deep.patches import normalised
from visret_lab.evaluation.matching_accuracy import accuracy_curve, reprojection_errors
from visret_lab.teaching.exercises import ch18_deep_local as exercise
from visret_lab.training.losses.hardest_in_batch import hardest, hardest_in_batch


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_light_is_the_packages_up_to_the_deviation():
    (x,) = exercise.light.cases()[0]
    n = x[0].size
    ours = normalised(torch.from_numpy(x)[:, None])[:, 0].numpy() * np.sqrt(n / (n - 1))  # torch divides by n - 1
    assert np.allclose(exercise.light.reference(x), ours, atol=1e-6)


def test_negatives_and_loss_are_the_packages():
    for a, p, margin in exercise.loss.cases():
        rows = torch.from_numpy(a), torch.from_numpy(p)
        assert np.isclose(exercise.loss.reference(a, p, margin), hardest_in_batch(*rows, margin=margin).item(), atol=1e-9)
        found = hardest(*rows)
        assert np.allclose(exercise.negatives.reference(found.distances.numpy()), found.negative)


def test_keypoints_are_the_packages():
    for scores, scales, stride, _ in exercise.keypoints.cases():
        for score, scale in zip(scores, scales, strict=True):
            every = exercise.keypoints.reference([score], [scale], stride, score.size)
            order = np.argsort(-score.ravel(), kind="stable")
            small = (1000, 1000)
            whole = (round(1000 / scale),) * 2
            want = places(score.shape, Layer("x", stride, (stride - 1) / 2, 1), small, whole)[order, :2]
            assert np.abs(every - want).max() < 0.3  # a whole number of pixels


def test_right_matches_are_the_packages():
    for a, b, m, h, t in exercise.right.cases():
        assert exercise.right.reference(a, b, m, h, t) == accuracy_curve(reprojection_errors(a, b, m, h), (t,))[0]
