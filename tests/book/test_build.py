"""Chapters are run in order, and each is asked whether it is fresh only after those before it have run."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def build(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "book"), *sys.path])
    import build

    return build


def test_a_chapter_is_asked_after_the_earlier_ones_have_run(build, monkeypatch, capsys):
    sources = [ROOT / "notebooks" / f"{name}.ipynb" for name in ("01_a", "02_b", "03_c")]
    story = []
    monkeypatch.setattr(build, "is_fresh", lambda source: story.append(f"fresh? {source.stem}") or source.stem == "02_b")
    monkeypatch.setattr(build, "run", lambda source: story.append(f"run {source.stem}") or (1.0, "boom" if "c" in source.stem else ""))
    assert build.execute(sources) == ["03_c.ipynb"]
    assert story == ["fresh? 01_a", "run 01_a", "fresh? 02_b", "fresh? 03_c", "run 03_c"]
    assert "[1/3] 01_a.ipynb: ok" in capsys.readouterr().out


def test_all_chapters_are_in_one_lane(build, monkeypatch):
    lanes = []

    class Pool:
        def __init__(self, workers):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def map(self, function, parts):
            lanes.extend([source.relative_to(ROOT / "notebooks").as_posix() for source in part] for part in parts)
            return [["stop here"]]

    monkeypatch.setattr(build, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(build.copy_mathjax, "main", lambda: None)
    with pytest.raises(SystemExit):
        build.main()
    assert lanes[0] == sorted(lanes[0]) and len(lanes[0]) > 8 and not any("/" in name for name in lanes[0])
    assert all(name.startswith("solutions/") for name in lanes[1])
