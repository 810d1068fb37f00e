"""The `visret` command."""

import os
import sys

import typer

from visret_lab.datasets.commands import app as data_app
from visret_lab.system import commands as system
from visret_lab.tables.commands import app as tables_app
from visret_lab.teaching.commands import app as notebooks_app
from visret_lab.teaching.slides import commands as slides

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="The workbench of the course on visual retrieval. Start with `visret data list` and `visret notebooks check`.",
)
app.add_typer(data_app, name="data")
app.add_typer(notebooks_app, name="notebooks")
app.add_typer(tables_app, name="reproduce")
app.command("index")(system.index)
app.command("search")(system.search)
app.command("slides")(slides.slides)


@app.command()
def bench(
    chapter: str = typer.Option(None, help="Only the races of this chapter, e.g. 02 or 02_color."),
    as_json: bool = typer.Option(False, "--json", help="Print a JSON list instead of the table."),
    save: bool = typer.Option(False, help="Write the record from which the book's page is made."),
):
    """Race our code against reference libraries: same input, equal output, one run; the ratio is reference / ours.

    Exit code 1 when an output differs from the reference's, or a ratio stays below its target.
    """
    from visret_lab.bench.run import bench as run  # imports every reference library

    run(chapter, as_json, save)


@app.command()
def scale(
    sizes: str = typer.Option("10000,31623,100000,316228,1000000", help="Numbers of vectors, separated by commas."),
    save: bool = typer.Option(False, help="Write the record from which the book's page is made."),
):
    """Measure how exact search, IVF, IVF-PQ and HNSW grow with the number of vectors. The default took seven minutes on two cores."""
    from visret_lab.bench import scale as measure

    record = measure.scale(measure.parse_sizes(sizes), save)
    for kind, found in measure.laws(record).items():
        ms = found["ms"]
        largest = measure.working_point([run for run in record["runs"] if run["engine"] == kind][-1])
        typer.echo(f"{kind}: {largest['ms']:.3f} ms a query at recall {largest['recall']:.2f} of the largest; "
                   f"grows as N^{ms.b:.2f} [{ms.low:.2f}, {ms.high:.2f}]")


def main():
    """Entry point: a mistake gives one clear line and exit code 1; VISRET_DEBUG=1 shows the whole traceback."""
    try:
        app()
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        if os.environ.get("VISRET_DEBUG"):
            raise
        print(f"visret: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
