import os
from multiprocessing import get_context

import pytest

from visret_lab.datasets.errors import DataError
from visret_lab.datasets.generated import ensure
from visret_lab.files import write_bytes
from visret_lab.worlds.manifest import write_manifest

FILES = {"a.txt": b"first", "sub/b.txt": b"second"}


def generate(folder, progress, stop_after=None):
    """A tiny world; it notes in `log` beside the folder what it had to write."""
    for number, (name, content) in enumerate(FILES.items()):
        if number == stop_after:
            raise KeyboardInterrupt
        if not (folder / name).is_file():
            write_bytes(folder / name, content)
            with open(folder.parent / "log", "a") as log:
                log.write(f"{name}\n")
    write_manifest(folder, "tiny", "1", 0, list(FILES))


def log(own_cache):
    return (own_cache / "worlds" / "log").read_text().split()


def test_generated_once(own_cache):
    folder = ensure("tiny", "1", generate)
    assert folder == own_cache / "worlds" / "tiny-1" and (folder / "sub/b.txt").read_bytes() == b"second"
    assert ensure("tiny", "1", generate) == folder and log(own_cache) == list(FILES)


def test_interrupted_generation_goes_on(own_cache):
    with pytest.raises(KeyboardInterrupt):
        ensure("tiny", "1", lambda folder, progress: generate(folder, progress, stop_after=1))
    assert not (own_cache / "worlds" / "tiny-1").exists(), "nothing half-made under the final name"
    ensure("tiny", "1", generate)
    assert log(own_cache) == list(FILES), "what was complete is not made again"


@pytest.mark.parametrize("harm", ["lost", "changed", "manifest"])
def test_damage_is_mended(own_cache, harm):
    folder = ensure("tiny", "1", generate)
    match harm:
        case "lost":
            (folder / "a.txt").unlink()
        case "changed":
            (folder / "a.txt").write_bytes(b"other")
        case "manifest":
            (folder / "manifest.json").write_text("{")
    assert ensure("tiny", "1", generate) == folder
    assert (folder / "a.txt").read_bytes() == b"first" and (folder / "manifest.json").is_file()


def test_a_world_that_disagrees_with_its_manifest_is_not_kept(own_cache):
    def broken(folder, progress):
        generate(folder, progress)
        (folder / "a.txt").write_bytes(b"bad disk")

    with pytest.raises(DataError, match="1 of its files differ from the manifest: a.txt"):
        ensure("tiny", "1", broken)
    assert not list((own_cache / "worlds").glob("tiny-1*"))


def test_full_disk_keeps_what_was_made(own_cache):
    def full(folder, progress):
        write_bytes(folder / "a.txt", b"first")
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError, match="disk is full"):
        ensure("tiny", "1", full)
    assert not (own_cache / "worlds" / "tiny-1").exists()
    ensure("tiny", "1", generate)
    assert log(own_cache) == ["sub/b.txt"]


def test_two_processes_at_once(own_cache):
    context = get_context("fork")
    workers = [context.Process(target=ensure, args=("tiny", "1", generate)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0] and log(own_cache) == list(FILES)


def test_read_only_cache(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="VISRET_CACHE"):
        ensure("tiny", "1", generate)
    assert os.listdir(tmp_path) == ["file"]
