"""Worker processes that may die: tasks go out in parts, results come back in order, and what a dead worker held is done once more.

Nothing heavy is imported here, so that a worker begins as fast as its task allows.
"""

import multiprocessing
import traceback
from collections import deque
from multiprocessing.connection import wait
from typing import NamedTuple

DEATHS = 5  # workers that may die one after the other without a result in between
AHEAD = 3  # parts a worker that are out or wait for their turn: memory is bounded by this, whatever the number of tasks


class Lost(NamedTuple):
    """Stands for the result of a task on which a worker died twice. reason: in words."""

    reason: str


class Note(NamedTuple):
    """What happened beside the results, e.g. that a worker died. text: in words."""

    text: str


def run(make, parts, workers=1):
    """Do tasks.

    Args:
        make: picklable function without arguments -> function of one task. It is called once in each process.
        parts: iterable of lists of tasks; it is read only as fast as the work goes on.
        workers: processes; with 1 everything is done here, in this process.

    Yields:
        For each part, in order, a list of (task, result or Lost); between them Notes. A task on which two workers died is Lost.

    Raises:
        RuntimeError: `make` or a task raised, its message has the error of the worker; or worker after worker died.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}.")
    if workers == 1:
        work = make()
        for part in parts:
            yield [(task, work(task)) for task in part]
        return
    crew = _Crew(make, workers)
    try:
        yield from crew.run(iter(parts))
    finally:
        crew.close()


class _Part:
    """A part of the work. left: tasks without a result. again: True for what a dead worker held; then each task goes out alone."""

    def __init__(self, tasks):
        self.tasks, self.done, self.again = list(tasks), {}, False

    @property
    def whole(self):
        return len(self.done) == len(self.tasks)


class _Crew:
    def __init__(self, make, count):
        self.context, self.make, self.count, self.workers = multiprocessing.get_context("spawn"), make, count, {}
        self.queue, self.order, self.notes, self.deaths = deque(), deque(), [], 0

    def run(self, parts):
        for _ in range(self.count):
            self._start()
        more = True
        while more or self.order:
            while more and len(self.order) < AHEAD * self.count:
                tasks = next(parts, None)
                if tasks is None:
                    more = False
                    break
                self.order.append(_Part(tasks))
                self.queue.append((self.order[-1], list(range(len(self.order[-1].tasks)))))
            self._hand_out()
            if any(w["job"] for w in self.workers.values()):
                self._collect()
            yield from self.notes
            self.notes = []
            while self.order and self.order[0].whole:
                part = self.order.popleft()
                yield [(task, part.done[i]) for i, task in enumerate(part.tasks)]

    def close(self):
        for worker in self.workers.values():
            worker["process"].terminate()
        for worker in self.workers.values():
            worker["process"].join()
            worker["pipe"].close()

    def _start(self):
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=_work, args=(theirs, self.make), daemon=True)
        process.start()
        theirs.close()
        self.workers[process.sentinel] = {"process": process, "pipe": ours, "job": None}

    def _hand_out(self):
        for worker in self.workers.values():
            if worker["job"] is None and self.queue:
                part, places = self.queue.popleft()
                worker["job"] = part, places
                try:
                    worker["pipe"].send([part.tasks[i] for i in places])
                except OSError:  # it died while it waited; _collect tells
                    pass

    def _collect(self):
        pipes = {worker["pipe"]: worker for worker in self.workers.values()}
        for ready in wait([*pipes, *self.workers]):
            if ready in pipes and pipes[ready]["process"].sentinel in self.workers:
                self._receive(pipes[ready])
            elif ready in self.workers and not self.workers[ready]["pipe"].poll():
                self._bury(ready)

    def _receive(self, worker):
        try:
            kind, content = worker["pipe"].recv()
        except (EOFError, OSError):
            worker["process"].join()
            self._bury(worker["process"].sentinel)
            return
        if kind == "error":
            raise RuntimeError(f"A worker failed: {content}")
        part, places = worker["job"]
        part.done.update(zip(places, content, strict=True))
        worker["job"], self.deaths = None, 0

    def _bury(self, sentinel):
        worker = self.workers.pop(sentinel)
        process = worker["process"]
        process.join()
        worker["pipe"].close()
        how = f"signal {-process.exitcode}" if process.exitcode < 0 else f"exit code {process.exitcode}"
        text = f"Worker {process.pid} died ({how})"
        self.deaths += 1
        if self.deaths >= DEATHS:
            raise RuntimeError(f"{text}, and {DEATHS - 1} others before it without a result in between. Is there enough memory? Take fewer "
                               "workers.")
        self._start()
        if worker["job"] is None:
            self.notes.append(Note(f"{text}; it held nothing."))
            return
        part, places = worker["job"]
        if part.again and len(places) == 1:
            part.done[places[0]] = Lost(f"two workers died on it ({how})")
            self.notes.append(Note(f"{text} again, on {_said(part.tasks[places[0]])}, which is left out."))
        else:
            part.again = True
            self.queue.extendleft((part, [i]) for i in reversed(places))
            self.notes.append(Note(f"{text} with {len(places)} tasks, the first of them {_said(part.tasks[places[0]])}; they are done "
                                   "again, one by one."))


def _said(task):
    return getattr(task, "id", task)


def _work(pipe, make):
    """A worker: make the function once, then answer until the pipe is closed."""
    try:
        work = make()
        while True:
            pipe.send(("done", [work(task) for task in pipe.recv()]))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        pass
    except BaseException as error:
        pipe.send(("error", f"{type(error).__name__}: {error}\n{traceback.format_exc()}"))
