import shutil
import sys

import pytest
from typer.testing import CliRunner

from tests.system.common import picture
from visret_lab import cli
from visret_lab.datasets import load
from visret_lab.system import commands


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def photos(tmp_path):
    data = load("town", tier="mini")
    folder = tmp_path / "my photos"
    folder.mkdir()
    for i in data.ids[:6]:
        shutil.copy(data.path(i), folder / f"été {data.path(i).name}")
    return folder


def call(monkeypatch, capsys, *words):
    """What `visret WORDS` prints, and its exit code: (code, out, err)."""
    monkeypatch.setattr(sys, "argv", ["visret", *map(str, words)])
    code = 0
    try:
        cli.main()
    except SystemExit as stop:
        code = stop.code or 0
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_folder_is_indexed_searched_and_brought_up_to_date(photos, cache, tmp_path, monkeypatch, capsys):
    listing = sorted(p.name for p in photos.iterdir())
    code, out, _ = call(monkeypatch, capsys, "index", photos)
    assert code == 0 and "6 added" in out and str(cache) in out
    assert sorted(p.name for p in photos.iterdir()) == listing  # nothing is written into the folder
    (photos / "bad.jpg").write_text("x")
    code, out, err = call(monkeypatch, capsys, "index", photos)
    assert code == 0 and "0 added" in out and "6 unchanged" in out and "skipped bad.jpg" in err
    asked = photos / listing[0]
    code, out, _ = call(monkeypatch, capsys, "search", asked, "-k", 3, "--page", tmp_path / "page.html", "--box", "10,10,300,200")
    assert code == 0 and out.count("inliers") == 3 and listing[0] not in out and "ms: describe" in out
    assert "été" in (tmp_path / "page.html").read_text(encoding="utf-8")
    shutil.copy(asked, tmp_path / "elsewhere.jpg")
    code, out, _ = call(monkeypatch, capsys, "search", tmp_path / "elsewhere.jpg", "--in", photos, "-k", 1)
    assert code == 0 and listing[0] in out and "1.000" in out


def one_line(told):
    code, _, err = told
    assert code == 1 and err.startswith("visret: ") and err.count("\n") == 1 and "Traceback" not in err
    return err


def test_every_failure_is_one_clear_line(photos, cache, tmp_path, monkeypatch, capsys):
    asked = next(photos.iterdir())
    run = lambda *words: one_line(call(monkeypatch, capsys, *words))  # noqa: E731
    assert "no index on this machine" in run("search", asked)
    assert "has no index yet" in run("search", asked, "--in", photos)
    assert "not a folder" in run("index", tmp_path / "nothing")
    assert "no recipe 'huge'" in run("index", photos, "--recipe", "huge")
    assert "workers must be" in run("index", photos, "--workers", 0)
    call(monkeypatch, capsys, "index", photos)
    assert "another recipe" in run("index", photos, "--recipe", "full")
    assert "does not exist" in run("search", tmp_path / "none.jpg")
    (tmp_path / "no.jpg").write_text("x")
    assert "not a picture" in run("search", tmp_path / "no.jpg")
    assert "four numbers" in run("search", asked, "--box", "1,2,3")
    assert "box" in run("search", asked, "--box", "5,5,1,1")
    assert "k must be" in run("search", asked, "-k", 0)
    place = commands.place_of(photos)
    (place / "segments" / "000001" / "vectors.npy").write_bytes(b"x")
    assert "--mend" in run("search", asked)
    code, out, _ = call(monkeypatch, capsys, "index", photos, "--mend")
    assert code == 0 and "6 added" in out


def test_with_several_indexes_the_error_names_them(photos, cache, tmp_path, monkeypatch, capsys):
    other = tmp_path / "other"
    picture(other / "a.png", 1, (90, 70))
    call(monkeypatch, capsys, "index", photos)
    call(monkeypatch, capsys, "index", other)
    (cache / "indexes" / "broken").mkdir()
    err = one_line(call(monkeypatch, capsys, "search", other / "a.png"))
    assert str(photos) in err and str(other) in err and "--in" in err


def test_the_help_names_both_commands():
    told = CliRunner().invoke(cli.app, ["--help"]).output
    assert "index" in told and "search" in told
