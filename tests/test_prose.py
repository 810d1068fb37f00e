"""The prose of the course: spelling, and no words that age or shout."""

import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NAMES = "ot,nd,mane,fro"  # optimal transport, an array's dimensions, what a horse has, Frobenius
AGES = ("nowadays", "currently", "recently", "today", "modern", "these days", "at the time of writing", "last year", "this year",
        "latest", "up-to-date", "brand-new")
SHOUTS = ("amazing", "powerful", "cutting-edge", "revolutionary", "groundbreaking", "blazing", "seamless", "seamlessly", "effortless",
          "effortlessly", "game-changing", "exciting", "leverage", "delve", "deep dive", "dive into", "unlock", "crucial", "stunning")
BELITTLES = ("obviously", "trivially", "needless to say", "of course you", "everybody knows", "it is easy to see", "as is well known")


def texts():
    """File -> its prose: the Markdown of the notebooks and of the book, README and the rules for contributors."""
    found = {}
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts and "exercises" not in path.parts:  # exercises are made from the solutions
            cells = nbformat.read(path, 4).cells
            found[path.relative_to(ROOT).as_posix()] = "\n\n".join(c.source for c in cells)
    for path in [*sorted((ROOT / "book").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        found[path.relative_to(ROOT).as_posix()] = path.read_text("utf-8")
    return found


def banned(text):
    """Words of the three lists that stand in a text, as whole words: list of (line number, word)."""
    pattern = re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, AGES + SHOUTS + BELITTLES)) + r")(?![\w-])", re.IGNORECASE)
    return [(n, word) for n, line in enumerate(text.split("\n"), 1) for word in pattern.findall(line)]


def misspelt(folder, *more):
    """What codespell finds in a folder and in other files: str, a line each."""
    pytest.importorskip("codespell_lib")
    command = [sys.executable, "-m", "codespell_lib", f"--ignore-words-list={NAMES}", "--skip=*.json,*.jsonl,*.csv,*.safetensors,*.pyc",
               str(folder), *map(str, more)]
    return subprocess.run(command, capture_output=True, text=True).stdout


def test_no_word_that_ages_shouts_or_belittles():
    found = {name: banned(text) for name, text in texts().items()}
    assert {name: words for name, words in found.items() if words} == {}


def test_the_spelling(tmp_path):
    for name, text in texts().items():
        (tmp_path / f"{name.replace('/', ' - ')}.txt").write_text(text, encoding="utf-8")
    assert misspelt(tmp_path, ROOT / "visret_lab", ROOT / "data_scripts") == ""


def test_both_checks_can_fail(tmp_path):
    assert banned("One.\nNowadays it is simple, and Amazing.") == [(2, "Nowadays"), (2, "Amazing")]
    assert banned("He unlocks a modernist door.") == []
    (tmp_path / "a.txt").write_text("Do not seperate them; a mane is fine.")
    assert "seperate ==> separate" in misspelt(tmp_path) and "mane" not in misspelt(tmp_path)
