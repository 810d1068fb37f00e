import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.system.common import bring, content, folder_of, picture, toy
from visret_lab.datasets.errors import DataError
from visret_lab.system import build
from visret_lab.system.store import Store


def counts(report):
    return report.added, report.changed, report.removed, report.unchanged


@pytest.fixture
def folder(tmp_path):
    return folder_of(tmp_path / "pictures", 9)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "index"


def test_new_changed_and_vanished_pictures(folder, place):
    seen = []
    assert counts(bring(folder, place, progress=seen.append)) == (9, 0, 0, 0) and seen[-1] == 9
    assert counts(bring(folder, place)) == (0, 0, 0, 9)
    picture(folder / "p002.png", 77)
    picture(folder / "a" / "new.png", 5)
    os.remove(folder / "p008.png")
    assert counts(bring(folder, place)) == (1, 1, 1, 7)
    fresh = place.with_name("fresh")
    bring(folder, fresh)
    assert content(place) == content(fresh) and "a/new.png" in content(place)


def test_a_picture_that_comes_back_counts(folder, place):
    bring(folder, place)
    before, bytes_ = content(place), (folder / "p001.png").read_bytes()
    os.remove(folder / "p001.png")
    assert counts(bring(folder, place)) == (0, 0, 1, 8)
    (folder / "p001.png").write_bytes(bytes_)
    assert counts(bring(folder, place)) == (1, 0, 0, 8)
    assert content(place) == before


def test_a_new_time_with_the_old_content_is_no_change_and_the_old_time_with_a_new_size_is(folder, place):
    bring(folder, place)
    os.utime(folder / "p003.png", ns=(1, 1))
    assert counts(bring(folder, place)) == (0, 0, 0, 9)
    told = (folder / "p004.png").stat()
    picture(folder / "p004.png", 4, size=(20, 20))
    os.utime(folder / "p004.png", ns=(told.st_atime_ns, told.st_mtime_ns))
    assert counts(bring(folder, place)) == (0, 1, 0, 8)


def test_broken_files_are_named_and_the_rest_goes_on(folder, place):
    (folder / "b.jpg").write_text("<html>no picture</html>")
    (folder / "c.png").write_bytes((folder / "p000.png").read_bytes()[:60])
    (folder / "d.jpg").touch()
    (folder / "e.zip").write_bytes(b"PK")
    report = bring(folder, place)
    got = {s.id: s.reason for s in report.skipped}
    assert counts(report) == (9, 0, 0, 0) and set(got) == {"b.jpg", "c.png", "d.jpg", "e.zip"}
    assert "not a picture" in got["b.jpg"] and "damaged or truncated" in got["c.png"] and str(folder) not in got["b.jpg"]
    (folder / "p001.png").write_text("broken now")
    report = bring(folder, place)
    assert counts(report) == (0, 0, 1, 8) and "p001.png" not in content(place)


def test_a_file_that_may_not_be_read_is_named(folder, place, monkeypatch):
    real = open

    def refuse(path, *rest, **options):
        if str(path).endswith("p003.png"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *rest, **options)

    monkeypatch.setattr(build, "open", refuse, raising=False)
    report = bring(folder, place)
    assert [tuple(s) for s in report.skipped] == [("p003.png", "cannot be read (Permission denied)")] and report.added == 8


def test_equal_names_in_other_folders_and_names_in_any_script(tmp_path, place):
    folder = tmp_path / "pictures"
    names = ["a/x.png", "b/x.png", "写真/猫.png", "été.png", "Ελλάδα.png", 'quote".png', "new\nline.png"]
    for i, name in enumerate(names):
        picture(folder / name, i)
    bring(folder, place)
    assert set(content(place)) == set(names)
    assert len({c[0] for c in content(place).values()}) == len(names)


def test_exif_orientation_is_followed(tmp_path, place):
    from PIL import Image

    (tmp_path / "p").mkdir()
    image, exif = Image.new("RGB", (30, 10), "red"), Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "p" / "a.jpg", exif=exif)
    bring(tmp_path / "p", place)
    store = Store(place)
    fact = store.rows(store.segments[0]).facts[0]
    assert (fact["width"], fact["height"]) == (10, 30)


def test_an_empty_folder_and_no_folder_are_errors(tmp_path, place):
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="holds no picture"):
        bring(tmp_path / "none", place)
    with pytest.raises(NotADirectoryError, match="not a folder"):
        bring(tmp_path / "nothing", place)
    with pytest.raises(ValueError, match="part must be"):
        bring(tmp_path / "none", place, part=0)


def test_a_folder_that_is_suddenly_empty_does_not_empty_its_index(folder, place):
    bring(folder, place)
    shutil.rmtree(folder)
    folder.mkdir()
    (folder / "broken.png").touch()
    with pytest.raises(DataError, match="9. Is its disk mounted"):
        bring(folder, place)
    assert len(content(place)) == 9


def test_what_is_known_of_a_folder_that_cannot_be_read_stays(folder, place, monkeypatch):
    for i in range(3):
        picture(folder / "locked" / f"{i}.png", i)
    bring(folder, place)
    os.remove(folder / "p000.png")
    real = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = bring(folder, place)
    assert report.removed == 1 and sum(i.startswith("locked/") for i in content(place)) == 3


