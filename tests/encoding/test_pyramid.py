import numpy as np
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from visret_lab.bench.aggregate import fitted_vocabulary
from visret_lab.encoding.pyramid import SpatialPyramid, cell_index
from visret_lab.encoding.vlad import VLAD


class Counter(BaseEstimator):
    """Number of descriptors in a set, as a vector of length 1; sparse if wanted."""

    def __init__(self, sparse=False):
        self.sparse = sparse

    def fit(self, descriptors):
        self.seen_ = len(descriptors)
        return self

    def transform(self, descriptors):
        out = np.array([[len(d)] for d in descriptors], np.float32)
        return sparse.csr_array(out) if self.sparse else out


# 40 high, 80 wide. Upper left, upper right, and two in the lower right.
POINTS = np.array([[5.0, 5], [70, 5], [70, 35], [60, 30]])
FEATURES = [(POINTS, np.zeros((4, 3)))]


def test_cells_are_counted_row_by_row():
    assert cell_index(POINTS, (40, 80), 0).tolist() == [0, 0, 0, 0]
    assert cell_index(POINTS, (40, 80), 1).tolist() == [0, 1, 3, 3]
    assert cell_index(POINTS, (40, 80), 2).tolist() == [0, 3, 15, 15]  # (60, 30) stands on a border: it belongs below and right


def test_the_last_border_belongs_to_the_last_cell():
    assert cell_index(np.array([[80.0, 40], [80.4, 0], [-0.3, 40]]), (40, 80), 1).tolist() == [3, 1, 2]


def test_21_cells_with_the_weights_of_the_paper():
    out = SpatialPyramid(Counter()).fit(FEATURES).transform(FEATURES, (40, 80))
    assert out.shape == (1, 21) and out.dtype == np.float32
    raw = np.r_[np.sqrt(0.25) * 4, np.sqrt(0.25) * np.array([1, 1, 0, 2]), np.zeros(16)]
    raw[5 + np.array([0, 3, 15])] = np.sqrt(0.5) * np.array([1, 1, 2])
    assert np.allclose(out, raw / np.linalg.norm(raw))


def test_one_level_is_the_encoder_itself():
    words = VLAD(vocabulary=fitted_vocabulary(np.eye(3)))
    features = [(POINTS, np.random.default_rng(0).random((4, 3)))]
    assert np.allclose(SpatialPyramid(words, 1, refit=False).fit(features).transform(features, (40, 80)),
                       words.transform([features[0][1]]))


def test_own_weights_and_sizes():
    two = FEATURES + [(POINTS / 2, np.zeros((4, 3)))]
    pyramid = SpatialPyramid(Counter(), 2, weights=(0, 1)).fit(two)
    out = pyramid.transform(two, [(40, 80), (20, 40)])
    assert np.allclose(out, np.array([[0, 1, 1, 0, 2]] * 2) / np.sqrt(6))


def test_sparse_encoders_stay_sparse():
    dense = SpatialPyramid(Counter()).fit(FEATURES).transform(FEATURES, (40, 80))
    thin = SpatialPyramid(Counter(sparse=True)).fit(FEATURES).transform(FEATURES, (40, 80))
    assert sparse.issparse(thin) and np.allclose(thin.toarray(), dense)


def test_an_image_without_points_is_a_zero_row():
    features = FEATURES + [(np.zeros((0, 2)), np.zeros((0, 3)))]
    out = SpatialPyramid(Counter()).fit(features).transform(features, (40, 80))
    assert out[0].any() and not out[1].any()


def test_fitting_copies_the_encoder():
    encoder = Counter()
    assert SpatialPyramid(encoder).fit(FEATURES).encoder_.seen_ == 1 and not hasattr(encoder, "seen_")


def test_unfitted():
    with pytest.raises(NotFittedError):
        SpatialPyramid(Counter()).transform(FEATURES, (40, 80))


@pytest.mark.parametrize(("options", "sizes", "words"), [
    ({}, (80, 40), "swapped"), ({}, [(40, 80)] * 3, "each of the 1 images"), ({"levels": 0}, (40, 80), "at least 1"),
    ({"weights": (1, 2)}, (40, 80), "one a level"), ({"weights": (0, 0, 0)}, (40, 80), "not all 0")])
def test_bad_input(options, sizes, words):
    with pytest.raises(ValueError, match=words):
        SpatialPyramid(Counter(), **options).fit(FEATURES).transform(FEATURES, sizes)


@pytest.mark.parametrize(("features", "words"), [
    ([(POINTS, np.zeros((3, 3)))], r"features\[0\] has 4 points and 3 descriptors"),
    ([(POINTS[:0], np.zeros((2, 3)))], "0 points and 2"),
    ([(np.array([[5, np.nan]]), np.zeros((1, 3)))], "not finite")])
def test_points_that_do_not_fit_their_descriptors(features, words):
    with pytest.raises(ValueError, match=words):
        SpatialPyramid(Counter()).fit(FEATURES).transform(features, (40, 80))
