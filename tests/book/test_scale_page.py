"""The page "To a billion" is made from the record alone."""

import sys
from pathlib import Path

import pytest

from tests.bench.records import made_up

ROOT = Path(__file__).parents[2]


@pytest.fixture
def scale_page(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "book"), *sys.path])
    import scale_page

    return scale_page


def table(head, rows):
    return "\n".join(" | ".join(map(str, row)) for row in [head, *rows])


def test_without_a_record_nothing_is_claimed(scale_page):
    text = scale_page.page(None, table)
    assert "Not run yet" in text and "ms" not in text


def test_laws_of_the_record_stand_in_the_page(scale_page):
    text = scale_page.page(made_up(), table)
    assert "exact | 1.00 (1.00 to 1.00)" in text and "HNSW | 0.10 (0.10 to 0.10)" in text
    assert "from 10,000 to 1,000,000 vectors" in text
    assert "10{sup}`9` | exact | 512 GB" in text


def test_the_figure_is_the_same_for_the_same_record(scale_page, tmp_path):
    for name in "ab":
        scale_page.figure(made_up(), tmp_path / f"{name}.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
