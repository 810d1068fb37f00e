"""The seconds of each stage of `make test`: read from the headings that the Makefile prints."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("measure_make", ROOT / "data_scripts" / "measure_make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_stage_lasts_until_the_next_begins(script, tmp_path, capsys):
    program = "import time; print('== Unit and so on', flush=True); time.sleep(.4); print('x\\n== Chapters', flush=True); time.sleep(.2)"
    code, seconds = script.watched([sys.executable, "-c", program], tmp_path, None)
    assert code == 0 and list(seconds) == ["unit", "chapters"] and 0.3 < seconds["unit"] < 3 and 0.1 < seconds["chapters"] < 3
    assert re.search(r"\d\d:\d\d:\d\d x", capsys.readouterr().out)


def test_a_failure_keeps_its_exit_code(script, tmp_path):
    assert script.watched([sys.executable, "-c", "print('== Unit'); raise SystemExit(3)"], tmp_path, None)[0] == 3


def test_every_stage_is_a_heading_of_the_makefile(script):
    headings = re.findall(r'@echo "(== [^"]+)"', (ROOT / "Makefile").read_text("utf-8"))
    assert all(any(h.startswith(words) for h in headings) for words in script.STAGES), headings
