import numpy as np
import pytest
import torch

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.compact.pca import PCA
from visret_lab.deep.netvlad import netvlad
from visret_lab.deep.pooling import gem
from visret_lab.deep.whitening import Whitening
from visret_lab.teaching.exercises import ch17_end_to_end as exercise
from visret_lab.training.losses.batch_triplet import batch_triplet
from visret_lab.training.losses.triplet import triplet
from visret_lab.training.mining import hard_negatives


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_losses_are_the_packages():
    for q, p, n, m in exercise.triplets.cases():
        want = float(triplet(*(torch.from_numpy(x)[None] for x in (q, p, n)), m))
        assert exercise.triplets.reference(q, p, n, m) == pytest.approx(want, rel=1e-9)
    for vectors, labels, m in exercise.batch.cases():
        assert exercise.batch.reference(vectors, labels, m) == pytest.approx(
            float(batch_triplet(torch.from_numpy(vectors), torch.from_numpy(labels), m)), rel=1e-9)


def test_the_negatives_are_the_packages():
    for similar, labels, own, count in exercise.negatives.cases():
        assert exercise.negatives.reference(similar, labels, own, count).tolist() == hard_negatives(similar[None], labels, [own], count)[0].tolist()


def test_the_layer_is_the_packages():
    x = np.random.default_rng(0).normal(size=(50, 6)).astype(np.float32)
    pca = PCA(4, power=0.5).fit(x)
    found = exercise.layer.reference(pca.components_ * np.asarray(pca.scale_)[:, None], pca.mean_)
    want = Whitening(pca)
    assert np.allclose(found[:, :-1], want.weight.detach().numpy(), atol=1e-5)
    assert np.allclose(found[:, -1], want.bias.detach().numpy(), atol=1e-5)


def test_the_layer_of_words_is_the_packages():
    for x, centers, alpha in exercise.vlad_layer.cases():
        c = torch.from_numpy(centers)
        maps = torch.from_numpy(x.T.copy()).reshape(1, x.shape[1], -1, 1)
        found = netvlad(maps, 2 * alpha * c, -alpha * (c**2).sum(1), c)[0]
        assert np.allclose(exercise.vlad_layer.reference(x, centers, alpha), found.numpy(), atol=1e-6)


def test_the_slope_is_autograds():
    for x, p in exercise.power.cases():
        power = torch.tensor(p, dtype=torch.float64, requires_grad=True)
        gem(torch.from_numpy(x).reshape(1, 1, 3, 4), power).sum().backward()
        assert exercise.power.reference(x, p) == pytest.approx(float(power.grad), rel=1e-6)
