import pytest

from visret_lab.datasets import load
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.grocery import load_grocery

HEAD = "Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int),Iconic,Description\n"


@pytest.fixture
def root(tmp_path, picture):
    base = tmp_path / "dataset"
    for name in ("train/p1", "train/q1", "train/p2", "test/p3", "test/q2", "icons/P", "icons/Q"):
        picture(base / f"{name}.jpg")
    (base / "classes.csv").write_text(
        HEAD + "P,0,Fruit,0,/icons/P.jpg,/icons/P.txt\nQ,1,Fruit,0,/icons/Q.jpg,/icons/Q.txt\n"
    )
    (base / "train.txt").write_text("train/p1.jpg, 0, 0\ntrain/q1.jpg, 1, 0\ntrain/p2.jpg, 0, 0\n")
    (base / "test.txt").write_text("test/p3.jpg, 0, 0\ntest/q2.jpg, 1, 0\n")
    return tmp_path


def test_one_database_two_questions(root):
    data = load_grocery(root)
    assert data.ids == ["train/p1.jpg", "train/q1.jpg", "train/p2.jpg", "icons/P.jpg", "icons/Q.jpg"]
    natural, iconic = (data.relevant(data.queries[0], protocol) for protocol in ("natural", "iconic"))
    assert natural.positive.tolist() == [0, 2] and natural.junk.tolist() == [3, 4]
    assert iconic.positive.tolist() == [3] and iconic.junk.tolist() == [0, 1, 2]
    assert data.queries[0].image_id not in data.ids and data.query_image(data.queries[0]).shape == (8, 12, 3)
    assert data.groups["icons/Q.jpg"] == "Q" and data.default_protocol == "natural"


def test_the_archive_folder_and_the_dataset_folder_load_alike(root, tmp_path):
    assert load_grocery(root / "dataset").ids == load_grocery(root).ids
    assert load("products", tier="campus", root=root).name == "grocery-store"


def test_missing_picture_is_listed(root):
    (root / "dataset/test/q2.jpg").unlink()
    with pytest.raises(DataError, match="lacks 1 of 7 pictures: test/q2.jpg"):
        load_grocery(root)


def test_broken_lines(root):
    (root / "dataset/train.txt").write_text("train/p1.jpg, 0, 0\ntrain/q1.jpg 1 0\n")
    with pytest.raises(DataError, match="train.txt, line 2"):
        load_grocery(root)
    (root / "dataset/train.txt").unlink()
    with pytest.raises(DataError, match="train.txt is missing"):
        load_grocery(root)


def test_no_such_release(tmp_path):
    with pytest.raises(DataError, match="classes.csv"):
        load_grocery(tmp_path)
