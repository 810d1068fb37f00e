"""A world is made part by part, in several processes; what is complete is used by the next call."""

import json
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed


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
