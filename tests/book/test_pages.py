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
    assert "failed" in pages.state({**row, "ok": False}, 60, 2e9)


def test_beyond_one_and_a_half_times_its_budget_it_is_red(pages):
    row = {"ok": True, "seconds": 90.0, "peak_bytes": 1e9}
    assert pages.state(row, 60, 2e9) == "over budget"
    assert pages.state({**row, "seconds": 91.0}, 60, 2e9) == '<strong class="red">red: 1.5 times its budget</strong>'
    assert "1.6 times" in pages.state({**row, "peak_bytes": 3.2e9}, 60, 2e9)


def test_the_whole_is_held_against_its_budget(pages):
    assert "Nobody has measured yet" in pages.budgets(None)
    stages = {"environment": 60.0, "data": 3.0, "notebooks": 6.0, "unit": 300.0, "chapters": 1000.0, "site": 594.0}
    cold = {"cores": 2, "commit": "1a2b3c4", "stages": stages, "book": 1000.0, "test": 1900.0}
    text = pages.budgets({"cold": cold})
    assert "| `make book` | cold | chapters 16.7 | 16.7 | 15 | over budget | `1a2b3c4` |" in text and "unit 5.0, chapters 16.7, site 9.9" in text
    assert '| 31.7 | 20 | <strong class="red">red: 1.6 times its budget</strong> | `1a2b3c4` |' in text and "*Warm*" not in text
    assert "*Warm*" in pages.budgets({"cold": cold, "warm": cold})
    assert "| over budget | not noted |" in pages.budgets({"cold": {**cold, "commit": None}})


def test_a_public_home_is_named_in_one_place(pages):
    assert "repository: url" in pages.online("") and "http" not in pages.online("")
    text = pages.online("https://example.org/visret")
    assert "<https://example.org/visret>" in text and "git+https://example.org/visret" in text
    assert pages.home() == "" or pages.home().startswith("https://")
