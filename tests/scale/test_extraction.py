import functools
import os
import re
import signal
import threading
import time

import numpy as np
import pytest

from tests.scale.common import Broken, Deadly, means, pictures
from visret_lab.datasets import DataError, load
from visret_lab.scale.cluster import open_cluster, worker_pids
from visret_lab.scale.extraction import FolderPictures, SetPictures, extract, key, read_part
from visret_lab.system.build import default_describer
from visret_lab.system.recipe import named


@pytest.fixture
def folder(tmp_path):
    pictures(tmp_path / "pictures", 30)
    return tmp_path


def run(client, folder, make=None, ids=None, place="parts", **options):
    ids = ids or [f"{n // 10}/{n:03d}.png" for n in range(30)]
    return extract(client, ids, FolderPictures(str(folder / "pictures")), make or means(), folder / place, **{"part": 4} | options)


def test_the_cluster_gives_what_one_machine_gives(client, folder):
    ids, here, told = run(None, folder, place="here")
    names, there, report = run(client, folder, place="there")
    assert names == ids and there.dtype == np.float32 and np.array_equal(there, here)
    assert (told.parts, told.written, told.known) == (report.parts, report.written, report.known) == (8, 8, 0)
    assert report.pictures == 30 and report.again == [] and report.lost_seconds == 0 and not report.skipped
    assert len({a.worker for a in report.attempts}) == 2 and os.getpid() not in {a.worker for a in report.attempts}
    assert {a.how for a in report.attempts} == {"written"} and sorted(a.part for a in report.attempts) == list(range(8))
    assert all(0 <= a.begun <= a.ended <= report.seconds for a in report.attempts)


def test_the_recipe_of_the_package_to_the_last_bit(client, folder):
    make = functools.partial(default_describer, named("small"))
    ids = [f"0/00{n}.png" for n in range(6)]
    here, there = (run(c, folder, make, ids, n, part=6)[1] for c, n in ((None, "here"), (client, "there")))
    assert here.shape == (6, 160) and np.array_equal(here, there) and np.ptp(here, axis=0).max() > 0
    read, describe = FolderPictures(str(folder / "pictures")), make()
    assert np.allclose(here, [describe(read(i)).vector for i in ids], atol=1e-5)


def test_pictures_of_a_data_set(tmp_path):
    data = load("town", tier="mini")
    read = SetPictures("town", "mini")
    assert np.array_equal(read(data.ids[3]), data.image(data.ids[3]))
    ids, rows, _ = extract(None, data.ids[:5], read, means(), tmp_path, part=3)
    assert ids == data.ids[:5] and np.allclose(rows[4], means()()(data.image(data.ids[4])))
    assert read.stamp(ids) != SetPictures("town-elsewhere", "mini").stamp(ids)


def test_a_worker_is_killed_in_the_middle(client, folder):
    wanted = run(None, folder, place="here")[1]
    victim = next(iter(worker_pids(client).values()))
    killed = []

    def kill(done, count):
        if done == 2:
            killed.append(time.time())
            os.kill(victim, signal.SIGKILL)

    started = time.time()
    ids, rows, report = run(client, folder, means(0.1), place="there", progress=kill)
    assert len(killed) == 1 and len(ids) == 30 and np.array_equal(rows, wanted)
    lost = [a for a in report.attempts if a.how == "lost"]
    assert {a.worker for a in lost} == {victim} and report.again == sorted({a.part for a in lost}) and 1 <= len(lost) <= 2
    assert report.lost_seconds == pytest.approx(sum(a.ended - a.begun for a in lost)) and 0 < report.lost_seconds < 2
    assert all(abs(a.ended - (killed[0] - started)) < 1.5 for a in lost)
    assert all(any(b.part == a.part and b.begun > a.begun and b.how in ("written", "found") for b in report.attempts) for a in lost)


