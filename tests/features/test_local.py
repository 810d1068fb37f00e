import cv2
import numpy as np
import pytest
import skimage.data

from visret_lab.features.local import ORB, SIFT, root_sift
from visret_lab.features.matching import Matcher, match
from visret_lab.rerank.matching import inlier_scores

IMAGE = skimage.data.astronaut()[:240, 100:420]


def test_points_and_descriptors():
    points, descriptors = SIFT(max_points=100).detect(IMAGE)
    assert points.shape == (len(descriptors), 4) and descriptors.shape[1] == 128 and 50 < len(points) <= 100
    assert points.dtype == descriptors.dtype == np.float32
    assert np.allclose(np.linalg.norm(descriptors, axis=1), 1, atol=1e-5)
    assert len(np.unique(points, axis=0)) == len(points)


@pytest.mark.reference
def test_without_root_they_are_opencvs():
    # The picture given to both is grey already: our weighted sum and OpenCV's in integers round some pixels differently.
    picture = np.repeat(cv2.cvtColor(IMAGE, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
    points, descriptors = SIFT(max_points=100000, root=False).detect(picture)
    keypoints, theirs = cv2.SIFT_create(nfeatures=100000, contrastThreshold=0.03).detectAndCompute(picture[:, :, 0], None)
    expected = {(*k.pt, k.size, k.angle): d for k, d in zip(keypoints, theirs, strict=True)}
    assert len(points) == len(expected) > 300
    assert all(np.array_equal(d, expected[tuple(map(float, p))]) for p, d in zip(points, descriptors, strict=True))


def test_root_sift_by_hand():
    assert np.allclose(root_sift(np.array([[1.0, 3.0, 0.0], [0, 0, 0]])), [[0.5, np.sqrt(0.75), 0], [0, 0, 0]])


def test_nothing_to_see_gives_empty_arrays():
    for feature, width in ((SIFT(), 128), (ORB(), 32)):
        points, descriptors = feature.detect(np.full((60, 80, 3), 128, np.uint8))
        assert points.shape == (0, 4) and descriptors.shape == (0, width)


@pytest.mark.parametrize("bad", [np.array([[-1.0, 1.0]]), np.array([[np.nan, 1.0]])])
def test_root_sift_refuses(bad):
    with pytest.raises(ValueError, match="0 or more"):
        root_sift(bad)


def test_the_ratio_is_of_distances_not_of_squares():
    # Distances 1 and 1.2 from the origin: ratio 0.833; their squares would give 0.69.
    b = np.array([[1.0, 0.0], [0.0, 1.2]])
    assert len(match(np.zeros((1, 2)), b, ratio=0.8)) == 0
    assert match(np.zeros((1, 2)), b, ratio=0.84).tolist() == [[0, 0]]


def test_mutual_matches():
    a, b = np.array([[0.0], [0.4]]), np.array([[0.1], [9.0]])
    assert match(a, b, ratio=1).tolist() == [[0, 0], [1, 0]]
    assert match(a, b, ratio=1, mutual=True).tolist() == [[0, 0]]


def test_all_images_at_once_is_one_by_one():
    rng = np.random.default_rng(0)
    sets = [root_sift(rng.gamma(0.5, size=(n, 128))) for n in (40, 0, 25, 1, 33)]
    together = Matcher(sets, ratio=0.95).match(sets[0][:20], block=2)
    for pairs, rows in zip(together, sets, strict=True):
        assert pairs.tolist() == match(sets[0][:20], rows, ratio=0.95).tolist()


def test_the_padding_of_a_short_image_is_no_second_neighbour():
    # One descriptor at 1.26 from the query (inner product 0.2). A padding of zeros would stand at 1.41 and fail the ratio.
    query = np.array([[0.2, np.sqrt(1 - 0.04), 0]])
    single, long = np.array([[1.0, 0, 0]]), np.eye(3)[[0, 2, 2, 2]]
    assert [len(pairs) for pairs in Matcher([single, long], ratio=0.8).match(query)] == [1, 0]


@pytest.mark.parametrize(("a", "b", "words"), [
    (np.zeros((2, 3)), np.zeros((2, 4)), "3 are expected"), (np.full((2, 3), np.nan), np.zeros((2, 3)), "not finite")])
def test_bad_descriptors(a, b, words):
    with pytest.raises(ValueError, match=words):
        match(a, b)


def test_a_ratio_above_one():
    with pytest.raises(ValueError, match="0.8"):
        match(np.zeros((1, 2)), np.zeros((2, 2)), ratio=1.2)


def test_the_right_image_has_the_most_inliers():
    turned = cv2.warpAffine(IMAGE, cv2.getRotationMatrix2D((160, 120), 20, 0.8), (320, 240))
    others = [skimage.data.coffee()[:240, :320], skimage.data.chelsea()[:240, :320]]
    sift = SIFT(max_points=200)
    database = [sift.detect(image) for image in (others[0], turned, others[1])]
    scores = inlier_scores([sift.detect(IMAGE)], database, progress=False)
    assert scores[0].argmax() == 1 and scores[0, 1] > 20 > 3 * np.delete(scores[0], 1).max()
