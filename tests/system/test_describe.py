from dataclasses import replace

import numpy as np
import pytest

from visret_lab.arrays import l2_normalize
from visret_lab.datasets import load
from visret_lab.deep.extract import extract_vectors
from visret_lab.features.local import SIFT
from visret_lab.system import describe
from visret_lab.system.describe import Describer, fuse_networks, fuse_sizes, pack, unpack
from visret_lab.system.recipe import Recipe

rng = np.random.default_rng(0)
IMAGE = np.kron(rng.integers(0, 255, (12, 16, 3), np.uint8), np.ones((10, 10, 1), np.uint8))


def test_a_description_is_a_unit_vector_and_packed_features():
    made = Describer(Recipe(networks=("gem", "rmac"), sides=(96, 160), local="rootsift", points=40, local_side=160))
    one = made(IMAGE)
    assert one.vector.dtype == np.float32 and one.vector.shape == (224,) and np.isclose(np.linalg.norm(one.vector), 1)
    assert one.points.dtype == np.uint16 and one.descriptors.dtype == np.uint8 and one.descriptors.shape == (len(one.points), 128)
    assert 10 < len(one.points) <= 40 and one.size == (160, 120)
    assert one.nbytes == 4 * 224 + 132 * len(one.points)
    assert made.seconds["network"] > 0 and made.seconds["local"] > 0
    assert np.array_equal(made(IMAGE).vector, one.vector)


def test_sizes_and_networks_are_fused_by_the_means_of_their_cosines():
    a, b = rng.normal(size=(2, 3, 5)).astype(np.float32), rng.normal(size=(3, 7)).astype(np.float32)
    unit = a / np.linalg.norm(a, axis=-1, keepdims=True)
    mean = unit[0] + unit[1]
    assert np.allclose(fuse_sizes(a), mean / np.linalg.norm(mean, axis=1, keepdims=True), atol=1e-6)
    both = fuse_networks([fuse_sizes(a), b])
    v = b / np.linalg.norm(b, axis=1, keepdims=True)
    assert np.allclose(both @ both.T, (fuse_sizes(a) @ fuse_sizes(a).T + v @ v.T) / 2, atol=1e-6)


def test_a_vector_is_that_of_the_stations_for_pictures_and_for_parts():
    """The run of the chapter takes its vectors from `extract_vectors`: they must be what an index keeps."""
    data = load("town", tier="mini")
    few = replace(data, ids=data.ids[:3], queries=[q for q in data.queries if min(data.query_image(q).shape[:2]) > 100][:3])
    made, (backbone, layer, pool, _) = Describer(Recipe(sides=(226,))), describe.network("gem")
    for queries, items in ((False, few.ids), (True, few.queries)):
        want = l2_normalize(extract_vectors(backbone, layer, pool, few, queries=queries, longest=226))
        got = [made(data.image(i.image_id), i.box) if queries else made(data.image(i)) for i in items]
        assert np.allclose([one.vector for one in got], want, atol=1e-4)


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (500, 3), (20, 20), (64, 64)])
def test_small_and_narrow_pictures_have_a_description(shape):
    one = Describer(Recipe(sides=(160,), local="rootsift", local_side=160))(np.full((*shape, 3), 90, np.uint8))
    assert np.isfinite(one.vector).all() and np.isclose(np.linalg.norm(one.vector), 1, atol=1e-5)


def test_packing_costs_little_and_matches_stay():
    points, rows = SIFT(60).detect(IMAGE)
    places, steps = pack(points, rows)
    again, back = unpack(places, steps)
    assert places.nbytes + steps.nbytes == 132 * len(points)
    assert np.abs(again - points[:, :2]).max() <= 0.5 / describe.PLACES + 1e-6
    assert (back * rows).sum(axis=1).min() > 0.99 and np.allclose(np.linalg.norm(back, axis=1), 1)
    signed = rng.normal(size=(9, 128)).astype(np.float32)
    signed /= np.linalg.norm(signed, axis=1, keepdims=True)
    assert (unpack(*pack(points[:9], signed, signed=True), signed=True)[1] * signed).sum(axis=1).min() > 0.999


def test_the_fingerprint_follows_weights_and_whitening():
    learnt = [describe.learn_whitening(rng.normal(size=(200, 160)).astype(np.float32)) for _ in range(2)]
    recipe = Recipe(whiten=True)
    prints = {Describer(recipe, {"gem": pca}).fingerprint for pca in learnt}
    assert len(prints | {Describer(Recipe()).fingerprint, Describer(Recipe(networks=("rmac",))).fingerprint}) == 4
    assert Describer(recipe, {"gem": learnt[0]})(IMAGE).vector.shape == (160,)
    with pytest.raises(ValueError, match="needs one fitted PCA"):
        Describer(recipe)


def test_what_is_no_picture_is_an_error():
    made = Describer(Recipe(sides=(96,)))
    with pytest.raises(ValueError):
        made(np.zeros((4, 4), np.uint8))
    with pytest.raises(ValueError, match="box"):
        made(IMAGE, (500, 500, 600, 600))
    with pytest.raises(ValueError, match="no network"):
        describe.network("vgg")


def test_learnt_local_features_can_be_kept_too():
    one = Describer(Recipe(sides=(96,), local="hardnet", points=20, local_side=160))(IMAGE)
    assert one.descriptors.shape[1] == 128 and len(one.points) > 5
