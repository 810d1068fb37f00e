"""Files that are whole or not there, and the manifest that says what belongs to a world."""

import errno
import hashlib
import json
import os
from pathlib import Path


def write_whole(path, data):
    """Write bytes under `path` so that the file is complete or absent: a temporary neighbour first, then a rename.

    Raises:
        OSError: with words that say what to do, when the disk is full or the folder cannot be written.
    """
    path = Path(path)
    part = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        try:
            part.unlink(missing_ok=True)
        except OSError:
            pass  # a folder that refuses writing also refuses removing; nothing was written then
        if error.errno == errno.ENOSPC:
            raise OSError(errno.ENOSPC, f"The disk is full: {path} was not written. Free some space and call again; "
                          "the files made so far are kept") from error
        raise OSError(error.errno, f"{path} cannot be written ({error.strerror}). Set VISRET_CACHE to a folder that "
                      "you may write to") from error


def sha256(path):
    """SHA-256 of a file as a hexadecimal string."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def write_manifest(folder, name, version, seed, files):
    """Write `manifest.json`, last of all: a world without it is not complete.

    Args:
        folder: the world.
        name, version, seed: what it is.
        files: relative paths of everything that belongs to it.
    """
    content = {"name": name, "version": version, "seed": seed,
               "files": {file: sha256(Path(folder) / file) for file in sorted(files)}}
    write_whole(Path(folder) / "manifest.json", json.dumps(content, indent=1).encode())


def verify(folder):
    """Relative paths of the files that are missing or changed. FileNotFoundError when there is no manifest."""
    folder = Path(folder)
    content = json.loads((folder / "manifest.json").read_text())
    return [file for file, digest in content["files"].items()
            if not (folder / file).is_file() or sha256(folder / file) != digest]