def test_parts_that_are_there_are_not_done_again(client, folder):
    wanted = run(client, folder)[1]
    place = next((folder / "parts").iterdir())
    files = sorted(place.glob("*.npz"))
    assert [f.name for f in files] == [f"{n:09d}.npz" for n in range(0, 30, 4)]
    files[2].unlink()
    files[5].write_bytes(files[5].read_bytes()[:200])
    before = {f: f.stat().st_mtime_ns for f in files if f.exists()}
    rows, report = run(client, folder)[1:]
    assert np.array_equal(rows, wanted) and (report.known, report.written) == (6, 2)
    assert {a.part for a in report.attempts} == {2, 5}
    assert [f for f in before if f.stat().st_mtime_ns != before[f]] == [files[5]] and not list(place.glob(".*"))


def test_a_run_that_was_stopped_goes_on(client, folder):
    def stop(done, count):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(client, folder, means(0.02), progress=stop, at_once=1)
    report = run(None, folder, means(0.02))[2]  # another engine, the same files
    assert report.known >= 3 and report.known + report.written == 8


def test_one_part_at_a_time(client, folder):
    attempts = run(client, folder, means(0.01), at_once=1)[2].attempts
    assert len(attempts) == 8 and all(a.ended <= b.begun for a, b in zip(attempts, attempts[1:], strict=False))


def test_the_folder_of_a_run_changes_with_what_it_depends_on(folder):
    ids, read, make = ["0/001.png", "0/002.png"], FolderPictures(str(folder / "pictures")), means()
    first = key(ids, read, make, 4)
    other = functools.partial(default_describer, named("small"))
    others = [key(ids[::-1], read, make, 4), key(ids, read, make, 5), key(ids, read, other, 4)]
    (folder / "pictures/0/001.png").write_bytes((folder / "pictures/0/005.png").read_bytes() + b" ")
    assert len({first, *others, key(ids, read, make, 4)}) == 5


def test_pictures_that_cannot_be_read_are_named(client, folder):
    (folder / "pictures/1/013.png").write_text("<html>")
    for path in (folder / "pictures/2").iterdir():
        path.write_bytes(b"")
    ids, rows, report = run(client, folder)
    assert len(ids) == len(rows) == 19 and "1/013.png" not in ids
    assert [i for i, _ in report.skipped] == ["1/013.png", *(f"2/{n:03d}.png" for n in range(20, 30))]
    assert "013.png" in report.skipped[0][1] and run(client, folder)[2].known == 8
    with pytest.raises(DataError, match="None of 10 pictures could be read"):
        run(client, folder, ids=[i for i, _ in report.skipped[1:]])


def test_a_bug_is_told_with_its_part(client, folder):
    for engine in (client, None):
        with pytest.raises((RuntimeError, KeyError), match="a bug") as failure:
            run(engine, folder, functools.partial(Broken, 0), place="broken")
        assert engine is None or re.search(r"failed on part (\d) \(first picture .*KeyError", str(failure.value))
    assert client.submit(sum, [1]).result() == 1


def test_worker_after_worker_dies(folder):
    pytest.importorskip("distributed")
    import dask

    with dask.config.set({"distributed.scheduler.allowed-failures": 0}), open_cluster(workers=1) as one, \
            pytest.raises(RuntimeError, match=r"Worker after worker died on part 0 \(first picture 0/000.png\)"):
        run(one, folder, functools.partial(Deadly, 0, os.getpid()), ids=["0/000.png"])


@pytest.mark.parametrize(("ids", "part"), [([], 4), (["a", "a"], 4), (["a"], 0)])
def test_bad_input(folder, ids, part):
    with pytest.raises(ValueError, match="different ids, at least one"):
        extract(None, ids, FolderPictures("x"), means(), folder, part)


def test_a_file_of_other_pictures_is_no_part(folder):
    run(None, folder)
    path = sorted((folder / "parts").rglob("*.npz"))[0]
    assert read_part(path, ["0/000.png"]) is None and len(read_part(path, [f"0/00{n}.png" for n in range(4)])[0]) == 4


def test_threads_are_given_back(folder):
    import cv2
    import torch

    before = torch.get_num_threads(), cv2.getNumThreads(), threading.active_count()
    run(None, folder)
    assert (torch.get_num_threads(), cv2.getNumThreads(), threading.active_count()) == before
