"""The workflows of the public home are thin: every step is a well-known action, or `make` with a target that the Makefile has."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(path):
    jobs = yaml.safe_load(path.read_text("utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_a_workflow_only_calls_make(path):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    commands = [step["run"] for step in steps(path) if "run" in step]
    assert commands and all(re.match(r"make ([a-z]+)( [A-Z]+=\S+| [A-Z]+=\$\{\{ [a-z.]+ \}\})*$", c) for c in commands), commands
    assert {c.split()[1] for c in commands} <= targets
    assert all(step["uses"].startswith("actions/") for step in steps(path) if "uses" in step)


def test_every_system_and_both_ends_of_the_dependencies_are_tested():
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8"))["jobs"]
    matrix = jobs["unit"]["strategy"]["matrix"]["include"]
    systems = {m["system"].split("-")[0] for m in matrix} | {jobs["everything"]["runs-on"].split("-")[0]}
    assert systems == {"ubuntu", "macos", "windows"}
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert all(f"INSTALL_{m['dependencies']} :=" in makefile for m in matrix)
    assert {"lowest", "newest"} <= {m["dependencies"] for m in matrix}
