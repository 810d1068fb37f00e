"""A process that keeps what it has freed is not given new pages for each array."""

import subprocess
import sys

import pytest

from visret_lab import memory

COUNT = """
import resource
import numpy as np
from visret_lab.memory import keep_freed
if {keep}:
    assert keep_freed() and keep_freed()
def work():
    for i in range(50):
        a = np.ones(5 << 20, np.float32)
        b = a + 1
        del a, b
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(keep):
    return int(subprocess.check_output([sys.executable, "-c", COUNT.format(keep=keep)], text=True))


@pytest.mark.skipif(not memory.keep_freed(), reason="not the allocator of GNU")
def test_pages_are_asked_for_once():
    assert 5 * faults(True) < faults(False)  # pages may be small or huge


def test_another_allocator_is_left_alone(monkeypatch):
    monkeypatch.setattr("platform.libc_ver", lambda: ("", ""))
    monkeypatch.setattr("ctypes.CDLL", lambda name: pytest.fail("asked for a library"))
    assert memory.keep_freed() is False
