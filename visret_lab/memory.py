"""Freed memory stays with the process: the next large array does not have to ask the system for it again.

The allocator of GNU gives large pieces back at once, and the system must clear each page before it hands it out again. A network whose
maps have 20 MB spends a fifth of its time on that. Other systems have allocators of their own; there nothing is changed.
"""

import ctypes
import platform

# Names and numbers of malloc.h: give back only what exceeds so many bytes at the end; ask the system directly from this size on.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
KEPT, LARGE = 256 << 20, 32 << 20  # 32 MB is the most that the allocator takes as MMAP_THRESHOLD


def keep_freed():
    """Let this process keep up to 256 MB that it has freed. May be called again. Returns whether the allocator took it."""
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return all(mallopt(name, size) for name, size in ((TRIM_THRESHOLD, KEPT), (MMAP_THRESHOLD, LARGE)))
