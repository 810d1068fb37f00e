"""Features of a whole data set, and the cache that keeps them."""

import functools
import os

import numpy as np
import pytest

from visret_lab.datasets.errors import DataError
from visret_lab.features import color
from visret_lab.features.extract import extract, key
from visret_lab.features.fingerprint import fingerprint
from visret_lab.protocols import Query


class Tiny:
    """Four images in memory, two queries, and a count of the readings."""

    name, tier, version, licence, protocols = "tiny", "mini", "1", "CC0", ("groups",)

    def __init__(self):
        self.ids = ["a", "b", "c", "d"]
        self.queries = [Query("q0", "a", (0, 0, 2, 2)), Query("q1", "b", None)]
        self.read = []

    def image(self, image_id):
        self.read.append(image_id)
        return np.full((4, 5, 3), 10 * (self.ids.index(image_id) + 1), np.uint8)

    def query_image(self, query):
        image = self.image(query.image_id)
        if query.box is None:
            return image
        x0, y0, x1, y1 = query.box
        return image[y0:y1, x0:x1]


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    return Tiny()


def size(image):
    return [image.shape[0], image.shape[1], image[0, 0, 0]]


def test_rows_are_in_order_and_float32(data):
    x = extract(data, size, "size")
    assert x.dtype == np.float32
    assert x.tolist() == [[4, 5, 10], [4, 5, 20], [4, 5, 30], [4, 5, 40]]


def test_queries_are_cropped(data):
    assert extract(data, size, "size", queries=True).tolist() == [[2, 2, 10], [4, 5, 20]]


def test_the_second_call_reads_nothing(data):
    first = extract(data, size, "size")
    data.read.clear()
    assert np.array_equal(extract(data, size, "size"), first)
    assert data.read == []


def test_a_change_of_anything_computes_anew(data):
    keys = {key(data, size, "size")}
    for attribute, value in (("version", "2"), ("tier", "campus"), ("ids", ["a", "b"])):
        changed = Tiny()
        setattr(changed, attribute, value)
        keys.add(key(changed, size, "size"))
    keys.add(key(data, size, "other"))
    keys.add(key(data, size, "size", queries=True))
    moved = Tiny()
    moved.queries = [Query("q0", "a", (0, 0, 3, 2)), Query("q1", "b", None)]
    keys.add(key(moved, size, "size", queries=True))
    assert len(keys) == 7


def test_the_code_and_what_it_carries_decide():
    def make(bins):
        return lambda image: color.histogram(image, bins=bins)

    def helper(image):
        return image.mean()

    prints = [
        fingerprint(f)
        for f in (
            make((2, 2, 2)), make((4, 4, 4)),
            functools.partial(color.histogram, space="lab"), functools.partial(color.histogram, space="rgb"),
            lambda image: helper(image), lambda image: helper(image) + 1, color.histogram, color.moments,
        )
    ]
    assert len(set(prints)) == len(prints)
    assert fingerprint(make((2, 2, 2))) == fingerprint(make((2, 2, 2)))


def test_an_edited_module_of_the_package_computes_anew(data, monkeypatch, tmp_path):
    from visret_lab.features import fingerprint as module
    before = key(data, color.histogram, "h")
    edited = tmp_path / "edited.py"
    edited.write_text("changed = True\n")
    folder = module._with_imports
    monkeypatch.setattr(module, "_with_imports", lambda file: [*folder(file), edited])
    assert key(data, color.histogram, "h") != before


def test_a_failure_names_the_image_and_leaves_no_file(data, tmp_path):
    def breaks(image):
        if image[0, 0, 0] == 30:
            raise RuntimeError("out of luck")
        return [1.0]

    with pytest.raises(ValueError, match="breaks failed on 'c' of tiny: out of luck"):
        extract(data, breaks, "breaks")
    with pytest.raises(ValueError, match="nan failed on 'a'.*not finite"):
        extract(data, lambda image: [np.nan], "nan")
    with pytest.raises(ValueError, match="one shape for all"):
        extract(data, lambda image: np.ones(image[0, 0, 0]), "ragged")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_damaged_cache_file_is_computed_again(data, tmp_path):
    first = extract(data, size, "size")
    (file,) = [path for path in tmp_path.rglob("*.npy")]
    file.write_bytes(file.read_bytes()[:-7])
    assert np.array_equal(extract(data, size, "size"), first)


def test_nothing_to_do_is_said(data):
    data.queries = []
    with pytest.raises(ValueError, match="no queries"):
        extract(data, size, "size", queries=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_cache_is_a_clear_error(data, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DataError, match="VISRET_CACHE"):
            extract(data, size, "size")
    finally:
        tmp_path.chmod(0o700)


def test_a_cache_that_cannot_be_a_folder_is_a_clear_error(data, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match="VISRET_CACHE"):
        extract(data, size, "size")
