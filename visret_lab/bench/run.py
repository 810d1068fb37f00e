"""`visret bench`: all races of the course, or those of one chapter."""

import json

import typer
from tqdm import tqdm

from visret_lab.bench import (aggregate, bow, cleaning, color, compact, crossmodal, deep_local, deep_words, diffusion, dimension, edges_gist,
                              encoders, evaluation, late_fusion, local, losses, pca, pooling, saliency, similarity, video)
from visret_lab.bench.race import RaceError, run_race
from visret_lab.bench.record import keep

MODULES = (evaluation, color, edges_gist, local, bow, aggregate, dimension, pca, compact, pooling, deep_words, saliency, cleaning,
           losses, deep_local, late_fusion, diffusion, similarity, video, encoders, crossmodal)


def all_races(chapter=None, small=False):
    """Every race, or those of the chapters whose name begins with `chapter`."""
    races = [race for module in MODULES for race in module.races(small=small)]
    return [race for race in races if race.chapter.startswith(chapter or "")]


def bench(
    chapter=None,
    as_json=False,
    save=False,
):
    """Race our code against reference libraries: same input, equal output, one run; the ratio is reference / ours.

    Exit code 1 when an output differs from the reference's, or a ratio stays below its target.
    """
    races = all_races(chapter)
    if not races:
        raise typer.BadParameter(f"No chapter begins with {chapter!r}. There are: "
                                 f"{', '.join(sorted({r.chapter for r in all_races()}))}.")
    rows, failed = [], False
    for race in tqdm(races, desc="races", disable=as_json):
        try:
            rows.append(run_race(race))
        except RaceError as error:
            typer.echo(str(error), err=True)
            failed = True
    failed |= any(row["ratio"] < row["target"] for row in rows)
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    else:
        for row in rows:
            mark = "ok  " if row["ratio"] >= row["target"] else "SLOW"
            typer.echo(f"{mark} {row['name']}: {row['ours_s'] * 1e3:.2f} ms, {row['reference']} {row['reference_s'] * 1e3:.2f} ms, "
                       f"ratio {row['ratio']:.1f} (asked: {row['target']:g}), largest difference {row['max_difference']:.1e}")
    if save and len(rows) < len(races):
        typer.echo("An output differs, so nothing was written.", err=True)
    elif save:
        keep(rows, whole=not chapter)
    if failed:
        raise typer.Exit(1)
