"""Run a network over a data set once: in batches of equal size, kept in the cache part by part, going on where it stopped."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import cv2
import numpy as np
import torch
from tqdm import tqdm

from visret_lab.datasets.cache import cache_dir, write_bytes
from visret_lab.features.fingerprint import add_function
from visret_lab.memory import keep_freed

PART = 64  # images that are computed and written together
BATCH = 4  # images of equal size that go through the network together: more do not fit into the cache of a CPU


def extract_maps(backbone, layer, dataset, queries=False, longest=None, batch=BATCH):
    """Maps of a layer for every database image, or every query cut to its box.

    They are kept with 16 bits (a relative rounding of 5e-4), since the maps of a thousand images are large.

    Args:
        backbone: `backbones.Backbone`, on any device.
        layer: its name.
        dataset: a `protocols.Dataset`; its images may have different sizes.
        queries: False: images of `dataset.ids`. True: `dataset.queries`, cropped.
        longest: shrink or enlarge each image so that its longer side has so many pixels, with its aspect kept. None: as it is.
            A query is shrunk as the picture that it is cut from: what is asked for keeps its size beside the database.
        batch: images that go through the network together; halved where the memory does not suffice.

    Returns:
        list of float32 C x h x w, one an image.

    Raises:
        ValueError: an image that is too small, maps with NaN or beyond what 16 bits hold (the image is named), or a layer that the
            network does not have.
        MemoryError: a single image does not fit.
    """
    return _extract(backbone, layer, dataset, queries, longest, batch, None)


def keep_layers(backbone, layers, dataset, queries=False, longest=None, batch=BATCH):
    """Maps of several layers in one pass of the network, into the cache: `extract_maps` finds them there. Nothing is held in memory.

    Args:
        layers: their names. others: as `extract_maps`.
    """
    _keep(backbone, tuple(layers), dataset, queries, longest, batch, None)


def extract_vectors(backbone, layer, pool, dataset, queries=False, longest=None, batch=BATCH):
    """One vector an image: the maps of a layer go through a pooling at once and are not kept.

    Args:
        pool: function float32 B x C x h x w -> B x D, as those of `deep.pooling`; the cache knows it by its code and its values.
        others: as `extract_maps`.

    Returns:
        float32 N x D.
    """
    return np.stack(_extract(backbone, layer, dataset, queries, longest, batch, pool))


@torch.inference_mode()
def pool_maps(pool, maps, batch=64):
    """A pooling over maps that are at hand.

    Args:
        pool: function float32 B x C x h x w -> B x D, or B x R x D.
        maps: list of float32 C x h x w; sizes may differ, channels may not.
        batch: maps of equal size that are pooled together.

    Returns:
        float32 N x D where the pooling gives one vector an image; else a list of float32 R_i x D.

    Raises:
        ValueError: no maps.
    """
    if not len(maps):
        raise ValueError("There are no maps to pool.")
    sizes, found = {}, [None] * len(maps)
    for i, x in enumerate(maps):
        sizes.setdefault(x.shape, []).append(i)
    for members in sizes.values():
        for start in range(0, len(members), batch):
            here = members[start : start + batch]
            for i, row in zip(here, pool(torch.from_numpy(np.stack([maps[i] for i in here]))).numpy(), strict=True):
                found[i] = row
    return np.stack(found) if found[0].ndim == 1 else found


def _extract(backbone, layer, dataset, queries, longest, batch, pool):
    parts, (folder,), run = _keep(backbone, (layer,), dataset, queries, longest, batch, pool)
    return [np.asarray(x, np.float32) for part, name in parts for x in _read_or_mend(folder / name, part, partial(run, [layer]))]


def _keep(backbone, layers, dataset, queries, longest, batch, pool):
    """Compute what the cache does not have: (parts list of (items, file name), a folder a layer, the function that computes a part)."""
    items = list(dataset.queries) if queries else list(dataset.ids)
    if not items:
        raise ValueError(f"{dataset.name} has no {'queries' if queries else 'images'}; there is nothing to compute.")
    for layer in layers:
        backbone.require_layer(layer)
    if longest is not None and all(_longer_side(dataset, item) == longest for item in items):
        longest = None  # no picture would change: what was computed of them as they are is what is wanted
    get = partial(_query, dataset, longest=longest) if queries else (lambda name: resized(dataset.image(name), longest))
    folders = [cache_dir("features", f"{dataset.name}-{dataset.tier}", _key(backbone, layer, dataset, items, longest, pool))
               for layer in layers]
    run = partial(_run, backbone, get=get, batch=batch, pool=pool)
    parts = [(items[start : start + PART], f"{start:07d}.npz") for start in range(0, len(items), PART)]
    with tqdm(total=len(items), desc=f"{backbone.name} {' '.join(layers)}, {dataset.name}", unit="image", leave=False) as bar:
        for part, name in parts:
            wanted = [i for i, folder in enumerate(folders) if not (folder / name).exists()]
            if wanted:
                keep_freed()
                # The results stay on the disk until all are there: what is kept in between cuts the memory into pieces.
                for i, rows in zip(wanted, run([layers[i] for i in wanted], part), strict=True):
                    _write(folders[i] / name, rows)
            bar.update(len(part))
    return parts, folders, run


def _read_or_mend(path, part, run):
    """What a file of the cache holds; one that was damaged from outside is computed again."""
    kept = _read(path, len(part))
    if kept is None:
        (kept,) = run(part)
        _write(path, kept)
    return kept


def _longer_side(dataset, item):
    """Pixels of the longer side of the picture that `longest` speaks of: of an image, or of the image that a query is cut from."""
    if not hasattr(item, "image_id"):
        return max(dataset.image(item).shape[:2])
    return max((dataset.query_image(item) if item.box is None else dataset.image(item.image_id)).shape[:2])


def _query(dataset, query, longest):
    """A query cut to its box, shrunk as its picture would be."""
    crop = dataset.query_image(query)
    if longest is None or query.box is None:
        return resized(crop, longest)
    whole = max(dataset.image(query.image_id).shape[:2])
    return resized(crop, max(1, round(longest * max(crop.shape[:2]) / whole)))


def _run(backbone, layers, part, get, batch, pool):
    """Results of a part of the images, for each layer in order: list of float16 C x h x w, or of float32 D behind a pooling."""
    with ThreadPoolExecutor(4) as pool_of_threads:
        images = list(pool_of_threads.map(get, part))
    sizes, found = {}, [[None] * len(part) for _ in layers]
    for i, image in enumerate(images):
        sizes.setdefault(image.shape[:2], []).append(i)
    for members in sizes.values():
        step, at, kept = batch, 0, None
        while at < len(members):
            here = members[at : at + step]
            try:
                rows = _through(backbone, layers, [images[i] for i in here], pool)
            except (torch.OutOfMemoryError, MemoryError) as error:
                if step == 1:
                    raise MemoryError(f"{_name(part[here[0]])} ({images[here[0]].shape[1]} x {images[here[0]].shape[0]} pixels) does "
                                      "not fit into the memory, even alone. Give `longest` to shrink it.") from error
                step = max(1, step // 2)
                continue
            except ValueError as error:
                raise ValueError(f"{_name(part[here[0]])}: {error}") from error
            for layer, r in zip(layers, rows, strict=True):
                _require_finite(r, f"{layer} of {backbone.name}", [part[i] for i in here])
            if kept is None:
                kept = [np.empty((len(members), *r.shape[1:]), r.dtype) for r in rows]
            for whole, r in zip(kept, rows, strict=True):
                whole[at : at + len(here)] = r
            at += len(here)
        for own, whole in zip(found, kept, strict=True):
            for i, row in zip(members, whole, strict=True):
                own[i] = row
    return found


@torch.inference_mode()
def _through(backbone, layers, images, pool):
    """One array a layer, of images of equal size: float16 B x C x h x w, or float32 B x D behind a pooling."""
    maps = backbone.several(torch.cat([backbone.prepare(image) for image in images]), layers)
    if pool is None:
        return [maps[layer].half().cpu().numpy() for layer in layers]
    return [pool(maps[layer]).float().cpu().numpy() for layer in layers]


def _require_finite(rows, what, items):
    """Maps are kept in 16 bits, which end at 65,504: a network with larger ones, or with NaN, would be found out far from here."""
    wrong = [item for item, row in zip(items, rows, strict=True) if not np.isfinite(row).all()]
    if wrong:
        raise ValueError(f"{_name(wrong[0])}: {what} gives NaN, or a value beyond {np.finfo(rows.dtype).max:,.0f}, the largest that is "
                         "kept. Do the weights belong to this network, and the preparation of the images to the weights?")


def resized(image, longest):
    """An image whose longer side has `longest` pixels: uint8 H x W x 3. None: as it is. Shrinking averages over areas."""
    if longest is None:
        return image
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def _name(item):
    return getattr(item, "id", item)


def _key(backbone, layer, dataset, items, longest, pool):
    """The name of a folder of the cache: it changes when a weight, an image, the layer, the size or the pooling does."""
    digest = hashlib.sha256()
    names = [(q.id, q.image_id, q.box) if hasattr(q, "image_id") else q for q in items]
    for part in (backbone.fingerprint(), layer, dataset.name, dataset.tier, dataset.version, names, longest, PART):
        digest.update(repr(part).encode() + b"\0")
    for function in (type(backbone).prepare, resized, _query, _through, *([] if pool is None else [pool])):
        add_function(digest, function)
    return f"{backbone.name}-{layer}-{digest.hexdigest()[:16]}"


def _write(path, rows):
    """Rows of one shape are kept as one array: to open thousands of small ones takes longer than to read them."""
    content = io.BytesIO()
    if len({row.shape for row in rows}) == 1:
        np.savez(content, together=np.stack(rows))
    else:
        np.savez(content, *rows)
    write_bytes(path, content.getvalue())


def _read(path, count):
    """What a file of the cache holds, or None where it is absent or was damaged from outside."""
    try:
        with np.load(path, allow_pickle=False) as kept:
            rows = list(kept["together"]) if "together" in kept.files else [kept[f"arr_{i}"] for i in range(count)]
            if len(rows) != count:
                return None
    except Exception:  # zipfile, zlib and NumPy each have errors of their own
        return None
    return rows
