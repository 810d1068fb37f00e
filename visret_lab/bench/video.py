"""Races of chapter 22: links between frames, nearest codes, the tree over bits, and the search for cuts."""

import tempfile
from functools import cache
from pathlib import Path

import cv2
import faiss
import numpy as np

from visret_lab.bench.race import Race
from visret_lab.compact.bits import as_bytes
from visret_lab.film_file import FilmReader, write_film
from visret_lab.search.binary_tree import BinaryTree
from visret_lab.search.nearest_bits import nearest_all
from visret_lab.video.shots import detect
from visret_lab.video.tracks import linked


def opencv_links(points, bits, next_points, next_bits, distance=20, moved=100.0):
    """`tracks.linked` by OpenCV's matcher: int64 L x 2."""
    found = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(bits, next_bits)
    way = np.linalg.norm(points[[m.queryIdx for m in found]] - next_points[[m.trainIdx for m in found]], axis=1)
    return np.array(sorted((m.queryIdx, m.trainIdx) for m, w in zip(found, way, strict=True) if m.distance < distance and w < moved),
                    np.int64).reshape(-1, 2)


def frames_of_points(count, seed=0):
    """Two frames of points that move a little, with bits that turn over a little: points, bits, points, bits."""
    rng = np.random.default_rng(seed)
    bits, at = rng.integers(0, 256, (count, 32), np.uint8), rng.uniform(0, 700, (count, 2)).astype(np.float32)
    noise = np.packbits(rng.random((count, 256)) < 0.03, axis=1)
    order = rng.permutation(count)
    return at, bits, (at + rng.normal(0, 4, at.shape).astype(np.float32))[order], (bits ^ noise)[order]


def near_codes(count, queries, seed=0):
    """Codes in clouds, and queries that are codes with one bit in ten turned over: uint64 count x 4, queries x 4."""
    rng = np.random.default_rng(seed)
    centres = rng.random((max(1, count // 20), 256)) < 0.5
    bits = centres[rng.integers(len(centres), size=count)] ^ (rng.random((count, 256)) < 0.05)
    asked = bits[rng.integers(count, size=queries)] ^ (rng.random((queries, 256)) < 0.1)
    return tuple(np.packbits(x, axis=1, bitorder="little").view(np.uint64) for x in (bits, asked))


def tree_against(count=20_000, queries=200, backtracks=(10, 50, 250), ef=(16, 64, 256), seed=0):
    """Recall of the nearest distance, and milliseconds a query on one thread: list of dicts with engine, effort, recall, ms.

    Engines: our tree, FAISS's IndexBinaryFlat and IndexBinaryHNSW. HNSW keeps a graph beside the codes, and is compiled.
    """
    from visret_lab.bench.race import best_of

    codes, asked = near_codes(count, queries, seed)
    flat, graph, tree = faiss.IndexBinaryFlat(256), faiss.IndexBinaryHNSW(256, 16), BinaryTree().add(codes)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        flat.add(as_bytes(codes))
        graph.add(as_bytes(codes))
        exact = flat.search(as_bytes(asked), 1)[0][:, 0]
        rows = []

        def measure(engine, effort, search):
            recall = float((search() == exact).mean())
            rows.append({"engine": engine, "effort": effort, "recall": recall, "ms": 1000 * best_of(search, 3) / queries})

        measure("IndexBinaryFlat", None, lambda: flat.search(as_bytes(asked), 1)[0][:, 0])
        for b in backtracks:
            tree.backtracks = b
            measure("tree", b, lambda: -tree.search(asked)[0][:, 0])
        for e in ef:
            graph.hnsw.efSearch = e
            measure("IndexBinaryHNSW", e, lambda: graph.search(as_bytes(asked), 1)[0][:, 0])
    finally:
        faiss.omp_set_num_threads(threads)
    return rows


def two_shots(folder, frames=120, size=(320, 240)):
    """A small film with one cut in its middle: FilmReader."""
    rng = np.random.default_rng(0)
    pictures = [
        cv2.resize(rng.integers(0, 255, (size[1] // 16, size[0] // 8, 3)).astype(np.uint8), (2 * size[0], size[1])) for _ in range(2)]

    def shown():
        for t in range(frames):
            x = t % (frames // 2)
            yield np.ascontiguousarray(pictures[2 * t // frames][:, x : x + size[0]])

    path = Path(folder) / "two_shots.mp4"
    write_film(path, shown())
    return FilmReader(path)


def races(small=False):
    """The races of this chapter; `small` for tests."""
    count, codes, queries, frames = (60, 500, 5, 48) if small else (300, 20_000, 200, 480)

    @cache
    def points():
        return frames_of_points(count)

    @cache
    def coded():
        found, asked = near_codes(codes, queries)
        flat = faiss.IndexBinaryFlat(256)
        flat.add(as_bytes(found))
        return found, asked, flat

    @cache
    def film():
        folder = tempfile.TemporaryDirectory()
        return folder, two_shots(folder.name, frames)

    def our_cuts():
        measure = {"histogram": detect.by_histogram()}
        return detect.hard_cuts(detect.signals(film()[1].frames(), measure)["histogram"], measure["histogram"], "fixed")

    def their_cuts():
        import scenedetect

        return np.array([first.frame_num for first, _ in scenedetect.detect(str(film()[1].path), scenedetect.ContentDetector())[1:]])

    slow = 0.0 if small else None
    return [
        Race(f"links of {count} points in two frames, 256 bits", "22_video_local", "cv2.BFMatcher(crossCheck) and both limits",
             lambda: linked(*points()), lambda: opencv_links(*points()), target=slow if small else 0.25, tolerance=0),
        Race(f"nearest of {codes:,} codes of 256 bits, {queries} queries, ties kept", "22_video_local", "faiss.IndexBinaryFlat",
             lambda: np.array([d for d, _ in nearest_all(*coded()[:2])]), lambda: coded()[2].search(as_bytes(coded()[1]), 1)[0][:, 0],
             target=slow if small else 0.1, tolerance=0, note="FAISS returns one neighbour and no ties; distances are compared"),
        Race(f"cuts of a film of {frames} frames, 320 x 240, decoded", "22_video_local", "PySceneDetect's ContentDetector", our_cuts,
             their_cuts, target=slow if small else 0.25, tolerance=0, note="by the histogram, fixed threshold; both read the same file"),
    ]
