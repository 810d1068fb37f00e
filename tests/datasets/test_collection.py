import pytest

from visret_lab.datasets.collection import relevance
from visret_lab.datasets.errors import DataError


def test_relevance_is_sorted_and_unique():
    answer = relevance([3, 1, 3], [2], 5, "q")
    assert answer.positive.tolist() == [1, 3] and answer.junk.tolist() == [2]
    assert answer.positive.dtype == answer.junk.dtype == "int64"
    assert relevance([], [], 5, "q").positive.shape == (0,)


def test_positive_also_in_junk():
    with pytest.raises(DataError, match="q: database ids 3 are positive and junk at once"):
        relevance([1, 3], [3], 5, "q")


@pytest.mark.parametrize("positive, junk, wrong", [([5], [], "5"), ([-1], [], "-1"), ([], [9], "9")])
def test_unknown_database_id(positive, junk, wrong):
    with pytest.raises(DataError, match=f"database id {wrong} is outside 0..4"):
        relevance(positive, junk, 5, "q")
