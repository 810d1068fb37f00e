"""Time and memory of a chapter, measured: the notebook status page is made from this record."""

import json
import os
import threading
import time
from pathlib import Path

from visret_lab.files import write_bytes
from visret_lab.teaching.execute import execute

SECONDS, BYTES = 60, 2 * 10**9
RECORD = Path(__file__).parents[1] / "tables" / "records" / "status.json"


def measure(path):
    """Run a notebook and measure it.

    Args:
        path: the notebook; it runs in its own folder and is not changed.

    Returns:
        dict chapter, seconds, peak_bytes (the kernel and its children, sampled four times a second; a page that several of them
        share is counted once, where the system tells), cells, ok, error.
    """
    import psutil

    path = Path(path)
    stop, peak, me = threading.Event(), [0], psutil.Process()

    def watch():
        while not stop.wait(0.25):
            total, processes = 0, me.children(recursive=True)
            for process in processes:
                try:
                    total += process.memory_info().rss if len(processes) == 1 else _own_memory(process)
                except psutil.Error:
                    pass  # it ended between the listing and the look
            peak[0] = max(peak[0], total)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start = time.perf_counter()
    try:
        notebook, error = execute(path)
    finally:
        stop.set()
        watcher.join()
    return {"chapter": path.stem, "seconds": round(time.perf_counter() - start, 1), "peak_bytes": peak[0],
            "cells": len(notebook.cells), "ok": not error, "error": error[-2000:]}


def _own_memory(process):
    """Bytes of one process of several: on Linux its pages, and its share of those that it has in common with others. Slower to ask."""
    told = process.memory_full_info()
    return getattr(told, "pss", told.rss)


def save(rows):
    """Write rows (list of dicts) into the record, with the number of cores; chapters that were not measured now keep theirs."""
    old = json.loads(RECORD.read_text())["chapters"] if RECORD.is_file() else []
    rows = sorted({row["chapter"]: row for row in [*old, *rows]}.values(), key=lambda row: row["chapter"])
    write_bytes(RECORD, (json.dumps({"cores": os.cpu_count(), "chapters": rows}, indent=1) + "\n").encode())
