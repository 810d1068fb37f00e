"""Bring an index up to date with a folder: new pictures in, changed ones again, vanished ones out; in parts, so that memory stays flat."""

import functools
import hashlib
import heapq
import multiprocessing
import os
import sys
import time
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from visret_lab.datasets.errors import DataError
from visret_lab.system import pool
from visret_lab.system.pictures import PICTURES, Found, Skipped, walk
from visret_lab.system.store import rows_of, writing

PART = 256  # pictures of a segment
TASK = 8  # pictures that a worker is given at a time
NAMED = 1000  # skipped files that the report names; of the rest it has the number


class Task(NamedTuple):
    """A picture to be described. old: (SHA-256, segment, row) of its older description, or None."""

    found: Found
    old: tuple | None

    @property
    def id(self):
        """Of the picture."""
        return self.found.id


@dataclass
class Report:
    """What an update did. skipped: list of Skipped, the first NAMED. others: skipped files beyond these. unchanged: pictures that were
    known. notes: what else happened, in words. seconds: by stage, summed over all workers; "whole" is that of the clock."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0
    others: int = 0
    compacted: int = 0
    skipped: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    seconds: Counter = field(default_factory=Counter)

    @property
    def described(self):
        """Pictures that were described: added and changed."""
        return self.added + self.changed

    @property
    def pictures_per_second(self):
        """Described pictures by the clock."""
        return self.described / self.seconds["whole"] if self.seconds["whole"] else 0.0

    def skip(self, one):
        """Note a Skipped."""
        if len(self.skipped) < NAMED:
            self.skipped.append(one)
        else:
            self.others += 1


def update(folder, place, recipe, workers=1, progress=None, part=PART, mend=False, describer=None):
    """Bring the index of a folder up to date; begin it where there is none.

    A picture counts as unchanged when size and time of change are those that were kept, or else when its SHA-256 is. A finished part is
    on the disk; after a kill the next call goes on behind it. Where a sub-folder cannot be read, what is known of it stays.

    Args:
        folder: of the pictures. place: folder of the index. recipe: Recipe.
        workers: processes; each computes with one thread.
        progress: function (pictures dealt with so far) or None; called whenever a worker has finished some.
        part: pictures of a segment. mend: describe the pictures of damaged segments again.
        describer: function without arguments -> (function of an image -> Described, with `fingerprint` and `seconds`); None for
            `Describer(recipe)`. It must be picklable if there are several workers.

    Returns:
        Report.

    Raises:
        NotADirectoryError: no such folder. DataError: the index is damaged, another's, or being written. StorageError: the disk is full;
            what was finished is kept. RuntimeError: a worker met an error that is not the picture's.
    """
    folder, start = Path(folder).absolute(), time.perf_counter()
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder. Give the folder that holds the pictures.")
    if part < 1:
        raise ValueError(f"part must be at least 1, not {part}.")
    make, report = describer or functools.partial(default_describer, recipe), Report()
    fingerprint = make().fingerprint  # this also loads what computes, before its threads are set
    with _one_thread(workers == 1), writing(place, recipe, fingerprint, folder) as writer:
        if mend:
            writer.drop(writer.damaged())
        _run(writer, folder, make, workers, progress, part, report)
        report.compacted = writer.compact(part)
    report.seconds["whole"] = time.perf_counter() - start
    return report


def default_describer(recipe):
    """`Describer(recipe)`; imported late, so that this module is light."""
    from visret_lab.system.describe import Describer

    return Describer(recipe)


def _run(writer, folder, make, workers, progress, part, report):
    """Describe what is new, and write it part by part."""
    pending = _Pending(writer, part, report)
    wanted = _wanted(writer, folder, report, pending)
    tasks, done = iter(lambda: list(islice(wanted, TASK)), []), 0
    with closing(pool.run(functools.partial(_start, make), tasks, workers)) as results:
        for found in results:
            if isinstance(found, pool.Note):
                report.notes.append(found.text)
                continue
            for task, answer in found:
                pending.take(task, answer)
            done += len(found)
            if progress:
                progress(done)
    pending.write()
    if not len(writer) and not report.skipped:
        raise DataError(f"{folder} holds no picture ({', '.join(PICTURES)}). Give a folder of photographs.")


class _Pending:
    """What waits to be written: described pictures, and rows that are gone. A changed picture and its old row go in one stroke."""

    def __init__(self, writer, part, report):
        self.writer, self.part, self.report = writer, part, report
        self.items, self.gone = [], []

    def take(self, task, answer):
        """The answer to a Task: (facts, Described, seconds), or why there is none."""
        if isinstance(answer, (pool.Lost, str)):
            self.report.skip(Skipped(task.id, getattr(answer, "reason", answer)))
            if task.old:
                self.lose(task.old[1:])
            return
        facts, described, seconds = answer
        self.report.seconds.update(seconds)
        if described is None:  # only its time of change is another
            self.report.unchanged += 1
            return
        self.items.append((task.id, facts, described))
        if task.old:
            self.gone.append(task.old[1:])
        self.report.changed += bool(task.old)
        self.report.added += not task.old
        if len(self.items) >= self.part:
            self.write()

    def lose(self, place):
        """A picture that is there no more. place: (segment, row)."""
        self.gone.append(place)
        self.report.removed += 1
        if len(self.gone) >= 4 * self.part:
            self.write()

    def write(self):
        """Write what waits."""
        start = time.perf_counter()
        if self.items or self.gone:
            self.writer.add(rows_of(self.items) if self.items else None, self.gone)
            self.items, self.gone = [], []
        self.report.seconds["writing"] += time.perf_counter() - start


def _wanted(writer, folder, report, pending):
    """Compare the folder with the index, both in the order of ids: yield a Task for each picture that is new or may have changed.

    What the index knows and the folder has no more goes to `pending`; but nothing before a first picture was seen, since a disk that is
    not mounted looks like an empty folder.
    """
    known = heapq.merge(*[writer.entries(s) for s in list(writer.segments)])
    entry, kept, early, seen = next(known, None), None, [], False
    for one in walk(folder):
        while entry and entry[0] < one.id:
            if not kept or not entry[0].startswith(kept):
                early.append(entry[4:]) if not seen else pending.lose(entry[4:])
            entry = next(known, None)
        if isinstance(one, Skipped):
            kept = _unread(one, folder) or kept
            report.skip(one)
            continue
        seen = True
        while early:
            pending.lose(early.pop())
        old = None
        if entry and entry[0] == one.id:
            _, size, mtime, sha, *place = entry
            entry, old = next(known, None), (sha, *place)
            if (size, mtime) == (one.size, one.mtime_ns):
                report.unchanged += 1
                continue
        yield Task(one, old)
    if not seen and (entry or early):
        raise DataError(f"{folder} holds no picture any more, but its index has {len(writer)}. Is its disk mounted? If they are really "
                        f"gone, delete the index {writer.place}.")
    while entry:
        if not kept or not entry[0].startswith(kept):
            pending.lose(entry[4:])
        entry = next(known, None)


def _unread(one, folder):
    """The id of a sub-folder that could not be read, so that what is known of it is kept; else None. DataError for the folder itself."""
    if one.id and not one.id.endswith("/") or "cannot be read" not in one.reason:
        return None
    if not one.id:
        raise DataError(f"{folder}: {one.reason}.")
    return one.id


def _start(make):
    """In a worker: one thread, and the function for a task."""
    describer = make()
    if multiprocessing.parent_process() is not None:
        _set_threads(1)
    return functools.partial(_describe, describer)


@contextmanager
def _one_thread(wanted):
    """Compute with one thread in this process, if wanted, while the body runs: the result then is that of a worker, to the last bit."""
    before = _set_threads(1) if wanted else None
    try:
        yield
    finally:
        if wanted:
            _set_threads(before)


def _set_threads(count):
    """Set the threads of what is loaded, torch and OpenCV; return how many torch had."""
    torch, cv2 = (sys.modules.get(name) for name in ("torch", "cv2"))
    before = torch.get_num_threads() if torch else 1
    if torch:
        torch.set_num_threads(count)
    if cv2:
        cv2.setNumThreads(count)
    return before


def _describe(describer, task):
    """One picture: (facts, Described or None where the content is the old one, seconds), or the reason why it is skipped."""
    from visret_lab.datasets.image_io import read_image

    start, path = time.perf_counter(), task.found.path
    try:
        with open(path, "rb") as file:
            told = os.fstat(file.fileno())  # before the content: a change while we read is seen by the next update
            sha = hashlib.file_digest(file, "sha256").digest()
        facts = told.st_size, told.st_mtime_ns, sha
        if task.old and task.old[0] == sha:
            return facts, None, {"reading": time.perf_counter() - start}
        image = read_image(path)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except (DataError, MemoryError) as error:
        return str(error).replace(f"{path} ", "") or "too large for the memory"
    between, before = time.perf_counter(), Counter(describer.seconds)
    described = describer(image)
    return facts, described, {"reading": between - start, **(describer.seconds - before)}
