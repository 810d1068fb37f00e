"""Compute a feature for every image of a data set once, and keep it in the cache."""

import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from tqdm import tqdm

from visret_lab.arrays import require_finite
from visret_lab.datasets.cache import cache_dir, write_bytes
from visret_lab.features.fingerprint import add_function


def extract(dataset, function, name, queries=False):
    """Apply `function` to every database image, or to every query (cut to its box), and cache the result.

    The cache knows a result by the data set (name, tier, version, images, boxes), by `name`, and by the code: the
    source of `function`, the values it carries along (defaults, partial arguments, closures), and the modules of its
    package. So an edited feature is computed anew, and nothing stale is ever returned. The file is complete or absent.

    Args:
        dataset: a `protocols.Dataset` (its query images come from `query_image`).
        function: uint8 H x W x 3 -> array of a fixed shape.
        name: of the feature; it names the file and the progress bar.
        queries: False: images of `dataset.ids`. True: `dataset.queries`, cropped.

    Returns:
        float32 N x D (N x ... when the function returns an array of more dimensions).

    Raises:
        ValueError: the function failed on an image, returned NaN or another shape than before; the image is named.
        DataError: the cache cannot be written.
    """
    items = list(dataset.queries) if queries else list(dataset.ids)
    if not items:
        raise ValueError(f"{dataset.name} has no {'queries' if queries else 'images'}; there is nothing to compute.")
    folder = cache_dir("features", f"{dataset.name}-{dataset.tier}")
    path = folder / f"{_plain(name)}-{'queries' if queries else 'images'}-{key(dataset, function, name, queries)}.npy"
    kept = _load(path, len(items))
    if kept is not None:
        return kept
    rows = _compute(dataset, function, name, items, queries)
    content = io.BytesIO()
    np.save(content, rows)
    write_bytes(path, content.getbuffer())
    return rows


def extract_local(dataset, detector, queries=False):
    """Local features of every database image, or of every query (cut to its box), cached as `extract` does.

    Args:
        dataset: a `protocols.Dataset`.
        detector: speaks `protocols.LocalFeatures`, for example `SIFT(max_points=250)`.
        queries: False: images of `dataset.ids`. True: `dataset.queries`, cropped.

    Returns:
        list of (points float32 N_i x 4, descriptors float32 N_i x D), one an image; N_i may be 0.

    Raises:
        ValueError: the detector failed on an image; the image is named.
        DataError: the cache cannot be written.
    """
    items = list(dataset.queries) if queries else list(dataset.ids)
    name = f"{type(detector).__name__}-{'queries' if queries else 'images'}"
    folder = cache_dir("features", f"{dataset.name}-{dataset.tier}")
    path = folder / f"{name}-{key(dataset, detector.detect, name, queries)}.npz"
    try:
        with np.load(path, allow_pickle=False) as kept:
            points, rows, counts = kept["points"], kept["descriptors"], kept["counts"]
    except (OSError, ValueError, EOFError, KeyError):
        found = list(_each(dataset, detector.detect, name, items, queries))
        counts = np.array([len(p) for p, _ in found])
        points, rows = (np.concatenate([pair[part] for pair in found]) for part in (0, 1))
        content = io.BytesIO()
        np.savez(content, points=points, descriptors=rows, counts=counts)
        write_bytes(path, content.getvalue())
    edges = np.cumsum(counts)[:-1]
    return list(zip(np.split(points, edges), np.split(rows, edges), strict=True))


def key(dataset, function, name, queries=False):
    """The 16 hexadecimal digits by which the cache knows a result; see `extract`."""
    digest = hashlib.sha256()
    items = [(q.id, q.image_id, q.box) for q in dataset.queries] if queries else list(dataset.ids)
    for part in (dataset.name, dataset.tier, dataset.version, name, items):
        digest.update(repr(part).encode() + b"\0")
    add_function(digest, function)
    return digest.hexdigest()[:16]


def _compute(dataset, function, name, items, queries):
    def one(image):
        row = np.asarray(function(image), dtype=np.float32)
        require_finite(row, name)
        return row

    rows = None
    for i, row in enumerate(_each(dataset, one, name, items, queries)):
        if rows is None:  # into one array at once: a thousand small ones would leave holes in the memory
            rows = np.empty((len(items), *row.shape), np.float32)
        if row.shape != rows.shape[1:]:
            raise ValueError(
                f"{name} gives shape {row.shape} on {_label(items[i], queries)!r} but {rows.shape[1:]} on "
                f"{_label(items[0], queries)!r}. A feature has one shape for all images, whatever their size."
            )
        rows[i] = row
    return rows


def _each(dataset, function, name, items, queries):
    """Yield function(image) for every item, in order, with a bar; an error names the image."""
    def one(item):
        image = dataset.query_image(item) if queries else dataset.image(item)
        try:
            return function(image)
        except Exception as error:
            raise ValueError(f"{name} failed on {_label(item, queries)!r} of {dataset.name}: {error}") from error

    # Reading, NumPy and OpenCV let go of Python's lock, so threads help and nothing has to be pickled.
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, 8)) as pool:
        what = f"{name}, {'queries' if queries else 'images'} of {dataset.name}"
        try:
            yield from tqdm(pool.map(one, items), total=len(items), desc=what, unit="image", leave=False)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _label(item, queries):
    return item.id if queries else item


def _load(path, count):
    try:
        rows = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None  # absent, or damaged from outside: compute it again
    return rows if len(rows) == count and rows.dtype == np.float32 else None


def _plain(name):
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in name)[:60]
