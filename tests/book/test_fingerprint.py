"""A change of the package runs anew those chapters that reach it, and no others."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "book"))
import fingerprint  # noqa: E402

from visret_lab.tables import cumulative  # noqa: E402


def names(code):
    return {p.relative_to(fingerprint.PACKAGE).as_posix() for p in fingerprint.reached(code)}


def test_imports_are_followed_through_modules_and_into_functions():
    found = names("from visret_lab.datasets import load")
    assert "datasets/town.py" in found
    assert "worlds/town/render.py" in found, "the town's painter is imported inside a function of datasets/town.py"
    assert "features/gist.py" not in found


def test_beside_the_code_its_scripts_and_styles_count():
    assert {"teaching/explorer/explorer.js", "teaching/explorer/explorer.css"} <= names("from visret_lab.teaching import explorer")


def test_records_and_published_values_count_where_tables_are_shown():
    assert {"tables/published/deck_003.json", "tables/records/bench.json"} <= names("from visret_lab.tables import reproduce")
    assert "tables/published/deck_003.json" not in names("from visret_lab import arrays")


def test_a_cell_that_cannot_be_parsed_depends_on_everything():
    assert "features/gist.py" in names("%matplotlib inline")


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": "from visret_lab import arrays"}]}))
    return path


def test_the_fingerprint_follows_code_cells_and_tier(notebook, tmp_path, monkeypatch):
    before = fingerprint.fingerprint(notebook)
    assert fingerprint.fingerprint(notebook) == before
    monkeypatch.setenv("VISRET_TIER", "campus")
    assert fingerprint.fingerprint(notebook) != before
    monkeypatch.delenv("VISRET_TIER")
    original = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda self: original(self) + (b"#" if self.name == "arrays.py" else b""))
    assert fingerprint.fingerprint(notebook) != before
    monkeypatch.setattr(Path, "read_bytes", lambda self: original(self) + (b"#" if self.name == "gist.py" else b""))
    assert fingerprint.fingerprint(notebook) == before


def test_a_chapter_that_computes_with_earlier_figures_follows_them(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "05_b.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": "from visret_lab.tables import cumulative\n"
                                           "cumulative.load_rows('05_b')"}]}))
    before = fingerprint.fingerprint(path)
    cumulative.save("04_a", [{"method": "m", "dataset": "town", "protocol": "medium", "mAP": 0.4, "bytes": 4}])
    assert fingerprint.fingerprint(path) != before
