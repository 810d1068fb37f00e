"""The user's cache folder, and writing into it so that a file is either complete under its name or not there at all."""

import contextlib
import errno
import os
import tempfile
from pathlib import Path

import pooch

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
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(
                f"The disk is full: {path} could not be written. Free some space, or set VISRET_CACHE to a folder on "
                "another disk; then call again. What was complete is kept, nothing half-written stands under its name."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise DataError(
                f"{path} cannot be written ({error.strerror}). Set VISRET_CACHE to a folder that you may write, "
                "for example: export VISRET_CACHE=$HOME/visret_cache"
            ) from error
        raise


@contextlib.contextmanager
def replacing(path):
    """Write a file under another name and move it to `path` only when it is complete.

    Use it as `with replacing(path) as temporary: ...write to the path `temporary`...`. When the body fails,
    the temporary file is removed and `path` is what it was before.

    Raises:
        DataError: the disk is full, or the folder is read-only.
    """
    path = Path(path)
    temporary = None
    try:
        with plain_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
            os.close(handle)
            temporary = Path(name)
            yield temporary
            with open(temporary, "rb") as written:
                os.fsync(written.fileno())
            # mkstemp makes the file private; a cache may be shared between the users of a classroom machine.
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_bytes(path, content):
    """Write `content` (bytes) to `path`: all of it or nothing. Errors as `replacing`."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


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
