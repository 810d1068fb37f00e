import numpy as np
import pytest

from visret_lab.arrays import as_rows, l2_normalize, rank, require_unit


def test_rank_is_best_first_and_keeps_the_lower_id_at_a_tie():
    assert rank(np.array([[0.1, 0.9, 0.9, 0.5]])).tolist() == [[1, 2, 3, 0]]


def test_rank_refuses_nan():
    with pytest.raises(ValueError, match="no rank"):
        rank(np.array([[0.1, np.nan]]))


def test_as_rows_gives_float32_rows():
    rows = as_rows([1, 2, 3])
    assert rows.shape == (1, 3) and rows.dtype == np.float32 and rows.flags.c_contiguous


def test_as_rows_names_the_wrong_dimension_and_the_first_nan():
    with pytest.raises(ValueError, match="3 columns, but 4"):
        as_rows(np.zeros((2, 3)), "descriptors", dim=4)
    with pytest.raises(ValueError, match=r"descriptors.*\(1, 0\)"):
        as_rows([[0, 1], [np.nan, 2]], "descriptors")
    with pytest.raises(ValueError, match="one item a row"):
        as_rows(np.zeros((2, 2, 2)))


def test_l2_normalize_keeps_zero_and_dtype():
    x = l2_normalize(np.array([[3.0, 4.0], [0.0, 0.0]], np.float32))
    assert np.allclose(x, [[0.6, 0.8], [0, 0]]) and x.dtype == np.float32


def test_require_unit_names_the_row():
    with pytest.raises(ValueError, match="row 1 has norm 2"):
        require_unit(np.array([[1.0, 0.0], [0.0, 2.0]]), "x")
