"""Find the pictures of a folder, in the order of their names, one after the other: no list of them is ever held."""

import os
import stat
from pathlib import Path
from typing import NamedTuple

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")
ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar")
UNREAD = (".heic", ".heif", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2")  # pictures that Pillow alone does not read


class Found(NamedTuple):
    """A picture. id: path below the folder, with "/" on every system. path: where it lies. size: bytes. mtime_ns: of its last change."""

    id: str
    path: str
    size: int
    mtime_ns: int


class Skipped(NamedTuple):
    """What was not taken. id: as of `Found`; of a folder it ends with "/". reason: in words."""

    id: str
    reason: str


def walk(folder):
    """Everything in a folder that is, or looks like, a picture.

    Sub-folders are followed. A link to a folder is followed where that folder is not met anyway, and no folder is entered twice; so links
    cannot lead in a circle. Files with other names than those of pictures are passed over in silence, archives are named.

    Args:
        folder: path.

    Yields:
        Found or Skipped, ids in the order of Python's strings.

    Raises:
        NotADirectoryError: no such folder.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder. Give the folder that holds the pictures.")
    root = os.path.realpath(folder)
    yield from _inside(str(folder), "", root, {root})


def _inside(path, prefix, root, entered):
    try:
        with os.scandir(path) as listing:
            entries = sorted(((_key(e), e) for e in listing), key=lambda pair: pair[0])
    except OSError as error:
        yield Skipped(prefix, f"the folder cannot be read ({error.strerror})")
        return
    for name, entry in entries:
        yield from _one(entry, prefix + name, root, entered)


def _key(entry):
    """The name, with a "/" behind a folder: sorted by it, whole paths come in the order of strings."""
    try:
        return entry.name + "/" if entry.is_dir() else entry.name
    except OSError:
        return entry.name


def _one(entry, id_, root, entered):
    is_folder = id_.endswith("/")
    if not is_folder and not entry.name.lower().endswith(PICTURES + ARCHIVES + UNREAD):
        return
    if not _is_text(entry.name):
        yield Skipped(id_.encode(errors="backslashreplace").decode(), "the name is no valid UTF-8: rename it")
    elif entry.name.startswith("."):
        yield Skipped(id_, "hidden")
    elif is_folder:
        yield from _folder(entry, id_, root, entered)
    else:
        yield _file(entry, id_)


def _folder(entry, id_, root, entered):
    real = os.path.realpath(entry.path)
    if entry.is_symlink() and (real + os.sep).startswith(root.rstrip(os.sep) + os.sep):
        yield Skipped(id_, "a link to a folder that is searched anyway")
    elif real in entered:
        yield Skipped(id_, "a link to a folder that was searched before")
    else:
        entered.add(real)
        yield from _inside(entry.path, id_, root, entered)


def _file(entry, id_):
    ending = os.path.splitext(entry.name)[1].lower()
    if ending in ARCHIVES:
        return Skipped(id_, "an archive, which is not opened: unpack it")
    if ending in UNREAD:
        return Skipped(id_, f"{ending} is not read: save it as JPEG or PNG")
    try:
        told = entry.stat()
    except FileNotFoundError:
        return Skipped(id_, "a link that leads nowhere")
    except OSError as error:
        return Skipped(id_, f"cannot be read ({error.strerror})")
    if not stat.S_ISREG(told.st_mode):
        return Skipped(id_, "not a file")
    if not told.st_size:
        return Skipped(id_, "an empty file")
    return Found(id_, entry.path, told.st_size, told.st_mtime_ns)


def _is_text(name):
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
