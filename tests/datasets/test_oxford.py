import pytest

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.oxford import PARIS_CORRUPT, load_oxford


@pytest.fixture
def root(tmp_path, picture):
    for number in range(6):
        picture(tmp_path / "images" / f"all_souls_{number:06}.jpg", size=(30, 20))
    gt = tmp_path / "gt"
    gt.mkdir()
    (gt / "all_souls_1_query.txt").write_text("oxc1_all_souls_000001 2.5 3 22 18.0\n")
    (gt / "all_souls_1_good.txt").write_text("all_souls_000001\nall_souls_000003\n")
    (gt / "all_souls_1_ok.txt").write_text("all_souls_000002\n")
    (gt / "all_souls_1_junk.txt").write_text("all_souls_000005\n")
    return tmp_path


def test_classic_protocol(root):
    with pytest.warns(UserWarning, match="has 6 pictures and 1 queries; the release of oxford5k has 5063 and 55"):
        data = load_oxford(root)
    query = data.queries[0]
    assert (query.id, query.image_id, query.group) == ("all_souls_1", "all_souls_000001", "all_souls")
    assert query.box == (2.5, 3, 22, 18)
    answer = data.relevant(query, "classic")
    assert answer.positive.tolist() == [1, 2, 3], "the query's own image is one of the good ones"
    assert answer.junk.tolist() == [5]
    assert data.query_image(query).shape == (15, 20, 3)


def test_corrupt_paris_names(root, picture):
    assert len(PARIS_CORRUPT) == 20
    name = sorted(PARIS_CORRUPT)[0]
    (root / "images" / f"{name}.jpg").write_text("<html>302 Found</html>")
    with (root / "gt" / "all_souls_1_junk.txt").open("a") as file:
        file.write(f"{name}\n")
    with pytest.warns(UserWarning):
        data = load_oxford(root, "paris6k")
    assert name not in data.ids and len(data.ids) == 6


def test_missing_pictures_are_listed(root):
    (root / "images" / "all_souls_000005.jpg").unlink()
    with pytest.raises(DataError, match="lacks 1 pictures.*all_souls_000005"):
        load_oxford(root)


def test_missing_or_broken_ground_truth(root):
    (root / "gt" / "all_souls_1_ok.txt").unlink()
    with pytest.raises(DataError, match="all_souls_1_ok.txt is missing"):
        load_oxford(root)
    (root / "gt" / "all_souls_1_query.txt").write_text("oxc1_all_souls_000001 2 3 x 18\n")
    with pytest.raises(DataError, match="all_souls_1_query.txt must hold"):
        load_oxford(root)
    (root / "gt" / "all_souls_1_query.txt").unlink()
    with pytest.raises(DataError, match="no .*_query.txt"):
        load_oxford(root)


def test_empty_folder(tmp_path):
    with pytest.raises(DataError, match="holds no .jpg"):
        load_oxford(tmp_path)
