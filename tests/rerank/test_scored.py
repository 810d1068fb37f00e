import numpy as np
import pytest

from visret_lab.rerank.scored import by_scores

LISTS = np.array([[4, 2, 0, 1, 3], [0, 1, 2, 3, 4]])


def test_the_head_is_sorted_anew_and_the_rest_stays():
    found = by_scores(LISTS, 3, lambda q, ids: ids if q == 0 else -ids)
    assert found.tolist() == [[4, 2, 0, 1, 3], [0, 1, 2, 3, 4]]
    found = by_scores(LISTS, 3, lambda q, ids: -ids if q == 0 else ids)
    assert found.tolist() == [[0, 2, 4, 1, 3], [2, 1, 0, 3, 4]] and LISTS[0, 0] == 4
    assert by_scores(LISTS, 99, lambda q, ids: ids)[0].tolist() == [4, 3, 2, 1, 0]


def test_equal_scores_keep_their_order():
    assert np.array_equal(by_scores(LISTS, 5, lambda q, ids: np.zeros(len(ids))), LISTS)


@pytest.mark.parametrize(("call", "says"), [
    (lambda: by_scores(LISTS, 0, lambda q, ids: ids), "top"), (lambda: by_scores(LISTS[0], 2, lambda q, ids: ids), "one row a query"),
    (lambda: by_scores(LISTS, 3, lambda q, ids: ids[:2]), "query 0"), (lambda: by_scores(LISTS, 3, lambda q, ids: ids * np.nan), "finite")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
