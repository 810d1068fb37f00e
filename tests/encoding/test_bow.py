import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline

from visret_lab.bench.bow import clustered
from visret_lab.encoding.bow import BagOfWords, idf, soft_weights
from visret_lab.encoding.vocabulary import Vocabulary
from visret_lab.teaching.whiteboard import six_points

POINTS, CENTERS = six_points()


def with_centers(centers):
    words = Vocabulary(len(centers))
    words.centers_ = np.asarray(centers, np.float32)
    return words


WORDS = with_centers(CENTERS)
# Words 0 0 0 1 1 2; only word 0; none; words 0 and 1.
IMAGES = [POINTS, POINTS[:2], [], POINTS[[0, 3]]]


def bags(**settings):
    return BagOfWords(WORDS, dense=True, **settings).fit(IMAGES).transform(IMAGES)


def test_counts_by_hand():
    assert bags(weighting="tf", norm=None).tolist() == [[3, 2, 1], [2, 0, 0], [0, 0, 0], [1, 1, 0]]


def test_tf_idf_by_hand():
    want = np.array([[3 * np.log(4 / 3), 2 * np.log(4 / 2), 1 * np.log(4 / 1)], [2 * np.log(4 / 3), 0, 0], [0, 0, 0],
                     [np.log(4 / 3), np.log(2), 0]])
    assert np.allclose(bags(norm=None), want)
    length = np.linalg.norm(want, axis=1, keepdims=True)
    assert np.allclose(bags(), want / np.where(length, length, 1))
    total = want.sum(axis=1, keepdims=True)
    assert np.allclose(bags(norm="l1"), want / np.where(total, total, 1))


def test_binary_and_burstiness_by_hand():
    i = np.log([4 / 3, 4 / 2, 4 / 1])
    assert np.allclose(bags(weighting="binary", norm=None)[0], i)
    assert np.allclose(bags(burstiness=0.5, norm=None)[0], np.sqrt([3, 2, 1]) * i)


def test_an_image_without_descriptors_is_a_zero_row():
    sparse_bags = BagOfWords(WORDS).fit(IMAGES).transform(IMAGES)
    assert sparse.issparse(sparse_bags) and sparse_bags.format == "csr" and sparse_bags.dtype == np.float32
    assert sparse_bags[2].nnz == 0
    assert np.allclose(np.linalg.norm(sparse_bags.toarray(), axis=1), [1, 1, 0, 1])
    assert BagOfWords(WORDS).fit(IMAGES).transform([[]]).shape == (1, 3)


def test_stop_words_are_the_most_frequent_ones():
    encoder = BagOfWords(WORDS, stop=0.34, norm=None, weighting="tf", dense=True).fit(IMAGES)
    assert encoder.kept_.tolist() == [False, True, True]
    assert encoder.transform(IMAGES)[0].tolist() == [0, 2, 1]


def test_a_word_that_nobody_has_gets_zero():
    assert idf([0, 1, 4], 4).tolist() == [0, np.log(4), 0]
    encoder = BagOfWords(WORDS).fit(IMAGES[1:])
    assert np.isfinite(encoder.transform(IMAGES).toarray()).all() and encoder.idf_[2] == 0


def test_idf_comes_from_fit_not_from_the_queries():
    encoder = BagOfWords(WORDS).fit(IMAGES)
    before = encoder.idf_.copy()
    alone = encoder.transform(IMAGES[:1]).toarray()
    assert np.allclose(alone, encoder.transform(IMAGES)[:1].toarray()) and (encoder.idf_ == before).all()


def test_soft_weights_by_hand():
    squared = np.array([[1.0, 3.0]])
    e = np.exp([-1 / (2 * 4), -3 / (2 * 4)])
    assert np.allclose(soft_weights(squared, 2.0), e / e.sum())
    assert np.allclose(soft_weights(squared + 1e6, 0.1).sum(), 1)  # far from everything: no 0 / 0


