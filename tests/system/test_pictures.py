import os

import pytest

from tests.system.common import picture
from visret_lab.system.pictures import Found, Skipped, walk


def found(folder):
    return [one.id for one in walk(folder) if isinstance(one, Found)]


def reasons(folder):
    return {one.id: one.reason for one in walk(folder) if isinstance(one, Skipped)}


def test_ids_are_paths_below_the_folder_and_come_in_their_order(tmp_path):
    names = ["a.png", "a/x.png", "a b.png", "b/x.png", "b/c/x.JPG", "École/été.png", "写真/猫.png", "z😀.png", "Ａ.png"]
    for name in names:
        picture(tmp_path / name)
    assert found(tmp_path) == sorted(names)


def test_what_is_no_picture_is_named_with_its_reason_or_passed_over(tmp_path):
    for name in ("inner.zip", "old.tar.gz", "phone.HEIC", "raw.nef", "notes.txt", "Makefile"):
        (tmp_path / name).write_text("x")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / ".hidden.jpg").write_text("x")
    (tmp_path / "lost.png").symlink_to(tmp_path / "nowhere.png")
    os.mkfifo(tmp_path / "pipe.png")
    got = reasons(tmp_path)
    assert set(got) == {"inner.zip", "old.tar.gz", "phone.HEIC", "raw.nef", "empty.jpg", ".hidden.jpg", "lost.png", "pipe.png"}
    for name, word in (("inner.zip", "archive"), ("old.tar.gz", "archive"), ("phone.HEIC", "JPEG"), ("empty.jpg", "empty"),
                       ("lost.png", "nowhere"), (".hidden.jpg", "hidden"), ("pipe.png", "not a file")):
        assert word in got[name]


def test_links_do_not_lead_in_a_circle_and_no_folder_is_searched_twice(tmp_path):
    root, outside = tmp_path / "root", tmp_path / "outside"
    picture(root / "in" / "a.png"), picture(outside / "b.png")
    (root / "in" / "up").symlink_to(root)
    (root / "again").symlink_to(root / "in")
    (root / "out1").symlink_to(outside)
    (root / "out2").symlink_to(outside)
    (outside / "back").symlink_to(root)
    (outside / "self").symlink_to(outside)
    (root / "above").symlink_to(tmp_path)
    got = found(root)
    assert sorted(name.rsplit("/", 1)[1] for name in got) == ["a.png", "b.png"]
    assert "in/a.png" in got
    assert len(reasons(root)) >= 4


def test_a_link_to_a_file_is_a_picture(tmp_path):
    picture(tmp_path / "other" / "a.png")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "b.png").symlink_to(tmp_path / "other" / "a.png")
    assert found(tmp_path / "root") == ["b.png"]


def test_a_name_that_is_no_text_is_named(tmp_path):
    picture(tmp_path / "a.png")
    try:
        os.rename(os.fsencode(tmp_path / "a.png"), os.fsencode(tmp_path) + b"/\xff.png")
    except OSError:
        pytest.skip("this file system only takes names in UTF-8")
    got = reasons(tmp_path)
    assert list(got) == ["\\udcff.png"]
    assert "UTF-8" in got["\\udcff.png"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    picture(tmp_path / "a.png"), picture(tmp_path / "locked" / "b.png")
    real = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert found(tmp_path) == ["a.png"]
    assert reasons(tmp_path) == {"locked/": "the folder cannot be read (Permission denied)"}


def test_what_is_no_folder_is_an_error(tmp_path):
    with pytest.raises(NotADirectoryError, match="not a folder"):
        list(walk(tmp_path / "nothing"))
