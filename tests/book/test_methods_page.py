"""The index of methods: what a chapter imports, by itself or through its run, stands under its file; nothing else does."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def methods_page(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "book"), *sys.path])
    import methods_page

    return methods_page


@pytest.fixture
def course(tmp_path):
    """A package with one station, a run of a chapter, and two notebooks."""
    files = {
        "visret_lab/features/__init__.py": "from visret_lab.features.gist import gist\n",
        "visret_lab/features/gist.py": '"""GIST: a * of | edges.\nIt goes on.\n\nMore."""\ndef gist(): pass\n',
        "visret_lab/features/alone.py": '"""Nobody wants it."""\n',
        "visret_lab/features/run_only.py": '"""Used by a run."""\nX = 1\n',
        "visret_lab/features/kinds/__init__.py": "from visret_lab.features.kinds.one import f\n",
        "visret_lab/features/kinds/one.py": '"""One kind."""\ndef f(): pass\n',
        "visret_lab/tables/experiments/ch02_b.py": "from visret_lab.features.run_only import X\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "notebooks").mkdir()
    for name, source in {"01_a": "from visret_lab.features import gist, kinds", "02_b": "%magic\n"}.items():
        cells = [{"cell_type": "code", "source": [source]}, {"cell_type": "markdown", "source": ["from visret_lab.features import alone"]}]
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text(json.dumps({"cells": cells}))
    return tmp_path


def test_every_way_to_import_is_followed_to_the_file(methods_page, course):
    found = methods_page.chapters_of(course / "visret_lab", course / "notebooks")
    assert found == {"visret_lab.features.gist": {"01": "01_a"}, "visret_lab.features.kinds.one": {"01": "01_a"},
                     "visret_lab.features.run_only": {"02": "02_b"}}


def test_a_row_has_the_first_sentences_escaped_and_links(methods_page, course):
    text = methods_page.page(course / "visret_lab", course / "notebooks")
    assert "| `gist` | GIST: a \\* of \\| edges. It goes on. In [01](../notebooks/01_a.ipynb). |" in text
    assert "`kinds.one`" in text and "| `alone` | Nobody wants it. |" in text


def test_methods_of_the_course_stand_under_their_chapters(methods_page):
    text = methods_page.page()
    for file, chapter in (("vlad", "06_vlad"), ("spatial", "05_bag_of_words"), ("saliency.learned", "15_saliency_attention_regions"),
                          ("cca", "24_image_text")):
        row = next(line for line in text.splitlines() if line.startswith(f"| `{file}`"))
        assert f"../notebooks/{chapter}.ipynb" in row
