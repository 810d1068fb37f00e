import io
import os
import stat
import tarfile
import zipfile

import pytest

from visret_lab.datasets import archives
from visret_lab.datasets.archives import unpack
from visret_lab.datasets.errors import DataError


def tar(path, *members):
    with tarfile.open(path, "w:gz") as file:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.size = kind, len(content) if kind == tarfile.REGTYPE else 0
            if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                member.linkname = content
            file.addfile(member, io.BytesIO(content) if kind == tarfile.REGTYPE else None)
    return path


GOOD = ("sub/a.txt", tarfile.REGTYPE, os.urandom(5000))


def test_tar_and_zip(tmp_path):
    folder = unpack(tar(tmp_path / "a.tgz", ("sub", tarfile.DIRTYPE, b""), GOOD), tmp_path / "out")
    assert (folder / "sub/a.txt").read_bytes() == GOOD[2]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("sub/", "")
        file.writestr("sub/a.txt", "content")
    assert (unpack(tmp_path / "a.zip", tmp_path / "zipped") / "sub/a.txt").read_text() == "content"
    assert sorted(os.listdir(tmp_path)) == ["a.tgz", "a.zip", "out", "zipped"]


def test_a_complete_folder_is_kept(tmp_path):
    (tmp_path / "out").mkdir()
    assert unpack(tmp_path / "nothing.tgz", tmp_path / "out") == tmp_path / "out"


@pytest.mark.parametrize(
    "member, words",
    [
        (("../evil.txt", tarfile.REGTYPE, b"x"), "leads out of its folder"),
        (("sub/../../evil.txt", tarfile.REGTYPE, b"x"), "leads out of its folder"),
        (("/tmp/evil.txt", tarfile.REGTYPE, b"x"), "absolute path"),
        (("link", tarfile.SYMTYPE, "/etc/passwd"), "link or a device"),
        (("link", tarfile.LNKTYPE, "sub/a.txt"), "link or a device"),
        (("device", tarfile.CHRTYPE, b""), "link or a device"),
        (("pipe", tarfile.FIFOTYPE, b""), "link or a device"),
    ],
)
def test_bad_tar_members(tmp_path, member, words):
    archive = tar(tmp_path / "a.tgz", GOOD, member)
    with pytest.raises(DataError, match=words):
        unpack(archive, tmp_path / "home" / "out")
    assert os.listdir(tmp_path / "home") == [] and sorted(os.listdir(tmp_path)) == ["a.tgz", "home"]


@pytest.mark.parametrize(
    "name, words", [("../evil", "leads out"), ("/evil", "absolute"), ("C:/evil", "absolute"), ("..\\evil", "leads out")]
)
def test_bad_zip_members(tmp_path, name, words):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("fine", "x")
        file.writestr(name, "x")
    with pytest.raises(DataError, match=words):
        unpack(tmp_path / "a.zip", tmp_path / "home" / "out")
    assert os.listdir(tmp_path / "home") == []


def test_zip_link(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(info, "/etc/passwd")
    with pytest.raises(DataError, match="link"):
        unpack(tmp_path / "a.zip", tmp_path / "out")


@pytest.mark.parametrize("keep", [0, 10, 2000, -4])
def test_truncated_tar(tmp_path, keep):
    archive = tar(tmp_path / "a.tgz", GOOD)
    archive.write_bytes(archive.read_bytes()[:keep])
    with pytest.raises(DataError, match="truncated or not an archive"):
        unpack(archive, tmp_path / "out")
    assert os.listdir(tmp_path) == ["a.tgz"]


def test_plain_tar_cut_between_two_members(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        for name in ("a", "b"):
            member = tarfile.TarInfo(name)
            member.size = 512
            file.addfile(member, io.BytesIO(bytes(512)))
    unpack(tmp_path / "a.tar", tmp_path / "whole")
    (tmp_path / "a.tar").write_bytes((tmp_path / "a.tar").read_bytes()[:1024])
    with pytest.raises(DataError, match="truncated"):
        unpack(tmp_path / "a.tar", tmp_path / "out")


def test_truncated_or_damaged_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("a", b"x" * 5000)
    whole = (tmp_path / "a.zip").read_bytes()
    for content in (whole[:3000], whole.replace(b"xxx", b"yyy", 1)):
        (tmp_path / "a.zip").write_bytes(content)
        with pytest.raises(DataError, match="truncated or not an archive"):
            unpack(tmp_path / "a.zip", tmp_path / "out")
        assert os.listdir(tmp_path) == ["a.zip"]


def test_full_disk(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archives.shutil, "copyfileobj", full)
    with pytest.raises(DataError, match="disk is full"):
        unpack(tar(tmp_path / "a.tgz", GOOD), tmp_path / "out")
    assert os.listdir(tmp_path) == ["a.tgz"]


def test_missing(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        unpack(tmp_path / "a.tgz", tmp_path / "out")
