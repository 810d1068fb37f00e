"""The user's cache folder, and writing into it; what the operating system refuses becomes a DataError."""

import contextlib
import os
from pathlib import Path

import pooch

from visret_lab import files
from visret_lab.datasets.errors import DataError

try:
    import fcntl
except ImportError:  # Windows has no flock; there, two first runs at once are the user's to avoid.
    fcntl = None


def cache_dir(*parts, create=True):
    """The folder where generated worlds, downloads and features are kept.

    It is the environment variable VISRET_CACHE where that is set, else the usual place of the operating system.

    Args:
        parts: names of folders below it.
        create: make the folder when it is not there.

    Returns:
        pathlib.Path.

    Raises:
        DataError: the folder cannot be made or written.
    """
    base = os.environ.get("VISRET_CACHE") or pooch.os_cache("visret_lab")
    folder = Path(base).expanduser().joinpath(*parts)
    if create:
        with plain_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def plain_errors(path):
    """Turn the operating system's refusal to write `path` into a DataError that says what to do."""
    try:
        with files.plain_errors(path):
            yield
    except files.StorageError as error:
        raise DataError(str(error)) from error


def write_bytes(path, content):
    """Write `content` (bytes) to `path`: all of it or nothing. DataError when the disk is full or read-only."""
    with plain_errors(path):
        files.write_bytes(path, content)


@contextlib.contextmanager
def locked(path):
    """Hold the lock file `path` while the body runs; a second process waits, so that a world is generated once.

    The lock belongs to the open file, so it goes away with the process, also when that was killed.
    """
    path = Path(path)
    with plain_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = open(path, "a")
    with handle:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
