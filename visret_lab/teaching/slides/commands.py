"""`visret slides`."""

from pathlib import Path
from typing import Annotated

import typer

from visret_lab.teaching.commands import Root, chapter_paths, course_root

TIMEOUT = 600  # seconds a cell


def slides(
    chapters: Annotated[list[str] | None, typer.Argument(help="Chapters, e.g. 06, 06_vlad or a path; all by default.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Of the lecture; if it is shorter than the chapter, slides are left out.")] = None,
    to: Annotated[Path | None, typer.Option(help="Folder of the decks; book/_build/html/slides by default.")] = None,
    root: Root = None,
):
    """Turn chapters into decks of slides: one HTML file each, that works without a network.

    Press S for the speaker's notes, ? for the keys. What the chapter shows is taken from the book's build where that has run this very
    chapter; otherwise the chapter is run first.

    Example: visret slides 06 --minutes 45
    """
    from visret_lab.files import write_bytes
    from visret_lab.teaching.slides.deck import deck

    course = course_root(root)
    folder = to or course / "book" / "_build" / "html" / "slides"
    references = (course / "book" / "references.bib").read_text("utf-8")
    for path in chapter_paths(course, chapters):
        page = deck(executed(path, course), references, minutes)
        target = folder / f"{path.stem}{f'-{minutes:g}' if minutes else ''}.html"
        folder.mkdir(parents=True, exist_ok=True)
        write_bytes(target, page.encode())
        typer.echo(target)


def executed(path, course):
    """A chapter with its outputs: the book's copy where its cells are the same, else run now.

    Raises:
        RuntimeError: a cell failed; it says which.
    """
    import nbformat

    from visret_lab.teaching.execute import execute

    source, kept = nbformat.read(path, 4), course / "book" / "_build" / "executed" / path.name
    if kept.is_file():
        copy = nbformat.read(kept, 4)
        if [c.source for c in copy.cells] == [c.source for c in source.cells]:
            for cell, now in zip(copy.cells, source.cells, strict=True):
                cell.metadata = now.metadata  # marks may be newer than the run
            return copy
    notebook, error = execute(path, TIMEOUT)
    if error:
        raise RuntimeError(f"{path.name} does not run, so it has nothing to show: {error}")
    return notebook
