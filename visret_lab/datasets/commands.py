"""`visret data list | get | verify`: what there is, how to get it, whether it is complete."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from visret_lab.datasets import registry
from visret_lab.datasets.archives import unpack
from visret_lab.datasets.cache import cache_dir
from visret_lab.datasets.download import agrees, fetch
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.film import load_film
from visret_lab.datasets.generated import inspect
from visret_lab.datasets.load import LOADABLE, WORLDS, load
from visret_lab.datasets.museum import load_museum
from visret_lab.datasets.yard import load_yard

app = typer.Typer(
    no_args_is_help=True,
    help="List, fetch and check data sets. The mini tier needs none of this: it is generated at first use.",
)

ROLES = ("places", "elsewhere", "pairs", "products", "folder")
PAINTED = {"film": load_film, "yard": load_yard, "museum": load_museum}  # what `load` does not give
ARCHIVES = (".zip", ".tgz", ".tar.gz", ".tar")


@app.command("list")
def list_sets(
    tier: Annotated[str | None, typer.Option(help="Only this tier: mini, campus or full.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list for scripts.")] = False,
):
    """Print every data set and model: tier, licence, and whether its public home is alive.

    Status: generated (made here), alive, mirrored, by request, or gone, with the year of the knowledge.
    The columns after the name say what you may do with it and where it comes from.

    Example: visret data list --tier campus
    """
    with _plain_exit():
        entries = registry.listing(tier)
    if as_json:
        print(json.dumps([_row(entry) for entry in entries], indent=1))
        return
    wide = max(len(entry.name) for entry in entries)
    for entry in entries:
        print(f"{entry.name:<{wide}}  {entry.tier:<6}  {entry.status}  [{entry.licence}]")
        print(f"{'':<{wide}}  {entry.source}")


def _row(entry):
    return {
        "name": entry.name, "tier": entry.tier, "licence": entry.licence, "status": entry.status, "kind": entry.kind,
        "source": entry.source, "note": entry.note, "variable": entry.variable,
        "files": [{"path": file.path, "sha256": file.sha256, "size": file.size} for file in entry.files],
    }


@app.command("get")
def get_sets(
    names: Annotated[list[str], typer.Argument(help="Names from `visret data list`.")],
):
    """Generate or fetch data sets into the cache.

    A download goes on where it broke off, is checked against its SHA-256, and is unpacked. Set VISRET_MIRROR to a
    folder or URL with the same files to take them from there first; set VISRET_CACHE to choose the cache folder.
    The exit code is 0 when everything is there, 1 when something failed, 2 for an unknown name.

    Example: visret data get town squeezenet
    """
    with _plain_exit(code=2):
        entries = [registry.entry(name) for name in names]
    failed = False
    for entry in entries:
        try:
            print(f"{entry.name}: {get(entry)}")
        except DataError as error:
            failed = True
            print(f"{entry.name}: {error}", file=sys.stderr)
    raise typer.Exit(1 if failed else 0)


def get(entry):
    """Bring one Entry into the cache; return a sentence that says where it is. DataError when that fails."""
    if entry.status == "generated":
        return repr(PAINTED[entry.name]() if entry.name in PAINTED else load(entry.name))
    if not entry.files:
        raise DataError(
            f"cannot be fetched ({entry.status}). {entry.note} If you have it, set {entry.variable} to its folder."
        )
    print(f"{entry.name}: licence: {entry.licence}. Source: {entry.source}", file=sys.stderr)
    paths = [fetch(file) for file in entry.files]
    if not paths[0].name.endswith(ARCHIVES):
        return f"{len(paths)} file(s) in {paths[0].parent}"
    home = cache_dir("files", entry.name)
    for path in paths:
        unpack(path, home / path.name.split(".")[0])
    return f"unpacked in {home}"


@app.command("verify")
def verify_sets(
    names: Annotated[list[str], typer.Argument(help="Names from `visret data list`.")],
    root: Annotated[Path | None, typer.Option(help="The folder that you have, for a single name.")] = None,
):
    """Check that data sets are complete: checksums where they are known, otherwise picture by picture.

    The exit code is 0 when all are complete, 1 when one is not, 2 for an unknown name.

    Example: visret data verify roxford5k --root ~/data/oxford
    """
    with _plain_exit(code=2):
        for name in names:
            if name not in LOADABLE:
                registry.entry(name)
    failed = False
    for name in names:
        try:
            print(f"{name}: complete. {verify(name, root)}")
        except DataError as error:
            failed = True
            print(f"{name}: {error}", file=sys.stderr)
    raise typer.Exit(1 if failed else 0)


def verify(name, root=None):
    """Check one set; return a sentence. Nothing is mended. DataError names what is wrong."""
    if name in WORLDS and root is None:
        return f"All files of {inspect(*WORLDS[name])} agree with its manifest."
    if name in LOADABLE:
        tier = registry.entry(name).tier if name not in ROLES else None
        return repr(load(name, tier=tier, root=root))
    entry = registry.entry(name)
    if not entry.files:
        raise DataError(f"there is nothing to check yet: {entry.note}")
    base = Path(root) if root else cache_dir("files", create=False)
    return check_files(entry, base)


def check_files(entry, base):
    """Compare the files of an Entry below `base` with their SHA-256. DataError lists those that differ."""
    wrong = []
    for file in entry.files:
        places = (base / file.path, base / Path(file.path).name)
        if not any(agrees(file, place) for place in places):
            wrong.append(file.path)
    if wrong:
        raise DataError(
            f"missing or damaged in {base}: {', '.join(wrong)}. `visret data get {entry.name}` fetches them."
        )
    return f"{len(entry.files)} file(s) in {base}"


class _plain_exit:
    """Turn a DataError into one line on stderr and an exit code."""

    def __init__(self, code=1):
        self.code = code

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if isinstance(error, DataError):
            print(error, file=sys.stderr)
            raise typer.Exit(self.code)
        return False
