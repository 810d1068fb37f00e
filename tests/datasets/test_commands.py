import hashlib
import json
import tarfile

import pytest
from typer.testing import CliRunner

from visret_lab.datasets import commands, registry
from visret_lab.datasets.registry import Entry, File
from visret_lab.files import write_bytes
from visret_lab.worlds.manifest import write_manifest

runner = CliRunner()


def run(*words):
    return runner.invoke(commands.app, list(words))


def test_list_json():
    result = run("list", "--json")
    rows = json.loads(result.stdout)
    assert result.exit_code == 0 and len(rows) == len(registry.ENTRIES)
    assert all({"name", "tier", "licence", "status"} <= row.keys() for row in rows)
    mini = json.loads(run("list", "--json", "--tier", "mini").stdout)
    assert {row["name"] for row in mini} == {"town", "town-elsewhere", "town-train", "town-train-large", "town-views",
                                            "photo-copies", "copies", "named", "film", "yard", "museum"}


def test_list_for_people():
    result = run("list")
    assert result.exit_code == 0 and "grocery-store" in result.stdout and "MIT" in result.stdout


def test_unknown_names_and_tiers_exit_with_2_or_1():
    assert run("get", "nothing").exit_code == 2 and "There are: town" in run("get", "nothing").stderr
    assert run("verify", "nothing").exit_code == 2
    assert run("list", "--tier", "tiny").exit_code == 1


def test_verify_of_a_world_reports_and_does_not_mend(own_cache, monkeypatch):
    folder = own_cache / "worlds" / "town-7"
    monkeypatch.setattr(commands, "WORLDS", {"town": ("town", "7")})
    assert run("verify", "town").exit_code == 1 and "visret data get town" in run("verify", "town").stderr
    write_bytes(folder / "a.jpg", b"picture")
    write_manifest(folder, "town", "7", 1, ["a.jpg"])
    assert run("verify", "town").exit_code == 0
    (folder / "a.jpg").write_bytes(b"changed")
    result = run("verify", "town")
    assert result.exit_code == 1 and "a.jpg" in result.stderr
    assert (folder / "a.jpg").read_bytes() == b"changed"


def test_get_of_what_has_a_loader_of_its_own(monkeypatch):
    monkeypatch.setattr(commands, "PAINTED", {name: lambda name=name: f"the {name}" for name in commands.PAINTED})
    result = run("get", "yard", "museum")
    assert result.exit_code == 0 and result.stdout.splitlines() == ["yard: 'the yard'", "museum: 'the museum'"]


def test_help_teaches():
    for word in ("list", "get", "verify"):
        assert "Example: visret data" in run(word, "--help").stdout


def test_get_of_a_set_that_lost_its_home():
    result = run("get", "landmarks")
    assert result.exit_code == 1 and "gone" in result.stderr and "VISRET_ROOT_LANDMARKS" in result.stderr


@pytest.fixture
def stick(tmp_path, monkeypatch, picture):
    """A mirror with an archive of pairs and a file of weights, and a registry that lists them."""
    picture(tmp_path / "g/img1.png"), picture(tmp_path / "g/img2.png")
    (tmp_path / "g/H1to2p").write_text("1 0 0 0 1 0 0 0 1")
    stick = tmp_path / "stick"
    stick.mkdir()
    with tarfile.open(stick / "graf.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "g", "graf")
    (stick / "net.bin").write_bytes(b"weights")
    digest = hashlib.sha256(b"weights").hexdigest()
    monkeypatch.setenv("VISRET_MIRROR", str(stick))
    monkeypatch.setattr(registry, "ENTRIES", (
        Entry("graf", "pairs", "campus", "research", "alive", "someone", (File("archives/graf.tar.gz"),)),
        Entry("net", "weights", "campus", "MIT", "alive", "someone", (File("weights/net.bin", (), digest, 7),)),
    ))
    return stick


def test_get_unpacks_and_prints_the_licence(stick, own_cache):
    result = run("get", "graf", "net")
    assert result.exit_code == 0 and "licence: research" in result.stderr
    assert (own_cache / "files/graf/graf/graf/H1to2p").is_file()
    assert (own_cache / "files/weights/net.bin").read_bytes() == b"weights"
    assert run("verify", "graf", "net").exit_code == 0
    assert len(commands.load("pairs", tier="campus")) == 1


def test_verify_sees_damage(stick, own_cache):
    assert run("verify", "net").exit_code == 1
    run("get", "net")
    (own_cache / "files/weights/net.bin").write_bytes(b"weighty")
    result = run("verify", "net")
    assert result.exit_code == 1 and "weights/net.bin" in result.stderr


def test_get_with_an_absent_mirror(stick, monkeypatch, tmp_path):
    monkeypatch.setenv("VISRET_MIRROR", str(tmp_path / "no"))
    result = run("get", "net")
    assert result.exit_code == 1 and "stick plugged in" in result.stderr
