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


def test_a_refused_write_is_a_data_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written.*VISRET_CACHE"):
        cache.write_bytes(tmp_path / "file" / "a", b"x")


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
