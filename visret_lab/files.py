"""Files that are whole or not there: every station that keeps something on disk writes it with these functions."""

import contextlib
import errno
import os
import tempfile
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST)


class StorageError(OSError):
    """The disk is full, or a folder cannot be written; the words say what to do."""


@contextlib.contextmanager
def plain_errors(path):
    """Turn the operating system's refusal to write `path` into a StorageError that says what to do."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        if error.errno in FULL:
            raise StorageError(
                f"The disk is full: {path} could not be written. Free some space, or set VISRET_CACHE to a folder on "
                "another disk; then call again. What was complete is kept, nothing half-written stands under its name."
            ) from error
        if error.errno in REFUSED:
            raise StorageError(
                f"{path} cannot be written ({error.strerror}). Set VISRET_CACHE to a folder that you may write, "
                "for example: export VISRET_CACHE=$HOME/visret_cache"
            ) from error
        raise


@contextlib.contextmanager
def replacing(path, durable=True):
    """Write a file under another name and move it to `path` only when it is complete.

    Use it as `with replacing(path) as temporary: ...write to the path `temporary`...`. When the body fails,
    the temporary file is removed and `path` is what it was before.

    Args:
        path: the final name; its folder is made if needed.
        durable: wait until the disk has the content, so that a power cut cannot leave an empty file. A world, which is
            checked against its manifest as a whole, does without.

    Raises:
        StorageError: the disk is full, or the folder is read-only.
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
            if durable:
                with open(temporary, "rb") as written:
                    os.fsync(written.fileno())
            # mkstemp makes the file private; a cache may be shared between the users of a classroom machine.
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_bytes(path, content, durable=True):
    """Write `content` (bytes) to `path`: all of it or nothing. Arguments and errors as `replacing`."""
    with replacing(path, durable) as temporary:
        temporary.write_bytes(content)
