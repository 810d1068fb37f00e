"""Expansion: the sums by hand, the query's own picture, similarities below 0, and too few images."""

import numpy as np
import pytest

from visret_lab.arrays import l2_normalize
from visret_lab.rerank.augmentation import augment
from visret_lab.rerank.discriminative_expansion import discriminative_expansion
from visret_lab.rerank.expansion import alpha_expansion, average_expansion
from visret_lab.rerank.first_results import first_results, ranked

RNG = np.random.default_rng(0)
BASE = l2_normalize(RNG.normal(size=(40, 8))).astype(np.float32)
ASKED = l2_normalize(RNG.normal(size=(3, 8))).astype(np.float32)


def test_the_mean_of_the_query_and_its_first_results():
    for q, found in zip(ASKED, average_expansion(ASKED, BASE, 4), strict=True):
        first = sorted(range(40), key=lambda i: -float(q @ BASE[i]))[:4]
        assert np.allclose(found, l2_normalize(q + BASE[first].sum(axis=0)), atol=1e-6)


def test_weights_are_powers_of_the_similarities():
    for q, found in zip(ASKED, alpha_expansion(ASKED, BASE, 5, 3.0), strict=True):
        first = sorted(range(40), key=lambda i: -float(q @ BASE[i]))[:5]
        want = q + sum(max(float(q @ BASE[i]), 0) ** 3 * BASE[i] for i in first)
        assert np.allclose(found, l2_normalize(want), atol=1e-6)


@pytest.mark.parametrize("alpha", [0.5, 2.0, 3.0])
def test_an_image_that_is_unlike_the_query_is_not_added(alpha):
    base = np.float32([[0.8, 0.6], [-0.6, 0.8]])
    found = alpha_expansion(np.float32([[1, 0]]), base, 2, alpha)
    assert np.allclose(found, l2_normalize(np.float32([[1, 0]]) + 0.8**alpha * base[:1]), atol=1e-6)


def test_the_own_picture_is_left_out_wherever_it_stands():
    copies = np.concatenate([BASE, BASE[:1]])  # 40 is a copy of 0, and stands behind it
    query = BASE[:1]
    with_copy = average_expansion(query, copies, 1, own=[0])
    assert np.allclose(with_copy, query, atol=1e-6)  # the copy is another picture: it is added
    assert not np.allclose(average_expansion(query, BASE, 1, own=[0]), query, atol=1e-3)
    assert np.allclose(average_expansion(query, BASE, 1, own=[-1]), query, atol=1e-6)


def test_rows_need_not_be_of_unit_length_and_zero_rows_add_nothing():
    longer = BASE * RNG.uniform(0.5, 4, (40, 1)).astype(np.float32)
    assert np.allclose(average_expansion(3 * ASKED, longer, 4), average_expansion(ASKED, BASE, 4), atol=1e-5)
    base = np.float32([[1, 0], [0, 0]])
    assert np.allclose(average_expansion(np.float32([[0.6, 0.8]]), base, 2), l2_normalize(np.float32([[1.6, 0.8]])), atol=1e-6)


def test_augmentation_by_hand():
    found = augment(BASE, 4, block=7)
    for i in (0, 6, 7, 39):
        others = sorted((j for j in range(40) if j != i), key=lambda j: -float(BASE[i] @ BASE[j]))[:4]
        want = BASE[i] + sum(w * BASE[j] for w, j in zip((1, 0.75, 0.5, 0.25), others, strict=True))
        assert np.allclose(found[i], l2_normalize(want), atol=1e-6)


def test_augmentation_leaves_a_zero_row_zero():
    base = np.concatenate([BASE, np.zeros((1, 8), np.float32)])
    assert not augment(base, 3)[40].any()


def test_the_machine_turns_the_query_towards_what_divides_head_and_tail():
    rng = np.random.default_rng(1)
    side = np.repeat([1, -1], 30)
    base = np.stack([0.3 * side + rng.normal(0, 0.02, 60), rng.normal(0, 1, 60), np.ones(60)], axis=1).astype(np.float32)
    found = discriminative_expansion(np.float32([[0.3, 0, 1]]), base, 10, 20)
    assert found.shape == (1, 3) and np.isclose(np.linalg.norm(found), 1)
    assert found[0, 0] > 3 * abs(found[0, 1])  # the second number varies most, and says nothing

    def right(asked):
        return (first_results(asked @ l2_normalize(base).T, 30)[0] < 30).mean()

    assert right(found) > 0.9 > right(np.float32([[0.3, 0, 1]]))


def test_first_results_and_ties():
    assert first_results(np.float32([[0.5, 0.9, 0.9, 0.1]]), 3).tolist() == [[1, 2, 0]]
    assert first_results(np.float32([[0.5, 0.9, 0.9, 0.1]]), 3, own=[1]).tolist() == [[2, 0, 3]]
    assert ranked([[0, 0, 2, 0]], [[0.1, 0.3, 0.0, 0.3]]).tolist() == [[2, 1, 3, 0]]
    assert ranked([[0, 0, 2, 0]], [[0.1, 0.3, 0.0, 0.3]], own=[0]).tolist() == [[0, 2, 1, 3]]


@pytest.mark.parametrize(("call", "words"), [
    (lambda: average_expansion(ASKED, BASE, 0), "n must be at least 1"),
    (lambda: average_expansion(ASKED, BASE, 41), "only 40 to take"),
    (lambda: average_expansion(ASKED, BASE, 40, own=[0, 1, 2]), "only 39 to take"),
    (lambda: average_expansion(ASKED[:, :5], BASE, 2), "5 columns, but 8"),
    (lambda: average_expansion(ASKED, BASE, 2, own=[0, 1]), "one database id a query"),
    (lambda: average_expansion(ASKED, BASE, 2, own=[0, 1, 40]), "the database has 40"),
    (lambda: average_expansion(np.full((1, 8), np.nan), BASE, 2), "not finite"),
    (lambda: alpha_expansion(ASKED, BASE, 2, -1), "alpha must be at least 0"),
    (lambda: augment(BASE, 40), "only 39 to take"),
    (lambda: discriminative_expansion(ASKED, BASE, 0, 5), "positives must be at least 1"),
    (lambda: discriminative_expansion(ASKED, BASE, 30, 11), "negatives = 11"),
    (lambda: discriminative_expansion(ASKED, BASE, 5, 5, c=0), "c must be above 0"),
    (lambda: first_results(np.array([[np.nan, 1.0]]), 1), "NaN"),
])
def test_bad_calls_say_what_was_wrong(call, words):
    with pytest.raises(ValueError, match=words):
        call()
