import numpy as np
import torch

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.compact.pca import PCA
from visret_lab.deep import minivgg as mini
from visret_lab.deep.backbones import Backbone
from visret_lab.deep.extract import resized
from visret_lab.deep.neural_codes import spatial_distances
from visret_lab.deep.one import RegionNeighbours
from visret_lab.teaching.exercises import ch12_neural_codes as exercise


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_preparation_is_the_packages():
    for image, mean, deviation in exercise.prepare.cases():
        made = Backbone("b", torch.nn.Identity(), {}, mean.tolist(), deviation.tolist())
        assert np.allclose(exercise.prepare.reference(image, mean, deviation), made.prepare(image)[0].numpy(), atol=1e-4)


def test_the_size_is_the_packages():
    for height, width, longest in exercise.fit_size.cases():
        image = np.zeros((height, width, 3), np.uint8)
        assert tuple(exercise.fit_size.reference(height, width, longest)) == resized(image, longest).shape[:2]


def test_the_layer_before_the_last_is_the_networks():
    torch.manual_seed(0)
    network = mini.MiniVGG(5).eval()
    linear = [m for m in network.classifier if isinstance(m, torch.nn.Linear)]
    maps = np.random.default_rng(0).normal(size=linear[0].in_features)
    layers = [(m.weight.detach().double().numpy(), m.bias.detach().double().numpy()) for m in linear]
    with torch.no_grad():
        want = network.classifier[:5](torch.from_numpy(maps).float()).numpy()
    assert np.allclose(exercise.last_but_one.reference(maps, layers), want / np.linalg.norm(want), atol=1e-4)


def test_the_short_code_is_the_packages():
    for train, x, d in exercise.shorten.cases():
        made = PCA(d, l2_before=True, l2_after=True).fit(train).transform(x)
        assert np.allclose(exercise.shorten.reference(train, x, d), made * np.sign(made[:1]), atol=1e-4)


def test_the_search_with_windows_is_the_packages():
    for asked, base in exercise.spatial.cases():
        assert np.allclose(exercise.spatial.reference(asked, base), spatial_distances(asked, base), atol=1e-5)


def test_names_by_windows_are_the_packages():
    for asked, base, groups in exercise.one.cases():
        assert np.array_equal(exercise.one.reference(asked, base, groups), RegionNeighbours().fit(base, groups).predict(asked))
