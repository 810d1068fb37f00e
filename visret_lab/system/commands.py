"""`visret index FOLDER` and `visret search IMAGE`."""

import hashlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from visret_lab.datasets.cache import cache_dir
from visret_lab.datasets.errors import DataError

NAMED = 20  # skipped files that are printed


def place_of(folder):
    """Where the index of a folder lies, if nothing else is said: in the user's cache, under a name made from the folder's path."""
    path = Path(folder).absolute()
    return cache_dir("indexes", create=False) / f"{path.name or 'root'}-{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"


def places():
    """All indexes in the user's cache: dict folder of the pictures -> folder of the index. Those that cannot be read are left out."""
    from visret_lab.system.store import read_manifest

    home, found = cache_dir("indexes", create=False), {}
    for place in sorted(home.iterdir()) if home.is_dir() else []:
        try:
            found[read_manifest(place)["folder"]] = place
        except DataError:
            continue
    return found


def index(
    folder: Annotated[Path, typer.Argument(help="The folder with the pictures; sub-folders are searched too.")],
    workers: Annotated[int, typer.Option(help="Processes that describe pictures.")] = 1,
    recipe: Annotated[str | None, typer.Option(help='"small", "full" or "photographs"; an index keeps its own. New ones: small.')] = None,
    where: Annotated[Path | None, typer.Option(help="Folder of the index; by default it lies in the cache.")] = None,
    mend: Annotated[bool, typer.Option(help="Describe the pictures of damaged segments again.")] = False,
):
    """Index the pictures of a folder; called again, bring the index up to date. Nothing is written into the folder.

    "small" and "full" use networks that come with the course and have seen painted buildings only. "photographs" uses two networks that
    know photographs; fetch them once: visret data get squeezenet mobilenet

    Example: visret index ~/Pictures --workers 4
    """
    from visret_lab.system.build import update
    from visret_lab.system.recipe import named

    folder, where = folder.expanduser().absolute(), where.expanduser() if where else None
    place = where or place_of(folder)
    report = update(folder, place, named(recipe) if recipe else _kept_recipe(place), workers, _progress, mend=mend)
    for note in report.notes:
        print(note, file=sys.stderr)
    for one in report.skipped[:NAMED]:
        print(f"skipped {one.id or '.'}: {one.reason}", file=sys.stderr)
    more = max(0, len(report.skipped) - NAMED) + report.others
    if more:
        print(f"skipped: {more} more", file=sys.stderr)
    seconds = ", ".join(f"{stage} {s:.1f}" for stage, s in report.seconds.items() if stage != "whole")
    print(f"{report.added} added, {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged, "
          f"{len(report.skipped) + report.others} skipped; {report.pictures_per_second:.1f} pictures a second. Seconds of all workers: "
          f"{seconds or 'none'}. Index: {place}")


def search(
    image: Annotated[Path, typer.Argument(help="The picture to ask with.")],
    in_: Annotated[Path | None, typer.Option("--in", help="The folder that was indexed, or the folder of an index.")] = None,
    k: Annotated[int, typer.Option("-k", help="Results.")] = 20,
    box: Annotated[str | None, typer.Option(help="Ask with a part of the picture: x0,y0,x1,y1 in pixels.")] = None,
    page: Annotated[Path | None, typer.Option(help="Also write the results as an HTML page.")] = None,
):
    """Find pictures like one, in a folder that was indexed. A picture of the folder itself is no result of its own question.

    Example: visret search house.jpg --in ~/Pictures --box 40,30,260,300 --page results.html
    """
    from visret_lab.datasets.image_io import read_image
    from visret_lab.files import write_bytes
    from visret_lab.system.page import result_page
    from visret_lab.system.search import Searcher
    from visret_lab.system.store import read_manifest

    place, image = _index_of(in_), image.expanduser()
    corners, picture = parse_box(box), read_image(image)
    folder = Path(read_manifest(place)["folder"])
    searcher = Searcher.open(place)
    answer = searcher.search(picture, k, corners, own=_own(image, folder))
    for number, hit in enumerate(answer.hits, 1):
        print(f"{number:3}  {hit.similarity:6.3f}  {hit.inliers:4} inliers  {hit.id}")
    print("ms: " + ", ".join(f"{stage} {ms:.1f}" for stage, ms in answer.ms.items()))
    if page:
        text = result_page(image.name, picture, corners, answer, folder, searcher.recipe.accept)
        write_bytes(page.expanduser(), text.encode("utf-8", "replace"))
        print(f"Page: {page}")


def parse_box(text):
    """"x0,y0,x1,y1" -> tuple of four floats, None for None. ValueError for anything else."""
    if text is None:
        return None
    try:
        box = tuple(float(part) for part in text.split(","))
    except ValueError:
        box = ()
    if len(box) != 4:
        raise ValueError(f"A box is four numbers with commas between them, x0,y0,x1,y1 in pixels; got {text!r}.")
    return box


def _kept_recipe(place):
    """The recipe of an index that is there, else the small one."""
    from visret_lab.system.recipe import from_dict, named
    from visret_lab.system.store import read_manifest

    return from_dict(read_manifest(place)["recipe"]) if (place / "manifest.json").exists() else named("small")


def _index_of(folder):
    """The index that is meant. DataError when that is not clear."""
    if folder is not None:
        folder = folder.expanduser().absolute()
        if (folder / "manifest.json").is_file() and (folder / "segments").is_dir():
            return folder
        place = place_of(folder)
        if not (place / "manifest.json").is_file():
            raise DataError(f"{folder} has no index yet. Make one: visret index \"{folder}\"")
        return place
    known = places()
    if not known:
        raise DataError("There is no index on this machine yet. Make one: visret index FOLDER")
    if len(known) > 1:
        raise DataError(f"There are {len(known)} indexes; say which with --in. They are of: {', '.join(known)}")
    return next(iter(known.values()))


def _own(image, folder):
    """The id of the question, if it is a picture of the folder."""
    try:
        return image.absolute().relative_to(folder).as_posix()
    except ValueError:
        return None


def _progress(done):
    if sys.stderr.isatty():
        print(f"\r{done} pictures", end="", file=sys.stderr, flush=True)
