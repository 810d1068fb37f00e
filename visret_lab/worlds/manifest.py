"""The manifest of a world: which files belong to it, and what each must hold."""

import hashlib
import json
from pathlib import Path

from visret_lab.files import write_bytes


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
    write_bytes(Path(folder) / "manifest.json", json.dumps(content, indent=1).encode())


def verify(folder):
    """Relative paths of the files that are missing or changed. FileNotFoundError when there is no manifest."""
    folder = Path(folder)
    content = json.loads((folder / "manifest.json").read_text())
    return [file for file, digest in content["files"].items()
            if not (folder / file).is_file() or sha256(folder / file) != digest]
