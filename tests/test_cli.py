import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from visret_lab.cli import app


@pytest.mark.parametrize("words", [[], ["data"], ["notebooks"], ["reproduce"], ["bench"], ["data", "list"], ["notebooks", "check"],
                                   ["reproduce", "run"]])
def test_help_teaches(words):
    run = CliRunner().invoke(app, [*words, "--help"])
    assert run.exit_code == 0 and len(run.stdout) > 150


def test_data_list_is_json_for_scripts():
    rows = json.loads(CliRunner().invoke(app, ["data", "list", "--json"]).stdout)
    assert len(rows) > 10 and all({"name", "tier", "licence", "status"} <= set(r) for r in rows)


def test_reproduce_list_says_not_run_rather_than_a_guess():
    rows = json.loads(CliRunner().invoke(app, ["reproduce", "list", "--json"]).stdout)
    assert all({"table", "row", "metric", "published", "source", "ours"} <= set(r) for r in rows)
    assert all(set(r["ours"]) == {"mini", "campus", "full"} for r in rows)
    blcf = [r for r in rows if r["table"] == "blcf-stages"]
    assert blcf and all(r["ours"]["full"] == "not run" for r in blcf)


@pytest.mark.parametrize(("words", "code"), [(["reproduce", "run", "nothing"], 1), (["nonsense"], 2), (["notebooks", "check", "--root", "/"], 1)])
def test_exit_codes_and_one_clear_line(words, code):
    run = subprocess.run([sys.executable, "-m", "visret_lab.cli", *words], capture_output=True, text=True)
    assert run.returncode == code and run.stderr.strip() and "Traceback" not in run.stderr


def test_bench_prints_its_keys(monkeypatch):
    from visret_lab.bench import run as bench

    monkeypatch.setattr(bench, "MODULES", (bench.evaluation,))
    original = bench.all_races
    monkeypatch.setattr(bench, "all_races", lambda chapter=None: original(chapter, small=True))
    run = CliRunner().invoke(app, ["bench", "--json"])
    rows = json.loads(run.stdout)
    keys = {"name", "chapter", "reference", "ours_s", "reference_s", "ratio", "target", "max_difference"}
    assert rows and all(keys <= set(r) for r in rows)
    assert all(abs(r["ratio"] - r["reference_s"] / r["ours_s"]) < 1e-9 for r in rows)
