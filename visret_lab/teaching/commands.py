"""`visret notebooks check | derive | run`."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Check the notebooks, derive the exercises, measure the chapters.")
Root = Annotated[Path | None, typer.Option(help="The course's folder; found from here upwards by default.")]


def course_root(root=None):
    """The folder that holds `notebooks/` and `pyproject.toml`, from `root` or from here upwards."""
    start = Path(root) if root else Path.cwd()
    for folder in (start, *start.resolve().parents):
        if (folder / "notebooks").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    raise FileNotFoundError(f"{start} is not inside the course: no folder with notebooks/ and pyproject.toml. Give --root.")


def chapter_paths(course, names=None, others=False):
    """Paths of chapters by number, name or path; all chapters by default. others: take any other notebook, too, by its path.

    Raises:
        ValueError: one that is not there.
    """
    known = {p.stem: p for p in sorted((course / "notebooks").resolve().glob("[0-9][0-9]_*.ipynb"))}
    found = []
    for name in names or known:
        path = Path(name)
        fits = [p for stem, p in known.items() if name in (stem, stem[:2]) or path.resolve() == p]
        if not fits and others and path.suffix == ".ipynb" and path.is_file():
            fits = [path]
        if not fits:
            raise ValueError(f"There is no chapter {name!r}. There are: {', '.join(known)}.")
        found += fits
    return found


@app.command()
def check(root: Root = None, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False):
    """Check every notebook: skeleton, stored outputs, long cells, alt texts, exercises in step with their solutions.

    Exit code 0 when all is well, 1 when there are problems; each is printed with its file and cell.
    """
    from visret_lab.teaching.linter import lint

    folder = course_root(root)
    problems = lint(folder)
    chapters = [p.stem for p in sorted((folder / "notebooks").glob("[0-9][0-9]_*.ipynb"))]
    if as_json:
        typer.echo(json.dumps({"ok": not problems, "chapters": chapters, "problems": problems}, indent=1))
    else:
        for p in problems:
            where = p["file"] if p["cell"] is None else f"{p['file']}, cell {p['cell']}"
            typer.echo(f"{where}: [{p['rule']}] {p['message']}")
        typer.echo(f"{len(chapters)} chapters, {len(problems)} problems")
    if problems:
        raise typer.Exit(1)


@app.command()
def derive(root: Root = None, only_check: Annotated[bool, typer.Option("--check", help="Compare, write nothing.")] = False):
    """Make the exercise notebooks from the solutions. Edit solutions only; what stands between the markers is removed."""
    from visret_lab.teaching.derive import derive as run

    changed = run(course_root(root), check=only_check)
    for name in changed:
        typer.echo(f"{name}: {'differs' if only_check else 'written'}")
    if only_check and changed:
        raise typer.Exit(1)


@app.command()
def run(
    names: Annotated[list[str] | None, typer.Argument(help="Chapters, e.g. 02, 02_color or a path; all by default.")] = None,
    root: Root = None,
    save: Annotated[bool, typer.Option(help="Write the record for the book's status page.")] = False,
):
    """Run chapters and measure seconds and memory. Exit code 1 when one fails or, in the mini tier, is over its budget (60 s, 2 GB)."""
    from visret_lab.datasets.load import current_tier
    from visret_lab.teaching import budgets

    mini = current_tier() == "mini"
    if save and not mini:
        raise ValueError(f"The status page shows the mini tier, and VISRET_TIER is {current_tier()!r}. Unset it, or leave out --save.")
    course = course_root(root)
    paths = chapter_paths(course, names, others=True)
    if save and any(path.resolve().parent != (course / "notebooks").resolve() for path in paths):
        raise ValueError("The status page shows chapters only. Leave out --save for other notebooks.")
    rows, red = [], False
    for path in paths:
        row = budgets.measure(path)
        over = mini and (row["seconds"] > budgets.SECONDS or row["peak_bytes"] > budgets.BYTES)
        red |= over or not row["ok"]
        rows.append(row)
        state = "failed\n" + row["error"].strip() if not row["ok"] else "over budget" if over else "ok"
        typer.echo(f"{row['chapter']}: {row['seconds']:.1f} s, {row['peak_bytes'] / 1e9:.2f} GB, {state}")
    if save:
        budgets.save(rows)
    if red:
        raise typer.Exit(1)
