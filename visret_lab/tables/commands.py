"""`visret reproduce`, `visret reproduce list | run | check`: published values, and ours beside them."""

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Published tables beside our own runs.")


@app.callback(invoke_without_command=True)
def every(
    context: typer.Context,
    tier: Annotated[str | None, typer.Option(help="Without a command: measure all tables of this tier again, and compare.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes, each with one thread.")] = 2,
    out: Annotated[Path | None, typer.Option(help="A folder for the new records; the course's own are not touched.")] = None,
):
    """Published tables beside our own runs. With --tier and no command, every table of the tier is made again and compared.

    Exit code 1 when a value differs from the record that comes with the course by more than the tolerance that it declares.
    """
    if context.invoked_subcommand is not None:
        if tier or out:
            raise typer.BadParameter("Say --tier after the command: visret reproduce run TABLE --tier mini.")
        return
    if tier is None:
        raise typer.BadParameter("Say which tier: visret reproduce --tier mini. Or name a command: list, run, check.")
    from tqdm import tqdm

    from visret_lab.tables import remake, reproduce

    if tier not in reproduce.TIERS:
        raise typer.BadParameter(f"There is no tier {tier!r}. Take one of {', '.join(reproduce.TIERS)}.")
    total = sum(reproduce.record(table, tier) is not None for table in reproduce.recorded())
    values, said = 0, []
    for table, record, differs in tqdm(remake.remake(tier, out, jobs), total=total, unit="table", leave=False):
        values += len(record["rows"])
        said += [f"{table}: {line}" for line in differs]
        tqdm.write(f"{table}: {len(record['rows'])} values, {len(differs)} differ, {record['seconds']:.0f} s")
    for line in said:
        typer.echo(line, err=True)
    if said:
        raise typer.Exit(1)
    typer.echo(f"{tier}: {values} values of {total} tables made again, each within the tolerance of its record.")


@app.command("list")
def list_rows(as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False):
    """Print every row of every table: published value with its source, and ours in each tier, or "not run"."""
    from visret_lab.tables.reproduce import rows

    found = rows()
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    for r in found:
        ours = ", ".join(f"{tier} {value if isinstance(value, str) else f'{value:.3f}'}" for tier, value in r["ours"].items())
        published = "-" if r["published"] is None else r["published"]
        typer.echo(f"{r['table']} | {r['row']} | {r['metric']} | published {published} | ours: {ours}")


@app.command()
def run(
    table: Annotated[str, typer.Argument(help="A table of `visret reproduce list`, e.g. handmade.")],
    tier: Annotated[str | None, typer.Option(help="mini, campus or full; VISRET_TIER by default.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
):
    """Run what a table needs and write the record with every value, interval, time, version and checksum."""
    from visret_lab.tables.reproduce import reproduce

    path, record = reproduce(table, tier, seed)
    for row in record["rows"]:
        interval = f" [{row['low']:.4f}, {row['high']:.4f}]" if "low" in row else ""
        typer.echo(f"{row['row']}, {row['metric']}: {row['value']:.4f}{interval}")
    typer.echo(f"written: {path}")


@app.command()
def check(
    table: Annotated[str, typer.Argument(help="A table of `visret reproduce list`, e.g. handmade.")],
    tier: Annotated[str | None, typer.Option(help="mini, campus or full; VISRET_TIER by default.")] = None,
):
    """Run a table again and compare it with the record that comes with the course; nothing is written.

    Exit code 1 when a value differs by more than the tolerance that the record declares, or a row is missing.
    """
    from visret_lab.datasets.load import current_tier
    from visret_lab.tables.reproduce import deviations, measure, record

    kept = record(table, current_tier(tier))
    if kept is None:
        raise typer.BadParameter(f"There is no record of {table!r} in this tier. `visret reproduce run {table}` makes one.")
    said = deviations(measure(table, tier, kept["seed"]), kept)
    for line in said:
        typer.echo(line, err=True)
    if said:
        raise typer.Exit(1)
    typer.echo(f"{table}: {len(kept['rows'])} values reproduced within {kept['tolerance']} ({kept['tolerance_reason']}).")
