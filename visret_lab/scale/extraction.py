"""Features of many pictures on many machines, in parts.

A part is a file. The worker that made it writes it, whole, into a folder that all machines share; then it is done for ever. Two workers
that make the same part write the same bytes. So nothing needs to be remembered elsewhere: what a dead worker held is done once more, and a
run that was stopped goes on with the parts that have no file.
"""

import contextlib
import hashlib
import os
import sys
import time
import uuid
import zipfile
from collections import deque
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from visret_lab.datasets.errors import DataError
from visret_lab.files import StorageError, replacing
from visret_lab.scale.cluster import worker_addresses

AHEAD = 4  # parts a worker that are out at a time: the scheduler's memory is bounded by this, whatever the number of parts
DIGITS = 9


class FolderPictures(NamedTuple):
    """Pictures of a folder that every machine sees under the same path. A call reads one: id (path below it) -> uint8 H x W x 3."""

    folder: str

    def __call__(self, id_):
        from visret_lab.datasets.image_io import read_image

        return read_image(Path(self.folder) / id_)

    def stamp(self, ids):
        """A text that changes when a file does (its size, or its time of change)."""
        told = [(Path(self.folder) / i).stat() for i in ids]
        return repr([(t.st_size, t.st_mtime_ns) for t in told])


class SetPictures(NamedTuple):
    """Pictures of a data set that every machine can load. A call reads one: id -> uint8 H x W x 3."""

    name: str
    tier: str

    def __call__(self, id_):
        return _set(*self).image(id_)

    def stamp(self, ids):
        """The version of the set."""
        return f"{self} {_set(*self).version}"


@cache
def _set(name, tier):
    from visret_lab.datasets import load

    return load(name, tier=tier)


class Task(NamedTuple):
    """A part: its number, its ids, where it is written, the topic of its messages, what reads a picture and what makes the describer."""

    number: int
    ids: list
    path: str
    topic: str
    read: object
    make: object


class Attempt(NamedTuple):
    """One try at a part. worker: process id. begun, ended: seconds since the run began. how: "written", "found" (its file was there
    already), or "lost" (the worker died; ended is then when that was noticed)."""

    part: int
    worker: int
    begun: float
    ended: float
    how: str


@dataclass
class Report:
    """What a run did. known: parts that had a file before. written: parts made now. again: numbers of the parts that were begun, lost and
    made once more. lost_seconds: what was spent on them in vain. seconds: by the clock. attempts: list of Attempt. skipped: list of
    (id, reason)."""

    pictures: int = 0
    parts: int = 0
    known: int = 0
    written: int = 0
    again: list = field(default_factory=list)
    lost_seconds: float = 0.0
    seconds: float = 0.0
    attempts: list = field(default_factory=list)
    skipped: list = field(default_factory=list)


def extract(client, ids, read, make, folder, part=64, at_once=None, progress=None):
    """Describe pictures, on a cluster or here.

    Args:
        client: of `cluster.open_cluster`, or None: everything is done in this process.
        ids: list of different str. read: picklable function id -> picture, with `stamp(ids)`: FolderPictures or SetPictures.
        make: picklable function without arguments -> function of a picture -> float32 D, or something with a `vector`; it has a
            `fingerprint`. It is called once a process. `functools.partial(default_describer, recipe)` of `visret_lab.system.build` is one.
        folder: that all machines share. part: pictures of a part.
        at_once: parts that are out at a time; None for some more than there are workers. With 1 a single worker is busy at any time.
        progress: function (parts done, of how many) or None.

    Returns:
        ids list of str, vectors float32 N x D, Report. Pictures that cannot be read are left out, and named in the report.

    Raises:
        ValueError: no ids, an id twice, or a part below 1. DataError: not one picture could be read. StorageError: the disk is full.
        RuntimeError: a part failed with another error, which is told; or worker after worker died on it.
    """
    ids = list(ids)
    if not ids or len(set(ids)) < len(ids) or part < 1:
        raise ValueError(f"Give different ids, at least one, and parts of at least 1; got {len(ids)} ids ({len(set(ids))} different) and "
                         f"parts of {part}.")
    place, start = Path(folder) / key(ids, read, make, part), time.time()
    topic = f"visret-{uuid.uuid4().hex}"
    tasks = [Task(n, ids[a : a + part], str(place / f"{a:0{DIGITS}d}.npz"), topic, read, make)
             for n, a in enumerate(range(0, len(ids), part))]
    missing = [task for task in tasks if read_part(task.path, task.ids) is None]
    report = Report(parts=len(tasks), known=len(tasks) - len(missing))
    progress = progress or (lambda done, count: None)
    if client is None:
        for task in missing:
            _note(report, start, do_part(task), progress)
    elif missing:
        _run_there(client, missing, report, start, at_once, progress)
    found, rows, report.skipped = _joined(tasks)
    report.pictures, report.seconds = len(found), time.time() - start
    return found, rows, report


