import pytest

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.semart import load_semart

HEAD = "IMAGE_FILE\tDESCRIPTION\tAUTHOR\tTITLE\tTECHNIQUE\tDATE\tTYPE\tSCHOOL\tTIMEFRAME\n"


def row(name, comment="A comment, of the caf\u00e9 \u2013 \u201cquoted\u201d"):
    return f"{name}.jpg\t{comment}\tD\u00dcRER, Albrecht\tTitle\tOil on wood\tc. 1500\tportrait\tGerman\t1501-1550\n"


@pytest.fixture
def root(tmp_path):
    for split, names in (("train", "ab"), ("val", "c"), ("test", "d")):
        (tmp_path / f"semart_{split}.csv").write_bytes((HEAD + "".join(map(row, names))).encode("cp1252"))
    return tmp_path


def test_fields_splits_and_encoding(root, picture):
    data = load_semart(root)
    assert [p.id for p in data.paintings] == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]
    assert {k: v.tolist() for k, v in data.splits.items()} == {"train": [0, 1], "val": [2], "test": [3]}
    first = data.paintings[0]
    assert first.comment == "A comment, of the caf\u00e9 \u2013 \u201cquoted\u201d" and first.author == "D\u00dcRER, Albrecht"
    assert (first.title, first.technique, first.date) == ("Title", "Oil on wood", "c. 1500")
    assert (first.type, first.school, first.timeframe) == ("portrait", "German", "1501-1550")
    picture(root / "Images/d.jpg")
    assert data.image(3).shape == (8, 12, 3)
    with pytest.raises(DataError, match="a.jpg is not in"):
        data.image(0)


def test_columns_may_stand_in_another_order_and_quoted_comments_may_have_tabs(root):
    names = HEAD.rstrip("\n").split("\t")
    values = row("x", '"one\ttwo\nthree"').rstrip("\n")
    (root / "semart_val.csv").write_bytes((HEAD + values + "\n" + row("y")).encode("cp1252"))
    assert load_semart(root).paintings[2].comment == "one\ttwo\nthree"
    cells = row("x").rstrip("\n").split("\t")
    (root / "semart_val.csv").write_bytes("\n".join("\t".join(cells[::-1]) for cells in (names, cells)).encode("cp1252"))
    assert load_semart(root).paintings[2].school == "German"


@pytest.mark.parametrize("content, words", [
    (HEAD + row("x") + "y.jpg\tonly three\tcolumns\n", r"semart_val.csv, line 3: expected 9 columns separated by tabs; got 3: 'y.jpg'"),
    (HEAD + row("x", " "), "line 2: the painting 'x.jpg' has not got a comment"),
    (HEAD + row("x").replace("x.jpg", ""), "line 2: the painting 'Title' has not got the name of its picture"),
    (HEAD + row("a"), "semart_val.csv, line 2: a.jpg stands there twice; first in semart_train.csv, line 2"),
    (HEAD.replace("SCHOOL", "LAND") + row("x"), "line 1: the heading lacks SCHOOL"),
    (HEAD.replace("\t", ",") + row("x"), "line 1: the heading lacks IMAGE_FILE, .* separated by tabs"),
    (HEAD, "lists no painting"),
    ("", "line 1: the heading lacks"),
    (HEAD + row("x", '"left open'), "line 2: expected 9 columns separated by tabs; got 2: 'x.jpg'.*quotation mark left open"),
])
def test_malformed_rows_are_named(root, content, words):
    (root / "semart_val.csv").write_bytes(content.encode("cp1252"))
    with pytest.raises(DataError, match=words):
        load_semart(root)


def test_lists_that_were_saved_again_in_utf_8_are_the_same(root):
    before = load_semart(root).paintings
    for path in root.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().decode("cp1252").encode("utf-8"))
    assert load_semart(root).paintings == before


def test_another_encoding_is_named(root):
    (root / "semart_val.csv").write_bytes((HEAD + row("x") + row("y")).encode("cp1252").replace(b"y.jpg\tA", b"y.jpg\t\x81"))
    with pytest.raises(DataError, match=r"semart_val.csv, line 3: the bytes b'.x81' are not cp1252"):
        load_semart(root)


def test_a_missing_list_or_folder(root):
    (root / "semart_test.csv").unlink()
    with pytest.raises(DataError, match="semart_test.csv is missing"):
        load_semart(root)
    with pytest.raises(DataError, match="is not a folder"):
        load_semart(root / "none")
