import json

import pytest

from visret_lab.datasets.coco_captions import load_coco_captions
from visret_lab.datasets.errors import DataError

IMAGES = [{"id": 5, "file_name": "e.jpg", "width": 12, "height": 8}, {"id": 2, "file_name": "b.jpg", "width": 3, "height": 4}]
NOTES = [{"id": 9, "image_id": 5, "caption": "A cat.\n"}, {"id": 3, "image_id": 5, "caption": "A  dog "}, {"id": 4, "image_id": 2, "caption": "A bus"}]


def write(path, images=IMAGES, notes=NOTES):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"images": images, "annotations": notes}))
    return path


def test_captions_by_picture_in_the_order_of_their_ids(tmp_path, picture):
    write(tmp_path / "annotations/captions_val2017.json")
    data = load_coco_captions(tmp_path)
    assert data.ids == ["e.jpg", "b.jpg"] and data.captions == [["A dog", "A cat."], ["A bus"]]
    assert data.splits.keys() == {"val"} and data.splits["val"].tolist() == [0, 1]
    assert data.details["e.jpg"] == {"coco_id": 5, "width": 12, "height": 8}
    picture(tmp_path / "val2017/e.jpg")
    assert data.image("e.jpg").shape == (8, 12, 3)
    with pytest.raises(DataError, match="b.jpg is not in"):
        data.image("b.jpg")


def test_each_file_is_a_split_and_a_single_file_will_do(tmp_path):
    write(tmp_path / "captions_train2017.json")
    path = write(tmp_path / "captions_val2017.json", [{"id": 1, "file_name": "z.jpg"}], [{"id": 1, "image_id": 1, "caption": "A z"}])
    data = load_coco_captions(tmp_path)
    assert {k: [data.ids[i] for i in v] for k, v in data.splits.items()} == {"train": ["e.jpg", "b.jpg"], "val": ["z.jpg"]}
    assert load_coco_captions(path).ids == ["z.jpg"]


@pytest.mark.parametrize("images, notes, words", [
    (IMAGES, [*NOTES, {"id": 7, "image_id": 77, "caption": "lost"}], "1 captions belong to pictures that are not in the file: annotations 7"),
    (IMAGES, NOTES[:2], "1 pictures have no caption: b.jpg"),
    (IMAGES, [*NOTES, {"id": 8, "image_id": 2, "caption": " "}], "1 captions are empty: annotations 8"),
    (IMAGES, [{"id": 8, "image_id": 2}], "is no file of COCO captions"),
])
def test_captions_and_pictures_that_do_not_fit(tmp_path, images, notes, words):
    with pytest.raises(DataError, match=words):
        load_coco_captions(write(tmp_path / "captions_val2017.json", images, notes))


def test_files_that_are_missing_broken_or_overlap(tmp_path):
    with pytest.raises(DataError, match="holds no captions_train2017.json"):
        load_coco_captions(tmp_path)
    with pytest.raises(DataError, match="is not a folder"):
        load_coco_captions(tmp_path / "none")
    path = write(tmp_path / "captions_val2017.json")
    write(tmp_path / "captions_train2017.json")
    with pytest.raises(DataError, match="2 pictures that stand in another file as well: e.jpg, b.jpg"):
        load_coco_captions(tmp_path)
    path.write_bytes(b'{"images": "\xe9"}')
    with pytest.raises(DataError, match="line 1: the bytes .* are not utf-8"):
        load_coco_captions(path)
    path.write_text("[")
    with pytest.raises(DataError, match="is no file of COCO captions"):
        load_coco_captions(path)
