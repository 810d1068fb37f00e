import json

import numpy as np
import pytest

from visret_lab.datasets.captions_common import duplicates, readable
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.flickr import load_flickr8k, load_flickr30k, read_boxes, read_sentence

TOKENS = "a.jpg#1\tA dog barks .\na.jpg#0\tA brown dog .\nb.jpg#0\tTwo men\nc.jpg#0\tA caf\u00e9\nd.jpg#0\tNo list has me .\n"
ENTITY = "[/EN#1/people Two men] hold [/EN#2/other/scene a red ball] ."
XML = """<annotation><filename>b.jpg</filename>
<object><name>1</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>9</ymax></bndbox></object>
<object><name>1</name><name>7</name><bndbox><xmin>3</xmin><ymin>0</ymin><xmax>8</xmax><ymax>4</ymax></bndbox></object>
<object><name>2</name><nobndbox>1</nobndbox></object></annotation>"""


@pytest.fixture
def eight(tmp_path):
    (tmp_path / "Flickr8k.token.txt").write_text(TOKENS, encoding="utf-8")
    for part, name in (("train", "a.jpg"), ("dev", "b.jpg"), ("test", "c.jpg")):
        (tmp_path / f"Flickr_8k.{part}Images.txt").write_text(f"{name}\n\n")
    return tmp_path


@pytest.fixture
def thirty(tmp_path):
    (tmp_path / "results_20130124.token").write_text(TOKENS.replace("Two men", "Two men hold a red ball ."), encoding="utf-8")
    for part, name in (("train", "a"), ("val", "b"), ("test", "c")):
        (tmp_path / f"{part}.txt").write_text(f"{name}\n")
    for folder in ("Sentences", "Annotations"):
        (tmp_path / folder).mkdir()
    (tmp_path / "Sentences/b.txt").write_text(ENTITY + "\n")
    (tmp_path / "Annotations/b.xml").write_text(XML)
    return tmp_path


@pytest.fixture
def clean(tmp_path):
    content = {"captions": {"a.jpg": ["A dog .", "a  dog"], "b.jpg": ["A dog"], "c.jpg": ["A cat ."]},
               "splits": {"train": ["a.jpg"], "dev": ["b.jpg"], "test": ["c.jpg"]}}
    (tmp_path / "flickr8k_clean.json").write_text(json.dumps(content))
    np.savez(tmp_path / "f.npz", names=["c.jpg", "a.jpg", "b.jpg"], net=np.array([[3, 3], [1, 1], [2, 2]], np.float16))
    return tmp_path


def test_public_files_of_flickr8k(eight, picture):
    data = load_flickr8k(eight)
    assert data.ids == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"] and data.captions[0] == ["A brown dog .", "A dog barks ."]
    assert {k: v.tolist() for k, v in data.splits.items()} == {"train": [0], "val": [1], "test": [2]}
    assert data.captions[2] == ["A caf\u00e9"] and data.pairs("train")[0] == ["A brown dog .", "A dog barks ."]
    with pytest.raises(DataError, match="a.jpg is not in .*captions can be used without it"):
        data.image("a.jpg")
    picture(eight / "Flicker8k_Dataset/a.jpg")
    assert data.image("a.jpg").shape == (8, 12, 3)
    with pytest.raises(DataError, match="no picture 'z.jpg' in this set"):
        data.image("z.jpg")


def test_clean_json_with_features_in_the_order_of_the_pictures(clean, picture):
    data = load_flickr8k(clean)
    assert data.features["net"].tolist() == [[1, 1], [2, 2], [3, 3]] and data.features["net"].dtype == np.float32
    assert {k: v.tolist() for k, v in data.splits.items()} == {"train": [0], "val": [1], "test": [2]}
    picture(clean / "test/c.jpg")
    assert data.image("c.jpg").shape == (8, 12, 3)


def test_captions_of_several_pictures_are_counted(clean):
    found = duplicates(load_flickr8k(clean))
    assert {k: v.tolist() for k, v in found.texts.items()} == {"a dog": [0, 1]}
    assert found.captions == 3 and found.across == 1


@pytest.mark.parametrize("line, words", [
    ("b.jpg#0 Two men", r"token.txt, line 2: expected 'picture#number', a tab and a caption"),
    ("b.jpg\tTwo men", "line 2: expected"),
    ("b.jpg#0\t ", "line 2: the caption 0 of b.jpg is empty"),
    ("a.jpg#0\tagain", "line 2: the caption 0 of a.jpg stands there twice"),
])
def test_a_malformed_line_is_named(eight, line, words):
    (eight / "Flickr8k.token.txt").write_text(f"a.jpg#0\tA dog\n{line}\nc.jpg#0\tA cat\n")
    with pytest.raises(DataError, match=words):
        load_flickr8k(eight)


def test_a_wrong_encoding_is_named(eight):
    (eight / "Flickr8k.token.txt").write_bytes(TOKENS.encode("cp1252"))
    with pytest.raises(DataError, match=r"token.txt, line 4: the bytes b'\\xe9' are not utf-8"):
        load_flickr8k(eight)


