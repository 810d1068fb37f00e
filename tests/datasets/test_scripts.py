"""The scripts in data_scripts/: every one says what it does, and the ones that need no network work."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from visret_lab.datasets import load

SCRIPTS = sorted((Path(__file__).parents[2] / "data_scripts").glob("*.py"))


def run(script, *words):
    environment = os.environ | {"PYTHONPATH": str(script.parents[1])}
    return subprocess.run([sys.executable, script, *words], capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_docstring_names_the_command(script):
    text = script.read_text()
    assert f"python data_scripts/{script.name}" in text and text.startswith('"""')


def test_prepare_folder(tmp_path, picture):
    script = next(path for path in SCRIPTS if path.stem == "prepare_folder")
    for name in ("church/1.jpg", "church/2.jpg", "street.jpg"):
        picture(tmp_path / name)
    result = run(script, tmp_path)
    assert result.returncode == 0, result.stderr
    assert json.loads((tmp_path / "groups.json").read_text())["street.jpg"]["group"] is None
    assert [query.group for query in load("folder", root=tmp_path).queries] == ["church", "church"]
    assert "is there already" in run(script, tmp_path).stderr


def test_prepare_folder_without_a_group(tmp_path, picture):
    script = next(path for path in SCRIPTS if path.stem == "prepare_folder")
    picture(tmp_path / "street.jpg")
    result = run(script, tmp_path)
    assert result.returncode == 1 and "nothing to ask" in result.stderr and not (tmp_path / "groups.json").exists()
