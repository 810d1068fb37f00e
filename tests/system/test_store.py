import errno
import json
import multiprocessing
import os
import shutil

import numpy as np
import pytest

from tests.system.common import RECIPE, bring, content, folder_of
from visret_lab.datasets.errors import DataError
from visret_lab.files import StorageError
from visret_lab.system import store as module
from visret_lab.system.store import Store, read_manifest, writing


@pytest.fixture
def made(tmp_path):
    """An index of nine pictures in three segments: (folder, place)."""
    folder, place = folder_of(tmp_path / "pictures", 9), tmp_path / "index"
    bring(folder, place)
    return folder, place


def change_manifest(place, **entries):
    told = read_manifest(place)
    (place / "manifest.json").write_text(json.dumps({**told, **entries}))


def test_what_goes_in_comes_out(made):
    _, place = made
    store = Store(place)
    assert [s["count"] for s in store.segments] == [4, 4, 1] and len(store) == 9
    rows = store.rows(store.segments[0])
    assert rows.ids == [f"p{i:03d}.png" for i in range(4)] and isinstance(rows.vectors, np.memmap)
    assert rows.vectors.shape == (4, 48) and rows.facts["width"].tolist() == [12] * 4
    points, descriptors = store.local(store.segments[1], 2)
    assert points.shape == (2, 2) and descriptors.shape == (2, 128)
    assert store.nbytes == sum(f.stat().st_size for f in place.glob("segments/*/*.npy"))
    assert store.recipe == RECIPE


def test_an_index_of_another_format_is_an_error(made):
    _, place = made
    change_manifest(place, format=99)
    with pytest.raises(DataError, match="format 99.*reads 1"):
        Store(place)


def test_an_index_of_other_features_or_another_folder_is_an_error(made):
    folder, place = made
    for fingerprint, path, words in (("other", folder, "another recipe"), ("toy", "/elsewhere", "index of .*pictures, not of /elsewhere")):
        with pytest.raises(DataError, match=words), writing(place, RECIPE, fingerprint, path):
            pass


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"format": 1}', '{"format": 1, "segments": []}'])
def test_a_damaged_manifest_is_an_error(made, text):
    _, place = made
    (place / "manifest.json").write_text(text)
    with pytest.raises(DataError, match="manifest.json is damaged.*Delete"):
        Store(place)


def test_no_index_is_an_error(tmp_path):
    with pytest.raises(DataError, match="no index.*visret index"):
        Store(tmp_path)


@pytest.mark.parametrize("file", module.FILES)
@pytest.mark.parametrize("how", ["bit", "cut", "gone"])
def test_a_damaged_segment_is_named_with_what_to_do(made, file, how):
    _, place = made
    path = place / "segments" / "000002" / f"{file}.npy"
    if how == "gone":
        path.unlink()
    else:
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data[:-3] if how == "cut" else data)
    with pytest.raises(DataError, match=f"damaged: segments/000002/{file}.npy .*4 pictures.*--mend"):
        store = Store(place)
        store.rows(store.segments[1])
        store.local(store.segments[1], 0)
    assert Store(place).damaged() == ["000002"]


def test_mending_describes_the_pictures_of_damaged_segments_again(made):
    folder, place = made
    before = content(place)
    shutil.rmtree(place / "segments" / "000002")
    with pytest.raises(DataError, match="damaged"):
        bring(folder, place)
    report = bring(folder, place, mend=True)
    assert (report.added, report.unchanged) == (4, 5) and content(place) == before


def full_disk(monkeypatch, after):
    """From the `after`-th array on, the disk is full."""
    real, count = np.lib.format.write_array, [0]

    def write(file, array, **options):
        count[0] += 1
        if count[0] > after:
            file.write(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, array, **options)

    monkeypatch.setattr(module.np.lib.format, "write_array", write)


@pytest.mark.parametrize("after", [0, 3, 9, 13])
def test_on_a_full_disk_the_index_stays_whole_and_the_next_call_goes_on(tmp_path, monkeypatch, after):
    folder, place = folder_of(tmp_path / "pictures", 9), tmp_path / "index"
    with monkeypatch.context() as patch:
        full_disk(patch, after)
        with pytest.raises(StorageError, match="disk is full"):
            bring(folder, place)
    assert len(content(place)) == 4 * (after // len(module.FILES))
    assert not list(place.glob("segments/.new-*"))
    report = bring(folder, place)
    assert report.added == 9 - 4 * (after // len(module.FILES)) and len(content(place)) == 9


def test_a_full_disk_at_the_manifest_leaves_the_old_one(made, monkeypatch):
    folder, place = made
    before = content(place)
    folder_of(folder, 12)

    def refuse(path, data):
        raise StorageError("The disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(module, "write_bytes", refuse)
        with pytest.raises(StorageError):
            bring(folder, place)
    assert content(place) == before
    assert bring(folder, place).added == 3
    assert sorted(p.name for p in (place / "segments").iterdir()) == [s["name"] for s in Store(place).segments]


def hold(place, folder, ready, leave):
    with writing(place, RECIPE, "toy", folder):
        ready.set()
        leave.wait(20)


def test_a_second_writer_is_told_of_the_first_and_a_killed_one_does_not_block(made):
    folder, place = made
    context = multiprocessing.get_context("spawn")
    ready, leave = context.Event(), context.Event()
    process = context.Process(target=hold, args=(place, folder.absolute(), ready, leave))
    process.start()
    assert ready.wait(20)
    with pytest.raises(DataError, match=f"being written by process {process.pid} on .* since 20"):
        bring(folder, place)
    assert len(content(place)) == 9  # to read is allowed
    process.kill()
    process.join()
    assert bring(folder, place).unchanged == 9


def test_removed_pictures_are_gone_and_much_removed_segments_are_written_anew(made):
    folder, place = made
    before = content(place)
    os.remove(folder / "p005.png")
    report = bring(folder, place)
    assert (report.removed, report.compacted) == (1, 0) and read_manifest(place)["removed"] == {"000002": [1]}
    os.remove(folder / "p006.png")
    report = bring(folder, place)
    assert (report.removed, report.compacted) == (1, 1) and not read_manifest(place)["removed"]
    assert not (place / "segments" / "000002").exists()
    assert content(place) == {i: c for i, c in before.items() if i not in ("p005.png", "p006.png")}


def test_a_segment_of_removed_pictures_only_disappears(made):
    folder, place = made
    for i in range(4):
        os.remove(folder / f"p{i:03d}.png")
    bring(folder, place)
    assert [s["count"] for s in Store(place).segments] == [4, 1]


def test_many_small_segments_are_joined(tmp_path):
    folder, place = folder_of(tmp_path / "pictures", 1), tmp_path / "index"
    for count in range(1, 10):
        bring(folder_of(folder, count), place, part=40)
    assert len(Store(place).segments) < 5 and len(content(place)) == 9


def test_a_reader_keeps_what_it_opened_while_a_writer_joins_segments(made):
    folder, place = made
    store = Store(place)
    opened = [store.rows(s) for s in store.segments]
    kept = opened[1].vectors.copy()
    for name in ("p005.png", "p006.png"):
        os.remove(folder / name)
    bring(folder, place)
    assert not (place / "segments" / "000002").exists()
    assert np.array_equal(opened[1].vectors, kept) and len(store.local(store.segments[1], 3)[0]) == 2
