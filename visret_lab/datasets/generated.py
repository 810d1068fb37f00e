"""Worlds that the course makes itself: generated into the cache at first use, checked by manifest, reused."""

import contextlib
import shutil
import sys
from pathlib import Path

from visret_lab.datasets.cache import cache_dir, locked, plain_errors
from visret_lab.datasets.errors import DataError, some
from visret_lab.worlds import manifest


def ensure(name, version, generate, progress=True):
    """Return the folder of a generated world; make it first where needed.

    The world grows in a folder with the ending `.part`, which is kept when the generation is interrupted: the
    generator goes on with it. Only a complete world whose files agree with its manifest gets the final name. A lock
    lets a second process wait for the first.

    Args:
        name, version: together they name the folder in the cache.
        generate: function (folder, progress) that fills the folder, last of all its `manifest.json`.
        progress: passed on.

    Returns:
        pathlib.Path.

    Raises:
        DataError: read-only cache, full disk, or files that differ from the manifest right after generation.
    """
    base = cache_dir("worlds")
    final, part = base / f"{name}-{version}", base / f"{name}-{version}.part"
    with locked(base / f".{name}-{version}.lock"):
        if final.is_dir():
            if not damage(final):
                return final
            # A file was lost or changed: take the world back into the workshop and make what is missing.
            shutil.rmtree(part, ignore_errors=True)
            final.rename(part)
            remove_damaged(part)
        with plain_errors(part):
            part.mkdir(parents=True, exist_ok=True)
            with _without_main():
                generate(part, progress)
            wrong = damage(part)
            if wrong:
                shutil.rmtree(part, ignore_errors=True)
                raise DataError(
                    f"{name} was generated, but {len(wrong)} of its files differ from the manifest: {some(wrong)}. The "
                    "folder was removed; call again. If it happens again, check the disk."
                )
            part.rename(final)
    return final


@contextlib.contextmanager
def _without_main():
    """Hide the main module's file from worker processes while a world is generated.

    A worker would run the learner's script again, and that script asks for the same world: it would wait for the lock
    for ever. The workers of a generator import what they need by name.
    """
    main = sys.modules["__main__"]
    hidden = {name: main.__dict__.pop(name) for name in ("__file__", "__spec__") if name in main.__dict__}
    main.__spec__ = None
    try:
        yield
    finally:
        main.__dict__.update(hidden)


def inspect(name, version):
    """Check a generated world without mending it.

    Returns:
        pathlib.Path of the folder.

    Raises:
        DataError: it has not been generated, or files are missing or changed; they are named.
    """
    folder = cache_dir("worlds", create=False) / f"{name}-{version}"
    if not folder.is_dir():
        raise DataError(f"{name} (version {version}) has not been generated yet. Run `visret data get {name}`.")
    wrong = damage(folder)
    if wrong:
        raise DataError(f"{len(wrong)} files in {folder} are missing or changed: {some(wrong)}. `visret data get {name}` makes "
                        "them again.")
    return folder


def damage(folder):
    """Relative paths of files that are missing or differ from the manifest; the manifest itself when it is broken."""
    try:
        return manifest.verify(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ["manifest.json"]


def remove_damaged(folder):
    """Remove the files that differ from the manifest, and the manifest, so that a generator makes them again."""
    for name in damage(folder):
        (Path(folder) / name).unlink(missing_ok=True)
    (Path(folder) / "manifest.json").unlink(missing_ok=True)
