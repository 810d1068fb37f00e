import numpy as np
import pytest

from visret_lab.encoding.ragged import sample, stack

RNG = np.random.default_rng(0)
SETS = [RNG.random((3, 4)), np.zeros((0, 4)), RNG.random((2, 4)), []]


def test_rows_stand_image_after_image():
    ragged = stack(SETS)
    assert ragged.rows.dtype == np.float32 and ragged.rows.shape == (5, 4)
    assert ragged.counts.tolist() == [3, 0, 2, 0]
    assert ragged.owner.tolist() == [0, 0, 0, 2, 2]
    assert ragged.starts.tolist() == [0, 3, 3, 5]
    assert np.allclose(ragged.rows[3:], SETS[2])


def test_all_empty_is_fine_where_the_dimension_is_known():
    assert stack([[], []], dim=4).rows.shape == (0, 4)


@pytest.mark.parametrize(("sets", "error", "words"), [
    (np.zeros((3, 4)), TypeError, r"write \[array\]"),
    ([], ValueError, "there are no images"),
    ([[], []], ValueError, "None of the 2 images"),
    ([np.zeros((2, 4)), np.zeros((2, 5))], ValueError, r"\[1\] has 5 columns, but 4"),
    ([np.zeros(4)], ValueError, r"\[0\] must be N x D"),
    ([np.full((1, 4), np.nan)], ValueError, "not finite"),
])
def test_bad_input_is_named(sets, error, words):
    with pytest.raises(error, match=words):
        stack(sets)


def test_a_sample_keeps_the_order_and_has_no_row_twice():
    ragged = stack([np.arange(40.0).reshape(20, 2)])
    some = sample(ragged, 7, np.random.default_rng(1))
    assert some.shape == (7, 2) and (np.diff(some[:, 0]) > 0).all()
    assert sample(ragged, 100, np.random.default_rng(1)) is ragged.rows
    assert sample(ragged, None, np.random.default_rng(1)) is ragged.rows
