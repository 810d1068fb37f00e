import sys
from pathlib import Path

import pytest


@pytest.fixture
def pages(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2] / "book"), *sys.path])
    import pages

    return pages


def test_a_chapter_over_its_budget_is_not_ok(pages):
    row = {"ok": True, "seconds": 59.0, "peak_bytes": 1.9e9}
    assert pages.state(row, 60, 2e9) == "ok"
    assert pages.state({**row, "seconds": 61.0}, 60, 2e9) == pages.state({**row, "peak_bytes": 2.1e9}, 60, 2e9) == "over budget"
    assert pages.state({**row, "ok": False}, 60, 2e9) == "failed"
