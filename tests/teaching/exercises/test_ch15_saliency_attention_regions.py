import numpy as np
import torch

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.arrays import l2_normalize
from visret_lab.deep.attention import ContextAttention
from visret_lab.deep.class_activation import Head, activation, unit_maps
from visret_lab.deep.saliency.spectral_residual import residual
from visret_lab.deep.weighted import grid_weights, weighted_sum
from visret_lab.teaching.exercises import ch15_saliency_attention_regions as exercise


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_grid_is_the_packages_where_nothing_is_interpolated():
    for saliency, height, width in exercise.to_grid.cases():
        cell = saliency.shape[0] // height
        if cell * height == saliency.shape[0] and cell == 16:
            assert np.allclose(exercise.to_grid.reference(saliency, height, width), grid_weights(saliency, height, width))
    large = np.random.default_rng(0).random((48, 64)).astype(np.float32)
    assert np.allclose(exercise.to_grid.reference(large, 3, 4), grid_weights(large, 3, 4), atol=1e-6)


def test_the_weighted_similarity_is_the_packages():
    for query, image, weights in exercise.weighted.cases():
        want = l2_normalize(weighted_sum(query)) @ l2_normalize(weighted_sum(image, weights))
        assert np.isclose(exercise.weighted.reference(query, image, weights), want, atol=1e-6)


def test_the_residual_is_the_packages():
    for (grey,) in exercise.spectral.cases():
        assert np.allclose(exercise.spectral.reference(grey), residual(grey.astype(np.float32)), rtol=1e-3)


def test_the_activation_map_is_the_packages():
    for maps, weight, k in exercise.cam.cases():
        head = Head("last", weight, np.zeros(len(weight)), ())
        assert np.allclose(exercise.cam.reference(maps, weight, k), unit_maps(activation(torch.from_numpy(maps)[None], head, [k]))[0, 0], atol=1e-6)


def test_the_attention_is_the_packages():
    for regions, whole, hidden, bias, out in exercise.attend.cases():
        network = ContextAttention(3, 4)
        with torch.no_grad():
            for parameter, value in zip(network.parameters(), (hidden, bias, out[None], np.zeros(1)), strict=True):
                parameter.copy_(torch.from_numpy(value))
            a = network(torch.from_numpy(regions)[None].float(), torch.from_numpy(whole)[None].float())[0].numpy()
        want = l2_normalize((a[:, None] * l2_normalize(regions)).mean(axis=0))
        assert np.allclose(exercise.attend.reference(regions, whole, hidden, bias, out), want, atol=1e-5)
