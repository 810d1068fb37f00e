import pytest

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.holidays import load_holidays


@pytest.fixture
def root(tmp_path, picture):
    for name in ("100000", "100001", "100002", "100100", "100101"):
        picture(tmp_path / "jpg" / f"{name}.jpg")
    return tmp_path


def test_the_names_are_the_ground_truth(root):
    with pytest.warns(UserWarning, match="5 pictures and 2 queries; Holidays has 1491 and 500"):
        data = load_holidays(root)
    assert [query.id for query in data.queries] == ["100000", "100100"]
    answer = data.relevant(data.queries[0], "holidays")
    assert answer.positive.tolist() == [1, 2] and answer.junk.tolist() == [0]


def test_what_is_missing_is_listed(root):
    (root / "jpg" / "100100.jpg").unlink()
    with pytest.raises(DataError, match="missing are: 100100.jpg"):
        load_holidays(root)
    (root / "jpg" / "100101.jpg").rename(root / "jpg" / "100100.jpg")
    with pytest.raises(DataError, match="missing are: 100101.jpg"):
        load_holidays(root)


def test_other_pictures(tmp_path, picture):
    picture(tmp_path / "holiday.jpg")
    with pytest.raises(DataError, match="named as in Holidays"):
        load_holidays(tmp_path)