def key(ids, read, make, part):
    """The name of a run's folder: it changes when a picture, a weight, the recipe or the size of a part does."""
    told = (list(ids), read.stamp(ids), make().fingerprint, part)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def read_part(path, ids):
    """What the file of a part has: (ids, float32 N x D, list of (id, reason)); None where it is missing, damaged, or of other ids."""
    try:
        with np.load(path) as kept:
            names, rows, skipped, why = (kept[k] for k in ("ids", "vectors", "skipped", "reasons"))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    lost = list(zip(skipped.tolist(), why.tolist(), strict=True))
    whole = sorted([*names.tolist(), *(i for i, _ in lost)]) == sorted(ids) and len(rows) == len(names)
    return (names.tolist(), rows, lost) if whole else None


def do_part(task):
    """Describe the pictures of a part and write its file, unless it is there: (number, process id, begun, ended, how)."""
    begun = time.time()
    _tell(task.topic, {"part": task.number, "pid": os.getpid(), "begun": begun})
    if read_part(task.path, task.ids) is not None:
        return task.number, os.getpid(), begun, time.time(), "found"
    describe, names, rows, skipped = _describer(task.make), [], [], []
    with _one_thread():
        for id_ in task.ids:
            try:
                image = task.read(id_)
            except (DataError, FileNotFoundError) as error:
                skipped.append((id_, str(error)))
                continue
            one = describe(image)
            names.append(id_)
            rows.append(np.asarray(getattr(one, "vector", one), np.float32))
    with replacing(task.path) as temporary, open(temporary, "wb") as file:
        np.savez(file, ids=np.array(names, str), vectors=np.stack(rows) if rows else np.zeros((0, 0), np.float32),
                 skipped=np.array([i for i, _ in skipped], str), reasons=np.array([r for _, r in skipped], str))
    return task.number, os.getpid(), begun, time.time(), "written"


def _run_there(client, tasks, report, start, at_once, progress):
    """Hand out the parts, a bounded number at a time, and collect what was done."""
    from distributed import as_completed

    waiting, out, done = deque(tasks), {}, as_completed()
    limit = at_once or AHEAD * len(worker_addresses(client))
    try:
        while waiting or out:
            while waiting and len(out) < limit:
                future = client.submit(do_part, waiting[0], pure=False)
                out[future.key] = waiting.popleft()
                done.add(future)
            future = next(done)
            _note(report, start, _result(future, out.pop(future.key)), progress)
    finally:
        client.cancel(list(done.futures))
        _note_lost(client, tasks[0].topic, report, start)


def _result(future, task):
    from distributed import KilledWorker

    where = f"part {task.number} (first picture {task.ids[0]})"
    try:
        return future.result()
    except KilledWorker as error:
        raise RuntimeError(f"Worker after worker died on {where}. Is there enough memory? Take smaller parts, or fewer workers on a "
                           "machine.") from error
    except StorageError:
        raise
    except Exception as error:
        raise RuntimeError(f"A worker failed on {where}: {type(error).__name__}: {error}") from error


def _note(report, start, told, progress):
    number, worker, begun, ended, how = told
    report.attempts.append(Attempt(number, worker, begun - start, ended - start, how))
    report.written += 1
    progress(report.known + report.written, report.parts)


def _note_lost(client, topic, report, start):
    """Find the tries that began and never came back, from the messages that the workers sent when they began."""
    ended = {(a.part, a.worker, round(a.begun, 4)) for a in report.attempts}
    deaths = sorted(at - start for at, told in client.get_events("all") if told.get("action") == "remove-worker")
    for _, told in client.get_events(topic):
        begun = told["begun"] - start
        if (told["part"], told["pid"], round(begun, 4)) not in ended:
            noticed = next((at for at in deaths if at > begun), begun)
            report.attempts.append(Attempt(told["part"], told["pid"], begun, noticed, "lost"))
    report.again = sorted({a.part for a in report.attempts if a.how == "lost"})
    report.lost_seconds = float(sum(a.ended - a.begun for a in report.attempts if a.how == "lost"))
    report.attempts.sort(key=lambda a: a.begun)


def _joined(tasks):
    ids, rows, skipped = [], [], []
    for task in tasks:
        kept = read_part(task.path, task.ids)
        if kept is None:
            raise DataError(f"{task.path} was written and is not there, or not whole. Do all machines see the same folder?")
        names, vectors, lost = kept
        ids += names
        skipped += lost
        rows += [vectors] if len(names) else []
    if not rows:
        raise DataError(f"None of {len(skipped)} pictures could be read; the first: {skipped[0][1]}")
    return ids, np.concatenate(rows), skipped


def _tell(topic, message):
    """Send a message to the scheduler at once, if this process is a worker."""
    if "distributed" in sys.modules:
        with contextlib.suppress(ValueError):
            sys.modules["distributed"].get_worker().log_event(topic, message)


@cache
def _describer(make):
    return make()


@contextlib.contextmanager
def _one_thread():
    """Compute with one thread: then the vectors are the same on every machine of a kind, to the last bit."""
    torch, cv2 = (sys.modules.get(name) for name in ("torch", "cv2"))
    setters = [(torch.set_num_threads, torch.get_num_threads())] if torch else []
    setters += [(cv2.setNumThreads, cv2.getNumThreads())] if cv2 else []
    for set_, _ in setters:
        set_(1)
    try:
        yield
    finally:
        for set_, before in setters:
            set_(before)
