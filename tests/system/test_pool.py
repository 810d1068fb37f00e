import os
import signal
from functools import partial

import pytest

from visret_lab.system import pool


class Doubler:
    """Doubles; kills its process at -1, raises at -2; at -3 it kills the process unless the file is there."""

    def __init__(self, once=None):
        self.once = once

    def __call__(self, task):
        if task == -1 or (task == -3 and not os.path.exists(self.once)):
            if task == -3:
                open(self.once, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        if task == -2:
            raise KeyError("two")
        return 2 * task


def split(results):
    results = list(results)
    return [r for r in results if isinstance(r, list)], [r.text for r in results if isinstance(r, pool.Note)]


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order(workers):
    parts = [[i, i + 1] for i in range(0, 20, 2)] + [[]]
    got, notes = split(pool.run(Doubler, parts, workers))
    assert got == [[(i, 2 * i) for i in part] for part in parts] and not notes


def test_the_part_of_a_dead_worker_is_done_again(tmp_path):
    got, notes = split(pool.run(partial(Doubler, str(tmp_path / "once")), [[1, 2], [3, -3, 4], [5]], 2))
    assert got == [[(1, 2), (2, 4)], [(3, 6), (-3, -6), (4, 8)], [(5, 10)]]
    assert len(notes) == 1 and "died (signal 9) with 3 tasks" in notes[0]


def test_a_task_that_kills_twice_is_left_out_and_the_others_are_not():
    got, notes = split(pool.run(Doubler, [[1, -1, 2], [3]], 2))
    assert [(t, r) for t, r in got[0] if t != -1] == [(1, 2), (2, 4)] and got[1] == [(3, 6)]
    lost = dict(got[0])[-1]
    assert isinstance(lost, pool.Lost) and "two workers died" in lost.reason
    assert len(notes) == 2 and "left out" in notes[1]


def test_workers_that_die_without_end_are_an_error():
    with pytest.raises(RuntimeError, match="one without|without a result|memory"):
        split(pool.run(Doubler, [[-1]] * 20, 2))


def test_an_error_of_a_task_is_told_with_its_words():
    with pytest.raises(RuntimeError, match="KeyError: 'two'"):
        split(pool.run(Doubler, [[1], [-2]], 2))


def test_parts_are_read_only_as_fast_as_the_work_goes_on():
    read = []

    def parts():
        for i in range(50):
            read.append(i)
            yield [i]

    results = pool.run(Doubler, parts(), 2)
    next(results)
    assert len(read) <= 1 + 2 * pool.AHEAD
    results.close()


def test_no_workers_are_an_error():
    with pytest.raises(ValueError, match="workers must be at least 1"):
        list(pool.run(Doubler, [[1]], 0))