@pytest.mark.parametrize("part", [1, 3, 100])
def test_the_size_of_a_part_changes_nothing(folder, place, part):
    bring(folder, place)
    other = place.with_name("other")
    bring(folder, other, part=part)
    assert content(place) == content(other)


def test_two_workers_give_what_one_gives_and_a_dead_one_is_named(folder, place, tmp_path):
    bring(folder, place)
    picture(folder / "q.png", -7)
    one, two = place.with_name("one"), place.with_name("two")
    bring(folder, one)
    report = bring(folder, two, toy(deadly=7, once=str(tmp_path / "once")), workers=2)
    assert content(two) == content(one)
    assert len(report.notes) == 1 and "died (signal 9)" in report.notes[0]
    assert report.added == 10


def test_a_picture_that_kills_its_worker_is_skipped(folder, place):
    picture(folder / "q.png", -7)
    report = bring(folder, place, toy(deadly=7), workers=2)
    assert report.added == 9 and [s.id for s in report.skipped] == ["q.png"] and "two workers died" in report.skipped[0].reason


def test_the_list_of_pictures_is_never_held(tmp_path, place, monkeypatch):
    folder, alive, most = folder_of(tmp_path / "pictures", 120), [0], [0]
    real = build._describe

    def counted(describer, task):
        alive[0] += 1
        most[0] = max(most[0], alive[0])
        return real(describer, task)

    wrote = build._Pending.write

    def write(self):
        alive[0] -= len(self.items)
        wrote(self)

    monkeypatch.setattr(build, "_describe", counted)
    monkeypatch.setattr(build._Pending, "write", write)
    bring(folder, place, part=10)
    assert most[0] <= 10 + build.TASK and len(content(place)) == 120


def kill_at(moment, folder, place):
    """Bring an index up to date in a process that kills itself before its `moment`-th step on the disk; True if it came so far."""
    process = os.fork()
    if process == 0:
        steps = [0]

        def stepping(real):
            def step(*arguments, **options):
                steps[0] += 1
                if steps[0] == moment:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*arguments, **options)
            return step

        os.replace, os.fsync, shutil.rmtree = map(stepping, (os.replace, os.fsync, shutil.rmtree))
        np.lib.format.write_array = stepping(np.lib.format.write_array)
        try:
            bring(folder, place)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL


def test_killed_at_any_point_the_index_opens_and_the_next_call_finishes(tmp_path, place, monkeypatch):
    """The first build (two segments), then an update that adds, changes, removes and compacts: a kill before each step on the disk."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # only a power cut needs it; the steps are counted all the same
    folder, old = folder_of(tmp_path / "pictures", 6), place.with_name("old")
    bring(folder, old)
    before = content(old)
    picture(folder / "p001.png", 70), picture(folder / "new.png", 71), os.remove(folder / "p004.png"), os.remove(folder / "p002.png")
    bring(folder, place.with_name("undisturbed"))
    after, moments = content(place.with_name("undisturbed")), 0
    for begun, known in ((False, {}), (True, before)):
        for moment in range(1, 1000):
            shutil.rmtree(place, ignore_errors=True)
            if begun:
                shutil.copytree(old, place)
            killed = kill_at(moment, folder, place)
            if (place / "manifest.json").exists():
                assert set(content(place).items()) <= set(known.items()) | set(after.items())
                assert set(known) & set(after) <= set(content(place))  # a changed picture is there as it was, or as it is
                assert not Store(place).damaged()
            bring(folder, place)
            assert content(place) == after
            assert sorted(p.name for p in (place / "segments").iterdir()) == [s["name"] for s in Store(place).segments]
            assert not list(place.glob(".*tmp"))
            if not killed:
                break
            moments += 1
    assert moments > 30


CHILD = """
import sys
from tests.system.common import bring, toy
if __name__ == "__main__":
    bring(sys.argv[1], sys.argv[2], toy(seconds=0.03), part=4, workers=2)
"""


def test_killed_with_its_workers_the_next_call_goes_on_behind_the_last_segment(tmp_path, place):
    folder, script = folder_of(tmp_path / "pictures", 60), tmp_path / "child.py"
    script.write_text(CHILD)
    child = subprocess.Popen([sys.executable, str(script), str(folder), str(place)], env={**os.environ, "PYTHONPATH": os.getcwd()})
    end = time.time() + 60
    while time.time() < end and len(list(place.glob("segments/0*"))) < 2:
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    known = len(content(place))
    assert 4 <= known < 60
    report = bring(folder, place)
    assert (report.added, report.unchanged) == (60 - known, known)
    bring(folder, place.with_name("undisturbed"))
    assert content(place) == content(place.with_name("undisturbed"))


def test_seconds_are_told_by_stage(folder, place):
    report = bring(folder, place, toy(seconds=0.001))
    assert set(report.seconds) == {"reading", "network", "writing", "whole"} and all(v > 0 for v in report.seconds.values())
    assert np.isclose(report.pictures_per_second, 9 / report.seconds["whole"])
