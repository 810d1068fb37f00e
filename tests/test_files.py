import errno
import os
from pathlib import Path

import pytest

from visret_lab import files


def test_write_bytes_makes_the_folder(tmp_path):
    files.write_bytes(tmp_path / "new" / "a", b"content")
    assert (tmp_path / "new" / "a").read_bytes() == b"content"


def test_refused_write_says_what_to_do(tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(files.tempfile, "mkstemp", refuse)
    with pytest.raises(files.StorageError, match="Read-only file system.*VISRET_CACHE"):
        files.write_bytes(tmp_path / "a", b"x")


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(files.StorageError, match="VISRET_CACHE"):
        files.write_bytes(tmp_path / "file" / "a.jpg", b"1")


def test_full_disk_at_the_last_moment_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.bin"
    files.write_bytes(path, b"old")

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(files.StorageError, match="disk is full"):
        files.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"], "nothing half-written may stay"


@pytest.mark.parametrize("durable", [True, False])
def test_full_disk_in_the_middle_leaves_nothing(tmp_path, monkeypatch, durable):
    def full(self, data):
        with open(self, "wb") as file:
            file.write(data[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(files.StorageError, match="disk is full"):
        files.write_bytes(tmp_path / "a.jpg", b"123456", durable)
    assert list(tmp_path.iterdir()) == []


def test_interrupted_writing_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), files.replacing(tmp_path / "a") as temporary:
        temporary.write_bytes(b"half")
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []
