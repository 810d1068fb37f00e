"""Extraction: equal to one image at a time, kept part by part, gone on with after a stop, halved when memory is short."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from visret_lab.deep import extract as module
from visret_lab.deep.backbones import Backbone
from visret_lab.deep.extract import extract_maps, extract_vectors, keep_layers, pool_maps, resized
from visret_lab.deep.pooling import gem, mac
from visret_lab.deep.rmac import region_mac
from visret_lab.deep.rmac import regions as module_regions
from visret_lab.protocols import Query

SIZES = [(24, 32), (32, 24), (24, 32), (40, 16), (24, 32), (32, 24), (24, 32)]


@pytest.fixture
def backbone():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 5, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2))
    return Backbone("tiny", network, {"conv1": "1", "pool1": "2"}, (128.0,) * 3, (64.0,) * 3)


@pytest.fixture
def dataset(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path))
    monkeypatch.setattr(module, "PART", 3)
    rng = np.random.default_rng(0)
    images = {f"i{n}": rng.integers(0, 256, (*size, 3), dtype=np.uint8) for n, size in enumerate(SIZES)}
    read = []

    def image(name):
        read.append(name)
        return images[name]

    query = Query("q0", "i0", (4, 4, 20, 20))
    return SimpleNamespace(name="set", tier="mini", version="1", ids=list(images), queries=[query], image=image, read=read,
                           query_image=lambda q: image(q.image_id)[4:20, 4:20])


def test_batches_of_equal_size_give_what_single_images_give(backbone, dataset):
    found = extract_maps(backbone, "pool1", dataset, batch=2)
    for name, maps in zip(dataset.ids, found, strict=True):
        want = backbone.maps(dataset.image(name), "pool1")[0].numpy()
        assert maps.dtype == np.float32 and np.allclose(maps, want, rtol=1e-3, atol=1e-3)
    vectors = extract_vectors(backbone, "pool1", mac, dataset)
    assert vectors.shape == (7, 5) and vectors.dtype == np.float32
    assert np.allclose(vectors, [backbone.maps(dataset.image(n), "pool1").amax((2, 3))[0].numpy() for n in dataset.ids], atol=1e-6)


def test_queries_are_cut_to_their_box(backbone, dataset):
    (maps,) = extract_maps(backbone, "conv1", dataset, queries=True)
    assert maps.shape == (5, 16, 16)


def test_a_second_call_reads_no_image(backbone, dataset):
    first = extract_vectors(backbone, "conv1", gem, dataset)
    dataset.read.clear()
    assert np.array_equal(extract_vectors(backbone, "conv1", gem, dataset), first) and not dataset.read
    extract_vectors(backbone, "conv1", mac, dataset)
    assert len(dataset.read) == 7  # another pooling
    dataset.read.clear()
    with torch.no_grad():
        backbone.network[0].bias[0] += 1
    assert not np.array_equal(extract_vectors(backbone, "conv1", gem, dataset), first) and len(dataset.read) == 7


def test_several_layers_take_one_pass_and_are_found_one_by_one(backbone, dataset):
    keep_layers(backbone, ("conv1", "pool1"), dataset)
    assert len(dataset.read) == 7
    dataset.read.clear()
    for layer in ("conv1", "pool1"):
        found = extract_maps(backbone, layer, dataset)
        assert not dataset.read
        for name, maps in zip(dataset.ids, found, strict=True):
            np.testing.assert_allclose(maps, backbone.maps(dataset.image(name), layer)[0].numpy(), rtol=1e-3, atol=1e-3)
        dataset.read.clear()


def test_of_several_layers_only_those_that_are_missing_are_computed(backbone, dataset, monkeypatch):
    first, asked, several = extract_maps(backbone, "conv1", dataset), [], Backbone.several
    monkeypatch.setattr(Backbone, "several", lambda self, x, layers: asked.append(tuple(layers)) or several(self, x, layers))
    keep_layers(backbone, ("conv1", "pool1"), dataset)
    assert set(asked) == {("pool1",)}
    assert all(np.array_equal(a, b) for a, b in zip(extract_maps(backbone, "conv1", dataset), first, strict=True))


def test_it_goes_on_where_it_was_stopped(backbone, dataset):
    image = dataset.image

    def stopping(name):
        if name == "i4":
            raise KeyboardInterrupt
        return image(name)

    dataset.image = stopping
    with pytest.raises(KeyboardInterrupt):
        extract_maps(backbone, "conv1", dataset)
    dataset.image = image
    dataset.read.clear()
    found = extract_maps(backbone, "conv1", dataset)
    assert set(dataset.read) == {"i3", "i4", "i5", "i6"}  # the first part, of three images, was kept
    assert len(found) == 7


def test_a_size_that_all_pictures_have_is_no_size(backbone, dataset):
    """Maps of pictures as they are serve a caller who asks for the size that they have; one picture of another size, and they do not."""
    same = SimpleNamespace(**vars(dataset) | {"ids": [n for n in dataset.ids if max(dataset.image(n).shape[:2]) == 32]})
    assert len(same.ids) > 1
    computed, several = [], Backbone.several

    def counted(self, x, layers):
        computed.append(len(x))
        return several(self, x, layers)

    for queries in (False, True):
        as_they_are = extract_maps(backbone, "conv1", same, queries)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Backbone, "several", counted)
            again = extract_maps(backbone, "conv1", same, queries, longest=32)
            assert not computed and all(np.array_equal(a, b) for a, b in zip(again, as_they_are, strict=True))
            extract_maps(backbone, "conv1", same, queries, longest=16)
            assert sum(computed) == len(as_they_are)
        computed.clear()
    found = extract_maps(backbone, "conv1", dataset, longest=32)
    assert {max(maps.shape[1:]) for maps in found} == {32} and len({maps.shape for maps in extract_maps(backbone, "conv1", dataset)}) > 1


def test_maps_of_one_shape_are_kept_as_one_array(backbone, dataset, tmp_path):
    """Opening one array a picture took most of the time of reading; a part with several shapes still has one a picture."""
    same = SimpleNamespace(**vars(dataset) | {"ids": [n for n, size in zip(dataset.ids, SIZES, strict=True) if size == (24, 32)]})
    found = [extract_maps(backbone, "conv1", same) for _ in range(2)]
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))
    first = [backbone.maps(same.image(name), "conv1")[0].numpy() for name in same.ids]
    assert all(np.allclose(a, b, rtol=1e-3, atol=1e-3) for a, b in zip(found[1], first, strict=True))
    kept = [np.load(path).files for path in sorted(tmp_path.rglob("*.npz"))]
    assert kept == [["together"]] * len(kept) and len(kept) == -(-len(same.ids) // 3)
    extract_maps(backbone, "conv1", dataset)
    assert sum("together" not in np.load(path).files for path in tmp_path.rglob("*.npz")) >= 1


def test_a_file_with_another_number_of_maps_is_computed_again(backbone, dataset, tmp_path):
    first = extract_maps(backbone, "conv1", dataset)
    for path in tmp_path.rglob("*.npz"):
        np.savez(path, together=np.zeros((5, 5, 24, 32), np.float16))
    assert all(np.array_equal(a, b) for a, b in zip(extract_maps(backbone, "conv1", dataset), first, strict=True))


def test_a_damaged_part_is_computed_again(backbone, dataset, tmp_path):
    first = extract_maps(backbone, "conv1", dataset)
    (broken, *_) = sorted(tmp_path.rglob("*.npz"))
    broken.write_bytes(broken.read_bytes()[:100])
    dataset.read.clear()
    assert all(np.array_equal(a, b) for a, b in zip(extract_maps(backbone, "conv1", dataset), first, strict=True))
    assert sorted(dataset.read) == ["i0", "i1", "i2"]


def test_a_batch_that_does_not_fit_is_halved(backbone, dataset, monkeypatch):
    seen, through = [], module._through

    def short_of_memory(backbone, layers, images, pool):
        seen.append(len(images))
        if len(images) > 1:
            raise torch.OutOfMemoryError("no")
        return through(backbone, layers, images, pool)

    want = extract_maps(backbone, "conv1", dataset)
    monkeypatch.setattr(module, "_through", short_of_memory)
    found = extract_maps(backbone, "conv1", dataset, batch=4)
    assert max(seen) > 1 and all(np.allclose(a, b, atol=1e-3) for a, b in zip(found, want, strict=True))
    monkeypatch.setattr(module, "_through", lambda *a: (_ for _ in ()).throw(torch.OutOfMemoryError("no")))
    with pytest.raises(MemoryError, match="i0 .32 x 24 pixels. does not fit .*longest"):
        extract_maps(backbone, "pool1", dataset)


def test_the_longer_side_is_set_and_the_aspect_kept():
    assert resized(np.zeros((30, 60, 3), np.uint8), 20).shape == (10, 20, 3)
    assert resized(np.zeros((30, 60, 3), np.uint8), 120).shape == (60, 120, 3)
    assert resized(np.zeros((2, 900, 3), np.uint8), 30).shape == (1, 30, 3)


def test_errors_name_the_image_and_come_before_the_work(backbone, dataset):
    with pytest.raises(ValueError, match="no layer 'conv7'"):
        extract_maps(backbone, "conv7", dataset)
    assert not dataset.read
    dataset.image = lambda name: np.zeros((1, 1, 3), np.uint8)
    with pytest.raises(ValueError, match="i0: Images of 1 x 1 are too small"):
        extract_maps(backbone, "pool1", dataset)
    dataset.ids = []
    with pytest.raises(ValueError, match="no images"):
        extract_maps(backbone, "pool1", dataset)


def test_maps_that_16_bits_do_not_hold_name_the_image(backbone, dataset, monkeypatch):
    several = backbone.several

    def too_large(x, layers):
        found = several(x, layers)
        if len(x) == 2:  # i0 and i2, which have one size
            found[layers[0]][1, 0, 0, 0] = 1e5
        return found

    monkeypatch.setattr(backbone, "several", too_large)
    with pytest.raises(ValueError, match=r"^i2: conv1 of .* beyond 65,504"):
        extract_maps(backbone, "conv1", dataset, batch=2)
    monkeypatch.setattr(backbone, "several", several)
    with pytest.raises(ValueError, match="of .* gives NaN"):
        extract_vectors(backbone, "conv1", lambda maps: torch.full((len(maps), 3), torch.nan), dataset)
    assert all(np.isfinite(x).all() for x in extract_maps(backbone, "conv1", dataset))  # nothing wrong was kept


def test_maps_at_hand_are_pooled_size_by_size():
    rng = np.random.default_rng(1)
    maps = [rng.random((4, *size), np.float32) for size in ((3, 5), (5, 3), (3, 5), (2, 2), (3, 5))]
    found = pool_maps(gem, maps, batch=2)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [gem(torch.from_numpy(m[None]))[0].numpy() for m in maps], rtol=1e-6)
    regions = pool_maps(region_mac, maps)
    assert [len(r) for r in regions] == [len(module_regions(*m.shape[1:])) for m in maps]
    with pytest.raises(ValueError, match="no maps"):
        pool_maps(gem, [])


def test_a_query_is_shrunk_as_the_picture_that_it_is_cut_from(backbone, dataset):
    maps = extract_maps(backbone, "pool1", dataset, longest=16)  # the first image, 24 x 32, becomes 12 x 16: half its size
    query = extract_maps(backbone, "pool1", dataset, queries=True, longest=16)[0]  # of 16 x 16 pixels
    assert maps[0].shape[1:] == (6, 8) and query.shape[1:] == (4, 4)
    dataset.queries[0] = Query("q1", "i0", None)
    dataset.query_image = lambda q: dataset.image(q.image_id)
    assert extract_maps(backbone, "pool1", dataset, queries=True, longest=16)[0].shape[1:] == (6, 8)
