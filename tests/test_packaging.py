"""pyproject.toml, requirements.lock and environment.yml name the same packages, and the pins obey the bounds."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
# The same thing under conda-forge's name.
CONDA = {"matplotlib-base": "matplotlib", "pytorch-cpu": "torch"}


def declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lists = [project["dependencies"], *project["optional-dependencies"].values()]
    return {canonicalize_name(r.name): r for r in map(Requirement, sum(lists, []))}


def locked():
    pins = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"python_full_version": "3.11.7"}):
            pins[canonicalize_name(requirement.name)] = next(iter(requirement.specifier)).version
    return pins


def conda():
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    plain = [e for e in entries if isinstance(e, str)] + next(e["pip"] for e in entries if isinstance(e, dict))
    found = {}
    for entry in plain:
        requirement = Requirement(entry)
        found[canonicalize_name(CONDA.get(requirement.name, requirement.name))] = requirement
    return found


@pytest.mark.parametrize("name", sorted(declared()))
def test_the_lock_pins_every_dependency_within_its_bounds(name):
    assert name in locked(), f"{name} is in pyproject.toml but not in requirements.lock"
    assert declared()[name].specifier.contains(locked()[name], prereleases=True)


@pytest.mark.parametrize("name", sorted(declared()))
def test_conda_gets_the_same_bounds(name):
    assert name in conda(), f"{name} is in pyproject.toml but not in environment.yml"
    assert set(map(str, conda()[name].specifier)) == set(map(str, declared()[name].specifier))


def test_conda_names_nothing_else():
    assert set(conda()) - {"python", "pip"} == set(declared())


def test_the_lock_records_no_download_address():
    assert not re.search(r"://|@|--hash", (ROOT / "requirements.lock").read_text())


def test_a_version_and_a_title_are_the_same_wherever_they_are_cited():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    intro = (ROOT / "book" / "intro.md").read_text("utf-8")
    assert cited["version"] == version and f"Version {version}" in intro and f"## {version} (" in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert cited["title"].replace("_", "\\_") in intro


def test_binder_finds_what_it_needs_at_the_root():
    steps = (ROOT / "postBuild").read_text("utf-8")
    assert "pip install --no-deps -e ." in steps and (ROOT / "postBuild").stat().st_mode & 0o111 and (ROOT / "environment.yml").is_file()
