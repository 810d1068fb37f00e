import errno
import os
from multiprocessing import get_context

import pytest

from visret_lab.datasets import cache
from visret_lab.datasets.errors import DataError


def test_cache_dir_follows_the_variable(own_cache):
    assert cache.cache_dir("a", "b") == own_cache / "a" / "b"
    assert (own_cache / "a" / "b").is_dir()
    assert not cache.cache_dir("later", create=False).exists()


def test_read_only_cache_says_what_to_do(tmp_path, monkeypatch):
    # root may write everywhere, so a file in the place of the folder stands for the refusal
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(DataError, match="cannot be written.*VISRET_CACHE"):
        cache.cache_dir()


def test_refused_write_says_what_to_do(tmp_path, monkeypatch):
    def refuse(*args, **options):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(cache.tempfile, "mkstemp", refuse)
    with pytest.raises(DataError, match="Read-only file system.*VISRET_CACHE"):
        cache.write_bytes(tmp_path / "a", b"x")


def test_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.bin"
    cache.write_bytes(path, b"old")

    def full(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache.os, "fsync", full)
    with pytest.raises(DataError, match="disk is full"):
        cache.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"], "nothing half-written may stay"


def test_interrupted_writing_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt), cache.replacing(tmp_path / "a") as temporary:
        temporary.write_bytes(b"half")
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []


def test_write_bytes(tmp_path):
    cache.write_bytes(tmp_path / "new" / "a", b"content")
    assert (tmp_path / "new" / "a").read_bytes() == b"content"


def _add_one(folder):
    for _ in range(50):
        with cache.locked(folder / "lock"):
            value = int((folder / "count").read_text())
            (folder / "count").write_text(str(value + 1))


def test_lock_keeps_two_processes_apart(tmp_path):
    (tmp_path / "count").write_text("0")
    context = get_context("fork")
    workers = [context.Process(target=_add_one, args=(tmp_path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (tmp_path / "count").read_text() == "100"
