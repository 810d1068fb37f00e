"""A world is made part by part, in several processes; what is complete is used by the next call."""

import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from functools import partial

from tqdm import tqdm

from visret_lab.files import write_bytes
from visret_lab.worlds.manifest import write_manifest


def is_complete(folder, record_file, count):
    """Whether a part is there: its record with `count` pictures, and all of these (each was written whole)."""
    try:
        records = json.loads((folder / record_file).read_text())
    except (OSError, ValueError):
        return False
    return len(records) == count and all((folder / f"images/{r['id']}.jpg").is_file() for r in records)


def make_parts(make, todo, workers=None):
    """Call `make` for every part; yield what it returns, as the parts are finished.

    Args:
        make: function of one part, which other processes can import.
        todo: list of parts.
        workers: processes; None takes one a core, at most 4.
    """
    workers = min(os.cpu_count() or 1, 4) if workers is None else workers
    if workers <= 1 or len(todo) <= 1:
        yield from map(make, todo)
        return
    # "spawn" starts clean processes: a fork of one that runs OpenCV or torch threads can hang.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(make, part) for part in todo]
        try:
            for job in as_completed(jobs):
                yield job.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def split_file(part):
    """Where the record of a part of a split is kept. Args: part: (split, first, count)."""
    return f"records/{part[0]}{part[1]:05d}.json"


def make_splits(folder, world, make, config, *, size, content, unit, workers=None, progress=True):
    """Make a world of three splits, or go on where an interrupted call stopped: pictures, records, `truth.json`, then the manifest.

    Args:
        folder: pathlib.Path. world: (name, version). make: function (folder, part, config=) that writes the pictures of a part and then
            its record (`split_file`), and returns their number. config: dataclass with train, val, test and seed. size: pictures of a part.
        content: under which word the records stand in the truth. unit: of the bar. workers, progress: as `make_parts`.

    Returns:
        the folder.

    Raises:
        OSError: the folder cannot be written, or the disk is full; whatever is complete stays and is used by the next call.
    """
    parts = [(split, start, min(size, getattr(config, split) - start)) for split in ("train", "val", "test")
             for start in range(0, getattr(config, split), size)]
    todo = [p for p in parts if not is_complete(folder, split_file(p), p[2])]
    with tqdm(total=sum(p[2] for p in todo), desc=world[0], unit=unit, disable=not progress or not todo) as bar:
        for count in make_parts(partial(make, folder, config=config), todo, workers):
            bar.update(count)
    records = [r for p in parts for r in json.loads((folder / split_file(p)).read_text())]
    truth = {"version": world[1], "config": asdict(config), content: records}
    write_bytes(folder / "truth.json", json.dumps(truth).encode(), durable=False)
    write_manifest(folder, *world, config.seed, [f"images/{r['id']}.jpg" for r in records] + [split_file(p) for p in parts] + ["truth.json"])
    return folder
