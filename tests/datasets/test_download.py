import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from visret_lab.datasets import download
from visret_lab.datasets.download import fetch
from visret_lab.datasets.errors import DataError
from visret_lab.datasets.registry import File

CONTENT = os.urandom(300_000)


class Server(ThreadingHTTPServer):
    """A loopback server that can break off, knows ranges, and writes down what it was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.etag, self.break_after, self.ranges = CONTENT, '"v1"', None, True
        self.asked, self.started = [], []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, wanted = self.server, self.headers.get("Range")
        server.asked.append((self.path, wanted))
        if self.path != "/data/a.bin":
            self.send_error(404)
            return
        start = 0
        if server.ranges and wanted and self.headers.get("If-Range") == server.etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(server.content):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(server.content)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        server.started.append(start)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(server.content) - start))
        self.send_header("ETag", server.etag)
        self.end_headers()
        body = server.content[start:]
        self.wfile.write(body if server.break_after is None else body[: server.break_after])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def file(server, content=CONTENT):
    digest = hashlib.sha256(content).hexdigest()
    return File("data/a.bin", (f"{server.url}/data/a.bin",), digest, len(content))


def visible(folder):
    """What lies in the folder, without the lock files."""
    return sorted(name for name in os.listdir(folder) if not name.endswith(".lock"))


def test_fetch_and_keep(server, tmp_path, capsys):
    path = fetch(file(server), tmp_path)
    assert path == tmp_path / "data/a.bin" and path.read_bytes() == CONTENT
    assert visible(path.parent) == ["a.bin"]
    assert "a.bin from http://127.0.0.1" in capsys.readouterr().err
    fetch(file(server), tmp_path)
    assert len(server.asked) == 1, "a file that is there is not fetched again"


def test_into_the_cache(server, own_cache):
    assert fetch(file(server), progress=False) == own_cache / "files/data/a.bin"


def test_a_broken_download_goes_on_where_it_stopped(server, tmp_path):
    server.break_after = 100_000
    with pytest.raises(DataError, match="broke off.* bytes are kept and the next call goes on"):
        fetch(file(server), tmp_path, progress=False)
    assert visible(tmp_path / "data") == ["a.bin.part", "a.bin.part.json"], "nothing under the final name"
    have = (tmp_path / "data/a.bin.part").stat().st_size
    assert 0 < have <= 100_000
    server.break_after = None
    assert fetch(file(server), tmp_path, progress=False).read_bytes() == CONTENT
    assert [wanted for _, wanted in server.asked] == [None, f"bytes={have}-"]
    assert server.started == [0, have], "only the rest may be sent again"
    assert visible(tmp_path / "data") == ["a.bin"]


def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(server, tmp_path):
    server.break_after = 100_000
    with pytest.raises(DataError):
        fetch(file(server), tmp_path, progress=False)
    server.break_after, server.etag, server.content = None, '"v2"', CONTENT[::-1]
    assert fetch(file(server, CONTENT[::-1]), tmp_path, progress=False).read_bytes() == CONTENT[::-1]


def test_a_server_without_ranges_starts_again(server, tmp_path):
    server.break_after, server.ranges = 100_000, False
    with pytest.raises(DataError):
        fetch(file(server), tmp_path, progress=False)
    server.break_after = None
    assert fetch(file(server), tmp_path, progress=False).read_bytes() == CONTENT


def test_a_part_that_was_already_complete(server, tmp_path):
    server.break_after = 1000
    with pytest.raises(DataError):
        fetch(file(server), tmp_path, progress=False)
    (tmp_path / "data/a.bin.part").write_bytes(CONTENT)
    server.break_after = None
    assert fetch(file(server), tmp_path, progress=False).read_bytes() == CONTENT


def test_wrong_checksum_keeps_nothing(server, tmp_path):
    server.content = CONTENT[:-1] + b"x"
    with pytest.raises(DataError, match="wrong checksum.*Expected SHA-256"):
        fetch(file(server, CONTENT + b"other"), tmp_path, progress=False)
    assert visible(tmp_path / "data") == []


def test_a_damaged_file_in_the_cache_is_fetched_again(server, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.bin").write_bytes(b"damaged")
    assert fetch(file(server), tmp_path, progress=False).read_bytes() == CONTENT


def test_without_a_known_checksum(server, tmp_path):
    unknown = File("data/a.bin", (f"{server.url}/data/a.bin",))
    assert fetch(unknown, tmp_path, progress=False).read_bytes() == CONTENT


def test_dead_addresses_are_listed(server, tmp_path):
    dead = File("data/b.bin", (f"{server.url}/gone", "http://127.0.0.1:9/b.bin"), "0" * 64)
    with pytest.raises(DataError) as caught:
        fetch(dead, tmp_path, progress=False)
    assert "404" in str(caught.value) and "127.0.0.1:9" in str(caught.value) and "VISRET_MIRROR" in str(caught.value)
    assert visible(tmp_path / "data") == []


def test_no_address(tmp_path):
    with pytest.raises(DataError, match="no public address"):
        fetch(File("data/b.bin"), tmp_path)


def test_full_disk(server, tmp_path, monkeypatch):
    real = open

    class Full:
        def __init__(self, path):
            self.file = real(path, "wb")

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.file.close()

        def write(self, block):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "open", lambda path, mode: Full(path), raising=False)
    with pytest.raises(DataError, match="disk is full"):
        fetch(file(server), tmp_path, progress=False)
    assert "a.bin" not in visible(tmp_path / "data")


@pytest.mark.parametrize("place", ["data/a.bin", "a.bin"])
def test_mirror_folder_comes_first(server, tmp_path, monkeypatch, place):
    stick = tmp_path / "stick" / place
    stick.parent.mkdir(parents=True)
    stick.write_bytes(CONTENT)
    monkeypatch.setenv("VISRET_MIRROR", str(tmp_path / "stick"))
    assert fetch(file(server), tmp_path / "to", progress=False).read_bytes() == CONTENT
    assert server.asked == []


def test_mirror_url_comes_first(server, tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_MIRROR", server.url)
    home = File("data/a.bin", ("http://127.0.0.1:9/a.bin",), hashlib.sha256(CONTENT).hexdigest())
    assert fetch(home, tmp_path, progress=False).read_bytes() == CONTENT


def test_a_wrong_file_on_the_mirror_is_not_taken(server, tmp_path, monkeypatch):
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick/a.bin").write_bytes(b"something else")
    monkeypatch.setenv("VISRET_MIRROR", str(tmp_path / "stick"))
    assert fetch(file(server), tmp_path / "to", progress=False).read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_mirror_that_is_not_there(server, tmp_path, monkeypatch):
    monkeypatch.setenv("VISRET_MIRROR", str(tmp_path / "no"))
    with pytest.raises(DataError, match="stick plugged in"):
        fetch(file(server), tmp_path, progress=False)
