import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from visret_lab.bench.aggregate import fitted_vocabulary
from visret_lab.encoding import vlad
from visret_lab.encoding.vlad import VLAD, signed_power
from visret_lab.encoding.vocabulary import Vocabulary

CENTERS = np.float32([[0, 0], [10, 0]])
RAW = {"power": 1, "normalize": False}


def encode(descriptors, **options):
    return VLAD(vocabulary=fitted_vocabulary(CENTERS), **options).transform(descriptors)


def test_the_sums_by_hand():
    # (1, 2) and (3, -1) belong to the first word, (9, 1) to the second: (1+3, 2-1) and (9-10, 1-0).
    assert encode([np.array([[1.0, 2], [9, 1], [3, -1]])], **RAW).tolist() == [[4, 1, -1, 1]]


def test_the_signed_root_comes_before_the_length():
    out = encode([np.array([[4.0, 1], [9, 1]])], power=0.5)  # sums 4, 1, -1, 1: roots 2, 1, -1, 1, length sqrt(7)
    assert np.allclose(out, np.array([[2, 1, -1, 1]]) / np.sqrt(7))


def test_intra_gives_every_word_that_occurs_the_same_length():
    out = encode([np.array([[3.0, 4], [10.1, 0]])], power=1, intra=True)
    assert np.allclose(out, np.array([[0.6, 0.8, 1, 0]]) / np.sqrt(2), atol=1e-6)


def test_residual_gives_every_descriptor_the_same_say():
    out = encode([np.array([[4.0, 0], [0, 0.5], [10, 0]])], residual=True, **RAW)  # the last lies on its word: nothing to add
    assert np.allclose(out, [[1, 1, 0, 0]], atol=1e-6)


def test_an_image_without_descriptors_is_a_zero_row():
    some = np.random.default_rng(0).normal(size=(5, 2))
    out = encode([np.zeros((0, 2)), some, []], intra=True, residual=True)
    assert out.shape == (3, 4) and out.dtype == np.float32
    assert not out[[0, 2]].any() and np.isclose(np.linalg.norm(out[1]), 1)


def test_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(1)
    sets = [rng.normal(5, 4, (n, 2)) for n in (7, 0, 30, 1, 12)]
    whole = encode(sets)
    monkeypatch.setattr(vlad, "BLOCK", 10)
    assert np.allclose(encode(sets), whole, atol=1e-6)


def test_fit_learns_words_or_takes_those_that_are_given():
    rng = np.random.default_rng(2)
    sets = [np.concatenate([rng.normal(c, 0.1, (20, 2)) for c in CENTERS]) for _ in range(4)]
    learnt = VLAD(n_words=2).fit(sets)
    assert np.allclose(np.sort(learnt.vocabulary_.centers_[:, 0]), [0, 10], atol=0.2)
    given = fitted_vocabulary(CENTERS)
    assert VLAD(vocabulary=given).fit(sets).vocabulary_ is given
    template = Vocabulary(3)
    assert len(VLAD(vocabulary=template).fit(sets).vocabulary_.centers_) == 3 and not hasattr(template, "centers_")


def test_the_seed_decides():
    sets = [np.random.default_rng(3).normal(size=(60, 4))]
    first, again, other = (VLAD(n_words=5, seed=s).fit(sets).transform(sets) for s in (0, 0, 1))
    assert np.array_equal(first, again) and not np.allclose(first, other)


def test_it_is_an_estimator():
    encoder = VLAD(n_words=7, intra=True)
    assert clone(encoder).get_params()["n_words"] == 7 and clone(encoder).get_params()["intra"] is True


def test_unfitted():
    with pytest.raises(NotFittedError, match="training set"):
        VLAD().transform([np.zeros((2, 2))])


@pytest.mark.parametrize(("sets", "words"), [
    ([np.zeros((3, 5))], "2 are expected"), ([np.full((3, 2), np.nan)], "not finite"), ([], "empty list")])
def test_bad_descriptors(sets, words):
    with pytest.raises(ValueError, match=words):
        encode(sets)


@pytest.mark.parametrize("power", [0, -0.5, 2])
def test_bad_power(power):
    with pytest.raises(ValueError, match="signed square root"):
        encode([np.zeros((1, 2))], power=power)


def test_too_few_descriptors_for_the_words():
    with pytest.raises(ValueError, match="different descriptors"):
        VLAD(n_words=8).fit([np.ones((20, 3))])


def test_signed_power():
    x = np.array([-4.0, 0, 0.25])
    assert signed_power(x).tolist() == [-2, 0, 0.5] and np.allclose(signed_power(x, 0.3), [-(4**0.3), 0, 0.25**0.3])
    assert x.tolist() == [-4, 0, 0.25]
