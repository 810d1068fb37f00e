"""Unpacking archives from the web: nothing may land outside its folder, and a broken archive leaves nothing behind."""

import errno
import shutil
import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from visret_lab.datasets.cache import plain_errors
from visret_lab.datasets.errors import DataError


def unpack(archive, folder):
    """Unpack a .zip, .tar, .tar.gz or .tgz into a new `folder`.

    Everything is unpacked into a temporary folder beside it, which takes the final name only when it is complete.

    Args:
        archive: the file.
        folder: must not exist yet; a complete one is left as it is.

    Returns:
        folder, as a Path.

    Raises:
        DataError: the archive is truncated or not an archive; a member is a link or device, has an absolute path or
            leads out of the folder; the disk is full or read-only.
    """
    archive, folder = Path(archive), Path(folder)
    if folder.is_dir():
        return folder
    with plain_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".tmp", dir=folder.parent))
    try:
        with plain_errors(folder):
            try:
                _unpack_into(archive, temporary)
            except DataError:
                raise
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
                    raise
                raise _broken(archive, error) from error
            except Exception as error:  # zlib, lzma, tarfile and zipfile each have their own words for "truncated"
                raise _broken(archive, error) from error
            temporary.chmod(0o755)
            temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _broken(archive, error):
    return DataError(
        f"{archive} is truncated or not an archive ({type(error).__name__}: {error}). Remove it and fetch it again; "
        "nothing of it was kept."
    )


def _unpack_into(archive, folder):
    if not archive.is_file():
        raise DataError(f"{archive} does not exist.")
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as source:
            for member in source.infolist():
                _unpack_zip_member(source, member, archive, folder)
        return
    with tarfile.open(archive) as source:
        for member in source:
            _unpack_tar_member(source, member, archive, folder)
        # A tar cut between two members looks like a shorter one: its end mark must be there, and of a compressed
        # one the checksum that follows.
        if not _rest(source.fileobj):
            raise tarfile.ReadError("the end mark is missing")


def _unpack_zip_member(source, member, archive, folder):
    target = _inside(archive, folder, member.filename)
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(archive, member.filename, "is a link or a device")
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    with source.open(member) as content:
        _copy(content, target)


def _unpack_tar_member(source, member, archive, folder):
    target = _inside(archive, folder, member.name)
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
    elif member.isfile():
        _copy(source.extractfile(member), target)
    else:
        raise _refused(archive, member.name, "is a link or a device")


def _rest(stream):
    """Read what is left of the stream; return the number of bytes."""
    length = 0
    while block := stream.read(1 << 20):
        length += len(block)
    return length


def _copy(content, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target, "wb") as file:
        shutil.copyfileobj(content, file, 1 << 20)


def _inside(archive, folder, name):
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or (path.parts and path.parts[0].endswith(":")):
        raise _refused(archive, name, "has an absolute path")
    if ".." in path.parts:
        raise _refused(archive, name, "leads out of its folder")
    return folder.joinpath(*path.parts)


def _refused(archive, name, why):
    return DataError(f"{archive}: the member {name!r} {why}. Nothing was unpacked; do not trust this archive.")
