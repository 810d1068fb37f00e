"""BLCF, window re-ranking and sparse queries against other libraries and the direct count."""

import numpy as np
import pytest
from sklearn.decomposition import PCA as SklearnPCA
from sklearn.metrics import pairwise_distances_argmin
from sklearn.preprocessing import normalize

from visret_lab.bench.deep_words import races, random_maps
from visret_lab.bench.race import run_race
from visret_lab.compact.pca import PCA
from visret_lab.deep.blcf import BLCF, histograms, upsampled

WHITEN = PCA(power=0.5, l2_before=True, l2_after=True)

pytestmark = pytest.mark.reference


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.name)
def test_the_races_agree(race):
    assert np.abs(race.ours()).max() > 0.05
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance


def test_the_chain_of_scikit_learn():
    maps = random_maps(6, 8, 5, 6, np.random.default_rng(1))
    model = BLCF(15, WHITEN, per_word=40).fit(maps)
    rows = normalize(np.concatenate([upsampled(x).reshape(8, -1).T for x in maps]))
    white = normalize(SklearnPCA(whiten=True).fit(rows).transform(rows))  # all rows were learnt from
    ours = model.pca_.transform(rows)
    assert np.abs(np.abs(ours) - np.abs(white)).max() < 1e-3
    words = pairwise_distances_argmin(ours, model.vocabulary_.centers_)
    found = np.concatenate([a.ravel() for a in model.transform(maps)])
    assert (words == found).mean() > 0.999


def test_histograms_are_bincounts():
    maps = BLCF(15, WHITEN, per_word=40).fit(m := random_maps(6, 8, 5, 6, np.random.default_rng(1))).transform(m)
    weights = [np.random.default_rng(i).uniform(size=a.shape) for i, a in enumerate(maps)]
    got = histograms(maps, 15, weights, norm=None).toarray()
    want = [np.bincount(a.ravel(), w.ravel(), 15) for a, w in zip(maps, weights, strict=True)]
    assert np.allclose(got, want, atol=1e-5)
