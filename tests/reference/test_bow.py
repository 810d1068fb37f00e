"""Bags of words against OpenCV, scikit-learn and SciPy; k-means against scikit-learn's; the races of the chapter."""

import cv2
import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import normalize

from visret_lab.bench.bow import bags, clustered, races
from visret_lab.bench.race import run_race
from visret_lab.encoding.bow import BagOfWords
from visret_lab.encoding.vocabulary import Vocabulary, lloyd
from visret_lab.search.inverted import InvertedFile

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def images():
    return [clustered(60, np.random.default_rng(s)) for s in range(8)]


def test_lloyd_is_scikit_learns_kmeans_from_the_same_centres():
    x = np.random.default_rng(0).random((200, 5))
    centers, labels, error = lloyd(x, x[:6], n_iter=50)
    theirs = KMeans(6, init=x[:6], n_init=1, max_iter=50, algorithm="lloyd", tol=0).fit(x)
    assert np.allclose(centers, theirs.cluster_centers_, atol=1e-9) and (labels == theirs.labels_).all()
    assert error[-1] == pytest.approx(theirs.inertia_)


def test_tf_idf_is_scikit_learns_without_its_plus_one(images):
    # TfidfTransformer has ln(N / N_i) + 1 (smooth_idf=False), so that a word of all documents still counts; ours has no + 1.
    words = Vocabulary(40).fit(images)
    counts = BagOfWords(words, weighting="tf", norm=None).fit(images).transform(images)
    theirs = TfidfTransformer(smooth_idf=False, norm=None).fit(counts)
    ours = BagOfWords(words).fit(images)
    assert np.allclose(ours.idf_, theirs.idf_ - 1)
    want = normalize(counts.multiply(theirs.idf_ - 1).tocsr())
    assert np.abs((ours.transform(images) - want).toarray()).max() < 1e-6


def test_counts_are_those_of_opencvs_matcher(images):
    words = Vocabulary(40).fit(images)
    ours = BagOfWords(words, weighting="tf", norm=None, dense=True).fit(images).transform(images)
    for row, image in zip(ours, images, strict=True):
        nearest = [m.trainIdx for m in cv2.BFMatcher(cv2.NORM_L2).match(image, words.centers_)]
        assert np.abs(row - np.bincount(nearest, minlength=40)).sum() <= 2  # two words may be equally near in float32


def test_the_inverted_file_is_scipys_product():
    rng = np.random.default_rng(2)
    database, queries = bags(80, 300, 40, rng), bags(9, 300, 40, rng)
    want = (queries.astype(np.float64) @ database.astype(np.float64).T).toarray()
    assert np.abs(InvertedFile().add(database).scores(queries) - want).max() < 1e-6


def test_the_intersection_is_scipys_cityblock_distance():
    rng = np.random.default_rng(3)
    database, queries = normalize(bags(80, 300, 40, rng), "l1"), normalize(bags(9, 300, 40, rng), "l1")
    want = 1 - cdist(queries.toarray(), database.toarray(), "cityblock") / 2
    assert np.abs(InvertedFile("intersection").add(database).scores(queries) - want).max() < 1e-6


def test_the_races_have_equal_outputs():
    for race in races(small=True):
        assert run_race(race, repeat=1)["max_difference"] <= race.tolerance


def test_a_low_recall_stops_the_race():
    race = races(small=True)[0]
    quantise = race.ours.__self__
    quantise.two_level.probes = 1
    quantise.__dict__.pop("recall", None)
    with pytest.raises(ValueError, match="below 0.95"):
        race.ours()