def test_lists_and_captions_that_do_not_fit(eight):
    (eight / "Flickr_8k.devImages.txt").write_text("b.jpg\nx.jpg\n")
    with pytest.raises(DataError, match=r"1 pictures of the lists have no caption: x.jpg \(val\)"):
        load_flickr8k(eight)
    (eight / "Flickr_8k.devImages.txt").write_text("b.jpg\na.jpg\n")
    with pytest.raises(DataError, match="a.jpg stands in the splits train and val"):
        load_flickr8k(eight)
    (eight / "Flickr_8k.devImages.txt").write_text("b.jpg\nb.jpg\n")
    with pytest.raises(DataError, match="split val names 1 pictures more than once: b.jpg"):
        load_flickr8k(eight)
    (eight / "Flickr_8k.devImages.txt").write_text("\n")
    with pytest.raises(DataError, match="devImages.txt names no picture"):
        load_flickr8k(eight)
    (eight / "Flickr_8k.devImages.txt").unlink()
    with pytest.raises(DataError, match="holds no Flickr_8k.devImages.txt"):
        load_flickr8k(eight)
    with pytest.raises(DataError, match="is not a folder"):
        load_flickr8k(eight / "none")


@pytest.mark.parametrize("content, words", [
    ("{", "is no set of captions"),
    ('{"captions": {}}', "is no set of captions"),
    ('{"captions": {}, "splits": {}}', "must map every picture"),
    ('{"captions": {"a": "A dog"}, "splits": {}}', "must map every picture"),
    ('{"captions": {"a": ["A dog", " "], "b": []}, "splits": {}}', "2 pictures have no caption or an empty one: a, b"),
    ('{"captions": {"a": ["A dog"]}, "splits": {"train": ["b"]}}', r"have no caption: b \(train\)"),
])
def test_broken_json(clean, content, words):
    (clean / "flickr8k_clean.json").write_text(content)
    (clean / "f.npz").unlink()
    with pytest.raises(DataError, match=words):
        load_flickr8k(clean)


def test_features_that_do_not_fit(clean):
    np.savez(clean / "f.npz", names=["a.jpg"], net=np.ones((1, 2)))
    with pytest.raises(DataError, match="no features of 2 pictures: b.jpg, c.jpg"):
        load_flickr8k(clean)
    np.savez(clean / "f.npz", names=["a.jpg", "b.jpg", "c.jpg"], net=np.ones((2, 2)))
    with pytest.raises(DataError, match="net must have one row a name"):
        load_flickr8k(clean)
    (clean / "f.npz").write_bytes(b"no archive")
    with pytest.raises(DataError, match="f.npz is damaged"):
        load_flickr8k(clean)


def test_flickr30k_with_phrases_and_boxes(thirty):
    data = load_flickr30k(thirty)
    assert {k: v.tolist() for k, v in data.splits.items()} == {"train": [0], "val": [1], "test": [2]}
    men, ball = data.phrases
    assert (men.image, men.caption, men.start, men.end, men.text, men.kind) == (1, 0, 0, 2, "Two men", "people")
    assert men.boxes.tolist() == [[1, 2, 5, 9], [3, 0, 8, 4]]
    assert (ball.start, ball.end, ball.kind, ball.boxes.shape) == (3, 6, "other", (0, 4))
    assert all(data.captions[p.image][p.caption].split()[p.start : p.end] == p.text.split() for p in data.phrases)


def test_flickr30k_without_entities_has_no_phrases(thirty):
    (thirty / "Sentences/b.txt").unlink()
    assert load_flickr30k(thirty).phrases == []


def test_entities_of_another_form(thirty):
    (thirty / "Sentences/b.txt").write_text(ENTITY + "\nand one more\n")
    with pytest.raises(DataError, match="b.txt has 2 sentences, but b.jpg has 1 captions"):
        load_flickr30k(thirty)
    (thirty / "Sentences/b.txt").write_text("A man [/EN#1/people with no end\n")
    with pytest.raises(DataError, match="b.txt, line 1: expected phrases as"):
        load_flickr30k(thirty)
    with pytest.raises(DataError, match="has no words"):
        read_sentence("[/EN#1/people  ] runs", "here")


@pytest.mark.parametrize("change, words", [
    (("</annotation>", ""), "b.xml is no XML"),
    (("<xmin>3</xmin>", ""), "object 2: a box needs xmin"),
    (("<xmax>5</xmax>", "<xmax>1</xmax>"), r"object 1: the box \[1, 2, 1, 9\] is empty"),
])
def test_annotations_of_another_form(thirty, change, words):
    (thirty / "Annotations/b.xml").write_text(XML.replace(*change))
    with pytest.raises(DataError, match=words):
        read_boxes(thirty / "Annotations/b.xml")


def test_a_caption_is_shown_as_one_writes_it():
    assert readable("Near the ocean , a dog runs . A cat sleeps !") == "Near the ocean, a dog runs. A cat sleeps!"
    assert readable("It is 3.5 m long") == "It is 3.5 m long"