def test_soft_assignment_by_a_loop():
    got = bags(soft=2, sigma=3.0, weighting="tf", norm=None)
    want = np.zeros((4, 3))
    for d, image in enumerate(IMAGES):
        for x in image:
            squared = ((CENTERS - x) ** 2).sum(axis=1)
            two = np.argsort(squared)[:2]
            w = np.exp(-squared[two] / (2 * 3.0**2))
            want[d, two] += w / w.sum()
    assert np.allclose(got, want, atol=1e-5)


def test_one_soft_word_is_hard_assignment():
    assert np.allclose(bags(soft=1, sigma=0.01), bags())


def test_a_small_sigma_is_hard_assignment():
    assert np.allclose(bags(soft=3, sigma=0.05), bags(), atol=1e-6)


@pytest.mark.parametrize("settings", [{}, {"burstiness": 0.5, "stop": 0.34}, {"soft": 2, "sigma": 3.0, "norm": "l1"}])
def test_fit_transform_is_fit_and_transform(settings):
    encoder = BagOfWords(WORDS, dense=True, **settings)
    assert (encoder.fit_transform(IMAGES) == encoder.transform(IMAGES)).all()
    assert (encoder.fit_transform(IMAGES) == bags(**settings)).all()


def test_the_vocabulary_is_learnt_where_it_is_not_fitted():
    images = [clustered(40, np.random.default_rng(s)) for s in range(4)]
    unfitted = Vocabulary(12, seed=5)
    for given in (12, unfitted):
        encoder = BagOfWords(given).fit(images)
        assert encoder.vocabulary_.centers_.shape == (12, 128)
    assert not hasattr(unfitted, "centers_")  # scikit-learn's rule: fit leaves the settings alone
    fitted = Vocabulary(12).fit(images)
    assert BagOfWords(fitted).fit(images[:2]).vocabulary_ is fitted


def test_faces_of_scikit_learn():
    images = [clustered(40, np.random.default_rng(s)) for s in range(4)]
    fitted = Vocabulary(12).fit(images[:2])
    assert clone(BagOfWords(12, soft=2)).get_params()["soft"] == 2
    frozen = clone(BagOfWords(FrozenEstimator(fitted)))
    assert np.allclose(frozen.fit(images).vocabulary_.centers_, fitted.centers_)
    assert make_pipeline(BagOfWords(fitted)).fit_transform(images).shape == (4, 12)


def test_approximate_words_give_nearly_the_same_bags():
    images = [clustered(300, np.random.default_rng(s)) for s in range(4)]
    words = Vocabulary(200, n_iter=3).fit(images)
    exact, two_levels = (BagOfWords(words, exact=e).fit(images).transform(images).toarray() for e in (True, False))
    assert ((exact * two_levels).sum(axis=1) > 0.9).all()


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: BagOfWords(WORDS).transform(IMAGES), NotFittedError, "not fitted"),
    (lambda: BagOfWords(WORDS).fit([np.zeros((3, 5))]), ValueError, "5 columns, but 2"),
    (lambda: BagOfWords(WORDS).fit([np.full((3, 2), np.nan)]), ValueError, "not finite"),
    (lambda: BagOfWords(WORDS).fit(POINTS), TypeError, "list with one array"),
    (lambda: BagOfWords(WORDS, weighting="idf").fit(IMAGES), ValueError, "weighting must be"),
    (lambda: BagOfWords(WORDS, norm="max").fit(IMAGES), ValueError, "norm must be"),
    (lambda: BagOfWords(WORDS, stop=1).fit(IMAGES), ValueError, "stop is a share"),
    (lambda: BagOfWords(WORDS, soft=4).fit(IMAGES), ValueError, "between 1 and the 3 words"),
    (lambda: BagOfWords(WORDS, sigma=0).fit(IMAGES), ValueError, "above 0"),
    (lambda: BagOfWords(99).fit(IMAGES), ValueError, "99 words cannot be learnt"),
    (lambda: BagOfWords(3).fit([[], []]), ValueError, "None of the 2 images"),
])
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
