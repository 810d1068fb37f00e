"""Index ten thousand pictures with one worker and with two, and ask a thousand questions: throughput by stage, memory, and latency.

    python data_scripts/index_ten_thousand.py [--count 10000] [--questions 1000] [--recipe small] [--folder FOLDER] [--save]

The pictures, 320 x 240, are parts of the painted towns, mirrored, darker or brighter, from a fixed seed; no two are the same. They are made
once, in the cache. Each index is built in a process of its own, whose peak of memory is its own; with several workers it is that of the
process that writes, the workers are told apart. The record stands in visret_lab/tables/records/index_ten_thousand.json (only with --save).
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from visret_lab.bench.record import versions
from visret_lab.bench.scale import alone, peak_bytes
from visret_lab.datasets import load
from visret_lab.datasets.cache import cache_dir
from visret_lab.files import write_bytes
from visret_lab.system.build import update
from visret_lab.system.recipe import named
from visret_lab.system.search import Searcher

RECORD = Path(__file__).parents[1] / "visret_lab" / "tables" / "records" / "index_ten_thousand.json"
SEED, SIZE, A_FOLDER = 27_000, (320, 240), 500
SHARES = (0.1, 0.3, 1.0)  # of the count, at which the peak of memory is measured
TARGET = 1.7  # two workers to one


def changed(image, rng):
    """A part of a picture, brought back to its size; perhaps mirrored, and of another brightness: uint8 240 x 320 x 3."""
    share = rng.uniform(0.55, 0.95)
    h, w = (int(n * share) for n in image.shape[:2])
    top, left = rng.integers(image.shape[0] - h + 1), rng.integers(image.shape[1] - w + 1)
    part = cv2.resize(image[top : top + h, left : left + w], SIZE, interpolation=cv2.INTER_AREA)
    part = part[:, ::-1] if rng.random() < 0.5 else part
    return np.clip(part * rng.uniform(0.75, 1.25), 0, 255).astype(np.uint8)


def make(folder, count):
    """Write the pictures that are not there yet. A folder below has A_FOLDER of them."""
    sets = [load(name, tier="mini") for name in ("town-train", "town-views", "town-elsewhere")]
    sources = [(one, i) for one in sets for i in one.ids]
    for n in tqdm(range(count), desc="pictures", unit="picture"):
        path = folder / f"{n // A_FOLDER:03d}" / f"{n:06d}.jpg"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            rng = np.random.default_rng([SEED, n])
            one, i = sources[rng.integers(len(sources))]
            image = changed(one.image(i), rng)
            write_bytes(path, cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes(), durable=False)


def linked(folder, place, count):
    """A folder with links to the first pictures."""
    for n, path in enumerate(sorted(folder.glob("*/*.jpg"))[:count]):
        target = place / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(path)
    return place


def build(folder, place, recipe, workers):
    """Index a folder, in a process of its own: dict."""
    before, bar = peak_bytes(), tqdm(desc=f"{workers} workers", unit="picture")
    report = update(folder, place, named(recipe), workers, lambda done: bar.update(done - bar.n))
    bar.close()
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return {"workers": workers, "pictures": report.added, "pictures_a_second": report.pictures_per_second, "seconds": dict(report.seconds),
            "peak_bytes": peak_bytes(), "before_bytes": before, "worker_peak_bytes": children if workers > 1 else None,
            "skipped": len(report.skipped)}


def ask(place, folder, questions):
    """Ask with pictures of the index, in a process of its own: dict stage -> milliseconds, p50 and p95; and bytes a picture."""
    start = time.perf_counter()
    searcher = Searcher.open(place)
    opened, rng = time.perf_counter() - start, np.random.default_rng(SEED)
    some = rng.choice(searcher.gallery.ids, questions, replace=questions > len(searcher.gallery.ids))
    took = []
    for id_ in tqdm(some, desc="questions"):
        image = cv2.imread(str(Path(folder) / id_))[:, :, ::-1]
        took.append(searcher.search(np.ascontiguousarray(image), 20, own=id_).ms)
    whole = [sum(ms.values()) for ms in took]
    rows = {stage: [ms[stage] for ms in took] for stage in took[0]} | {"together": whole}
    return {"open_seconds": opened, "questions": questions, "peak_bytes": peak_bytes(),
            "ms": {stage: {"p50": float(np.percentile(v, 50)), "p95": float(np.percentile(v, 95))} for stage, v in rows.items()}}


def main():
    """Make, index, ask, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--recipe", default="small")
    parser.add_argument("--folder", type=Path, default=None, help="where the pictures lie; in the cache by default")
    parser.add_argument("--save", action="store_true", help="write the record")
    arguments = parser.parse_args()
    folder = arguments.folder or cache_dir("scratch", "ten-thousand")
    make(folder, arguments.count)
    with tempfile.TemporaryDirectory() as temporary:
        place, memory = Path(temporary), []
        for count in sorted({max(1, round(s * arguments.count)) for s in SHARES}):
            linked(folder, place / f"pictures-{count}", count)
            one = alone(build, place / f"pictures-{count}", place / f"index-{count}", arguments.recipe, 1)
            memory.append({"pictures": count, "peak_bytes": one["peak_bytes"]})
        two = alone(build, place / f"pictures-{count}", place / "index-two", arguments.recipe, 2)
        asked = alone(ask, place / f"index-{count}", place / f"pictures-{count}", arguments.questions)
        stored = sum(f.stat().st_size for f in (place / f"index-{count}").rglob("*.npy"))
    ratio = two["pictures_a_second"] / one["pictures_a_second"]
    record = {"versions": versions(), "recipe": arguments.recipe, "size": list(SIZE), "count": arguments.count, "one_worker": one,
              "two_workers": two, "two_to_one": ratio, "target": TARGET, "memory": memory,
              "index_bytes_a_picture": stored / arguments.count, "search": asked}
    if arguments.save:
        write_bytes(RECORD, (json.dumps(record, indent=1) + "\n").encode())
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
