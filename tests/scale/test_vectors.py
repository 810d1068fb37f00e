import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from visret_lab.datasets import DataError
from visret_lab.scale.vectors import VARIABLE, VectorStore
from visret_lab.search.engines import Engine
from visret_lab.search.exact import ExactIndex

RNG = np.random.default_rng(0)
X = RNG.normal(size=(600, 16)).astype(np.float32)
Q = RNG.normal(size=(5, 16)).astype(np.float32)


@pytest.mark.parametrize("metric", ["ip", "l2"])
def test_ids_and_scores_are_those_of_exact_search_and_of_faiss(milvus, tmp_path, metric):
    with VectorStore(tmp_path / "a.db", 16, metric) as store:
        assert len(store.add(X[:200]).add(X[200:])) == 600 and store.nbytes == 600 * (64 + 8)
        scores, ids = store.search(Q, 20)
    exact, faiss = ExactIndex(metric).add(X).search(Q, 20), Engine("exact", 16, metric).add(X).search(Q, 20)
    assert scores.dtype == np.float32 and ids.dtype == np.int64
    assert np.array_equal(ids, exact[1]) and np.array_equal(ids, faiss[1])
    assert np.allclose(scores, exact[0], atol=1e-5) and np.allclose(scores, faiss[0], atol=1e-5)


def test_equal_scores_are_in_the_order_of_the_ids(milvus, tmp_path):
    x = X.copy()
    x[[400, 7, 90, *range(100, 180)]] = x[300]
    order = RNG.permutation(600)
    with VectorStore(tmp_path / "a.db", 16) as store:
        store.add(x[order], order)  # also where they came in another order
        for k in (3, 10, 60, 84, 100):
            assert np.array_equal(store.search(x[[300, 5]], k)[1], ExactIndex().add(x).search(x[[300, 5]], k)[1])


def test_it_is_there_again_and_counts_on(milvus, tmp_path):
    with VectorStore(tmp_path / "a.db", 16) as store:
        store.add(X[:10]).remove([9, 3, 77])
        assert len(store) == 8
    with VectorStore(tmp_path / "a.db", 16) as store:
        assert len(store) == 8 and store.add(X[20:22]).search(X[[20]], 1)[1][0, 0] == 9  # 9 was removed: the next free id
        store.add(X[40:42], [100, 4])
        assert len(store) == 11 and store.search(X[[40, 41]], 1)[1].tolist() == [[100], [4]]
        assert store.add(X[50:51]).search(X[[50]], 1)[1][0, 0] == 101
        assert sorted(store.search(Q[:1], 12)[1][0].tolist()) == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 100, 101]


def test_adding_the_same_again_changes_nothing(milvus, tmp_path):
    with VectorStore(tmp_path / "a.db", 16) as store:
        first = store.add(X[:50], np.arange(50)).search(Q, 9)
        again = store.add(X[20:50], np.arange(20, 50)).search(Q, 9)
        assert len(store) == 50 and np.array_equal(first[1], again[1]) and np.allclose(first[0], again[0], atol=1e-5)


def test_fewer_rows_than_k(milvus, tmp_path):
    with VectorStore(tmp_path / "a.db", 16) as store:
        scores, ids = store.add(X[:2]).search(Q, 4)
    assert (ids[:, 2:] == -1).all() and np.isneginf(scores[:, 2:]).all() and (np.sort(ids[:, :2]) == [0, 1]).all()


def test_large_sets_go_in_batches(milvus, tmp_path, monkeypatch):
    from visret_lab.scale import vectors

    monkeypatch.setattr(vectors, "MESSAGE", 72 * 130)
    monkeypatch.setattr(vectors, "QUERIES", 2)
    with VectorStore(tmp_path / "a.db", 16) as store:
        sent, insert = [], store._client.insert
        monkeypatch.setattr(store._client, "insert", lambda name, rows: (sent.append(len(rows)), insert(name, rows)))
        assert np.array_equal(store.add(X).search(Q, 5)[1], ExactIndex().add(X).search(Q, 5)[1])
    assert sent == [130] * 4 + [80]


def test_other_collections_other_indexes(milvus, tmp_path):
    with VectorStore(tmp_path / "a.db", 16) as one:
        one.add(X)
    with VectorStore(tmp_path / "a.db", 8, "l2", "graph", "HNSW", {"M": 8, "efConstruction": 40}) as two:
        assert len(two) == 0
        found = two.add(X[:, :8]).search(Q[:, :8], 5)[1]
        assert np.mean(found == ExactIndex("l2").add(X[:, :8]).search(Q[:, :8], 5)[1]) > 0.5
    with VectorStore(tmp_path / "a.db", 16) as one:
        assert len(one) == 600


@pytest.mark.parametrize(("changed", "says"), [({"dim": 3}, r"\(16, 'IP', 'FLAT'\), not \(3, 'IP', 'FLAT'\)"),
                                              ({"metric": "l2"}, "not .*L2"), ({"kind": "HNSW"}, "not .*HNSW")])
def test_a_collection_of_another_form(milvus, tmp_path, changed, says):
    VectorStore(tmp_path / "a.db", 16).add(X[:3]).close()
    with pytest.raises(ValueError, match=says):
        VectorStore(**({"address": tmp_path / "a.db", "dim": 16} | changed))
    with VectorStore(tmp_path / "a.db", 16) as store:  # what failed holds the file no more
        assert len(store) == 3


def test_nobody_answers(milvus, capfd, caplog):
    start = time.monotonic()
    with pytest.raises(ConnectionError, match="No Milvus answers at http://127.0.0.1:9. Is it running"):
        VectorStore("http://127.0.0.1:9", 16, timeout=2)
    with pytest.raises(ConnectionError, match="http://nobody.invalid:19530"):
        VectorStore("http://nobody.invalid:19530", 16, timeout=2)
    assert time.monotonic() - start < 9 and capfd.readouterr().err == "" and not caplog.records


def test_the_address(milvus, tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(ValueError, match=f"Give the address.*{VARIABLE}"):
        VectorStore(dim=16)
    with pytest.raises(ValueError, match="neither a file"):
        VectorStore("localhost:19530", 16)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "sub/b.db"))
    with VectorStore(dim=16) as store:
        assert store.address.endswith("b.db") and (tmp_path / "sub/b.db").is_dir()


def test_what_is_no_database(milvus, tmp_path):
    (tmp_path / "file.db").write_text("rubbish")
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "folder.db/photograph.jpg").write_text("x")
    for name in ("file.db", "folder.db"):
        with pytest.raises(DataError, match=f"{name} is no database of Milvus Lite"):
            VectorStore(tmp_path / name, 16)
    assert (tmp_path / "file.db").read_text() == "rubbish"


def test_a_damaged_database(milvus, tmp_path, capfd):
    VectorStore(tmp_path / "a.db", 16).add(X).close()
    for path in (tmp_path / "a.db/collections").rglob("*.json"):
        path.write_text("{")
    with pytest.raises(DataError, match=r"a\.db"):
        VectorStore(tmp_path / "a.db", 16).search(Q, 2)
    assert "Traceback" not in capfd.readouterr().err


def test_another_process_has_it_open(milvus, tmp_path):
    program = ("import sys; from visret_lab.scale.vectors import VectorStore\n"
               "store = VectorStore(sys.argv[1], 16); print('open', flush=True); sys.stdin.read(); store.close()")
    other = subprocess.Popen([sys.executable, "-c", program, tmp_path / "a.db"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "open\n"
        with pytest.raises(DataError, match="another process has it open"):
            VectorStore(tmp_path / "a.db", 16)
    finally:
        other.communicate("", timeout=20)
    VectorStore(tmp_path / "a.db", 16).close()


def test_a_collection_is_dropped_and_the_others_stay(milvus, tmp_path):
    for name in ("stays", "goes"):
        with VectorStore(tmp_path / "a.db", 16, collection=name) as store:
            store.add(X)
    with VectorStore(tmp_path / "a.db", 16, collection="goes") as store:
        store.drop()
    for name, rows in (("stays", 600), ("goes", 0)):
        with VectorStore(tmp_path / "a.db", 16, collection=name) as store:
            assert len(store) == rows


def test_nothing_is_left(milvus, tmp_path):
    before, ports = set(threading.enumerate()), listening()
    with VectorStore(tmp_path / "a.db", 16) as store:
        store.add(X).search(Q, 3)
        assert set(threading.enumerate()) - before and listening() > ports
    until = time.monotonic() + 20  # the server lets calls in hand finish for a moment
    while _of_ours(before) and time.monotonic() < until:
        time.sleep(0.1)
    assert (_of_ours(before), listening()) == ([], ports)


def _of_ours(before):
    """Threads that were not there before; idle ones of a pool are kept by gRPC for the next call."""
    return [t for t in set(threading.enumerate()) - before if t.is_alive() and not t.name.startswith("ThreadPoolExecutor")]


def listening():
    """Addresses at which this process waits for somebody; without Linux this cannot be looked up."""
    if not Path("/proc/self/net/tcp6").exists():
        pytest.skip("the sockets of a process are looked up on Linux only")
    own = set()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):  # another thread may have closed it since
            own.add(os.readlink(f"/proc/self/fd/{number}"))
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/self/net/{name}").read_text().splitlines()[1:]]
    return {row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own}


@pytest.mark.parametrize(("call", "says"), [
    (lambda s: s.add(X[:2], [1]), "2 different numbers"), (lambda s: s.add(X[:2], [1, 1]), "2 different numbers"),
    (lambda s: s.add(X[:2], [-1, 1]), "from 0 on"), (lambda s: s.add(X[:, :3]), "16"), (lambda s: s.add(X[:1]).search(Q[:, :3], 2), "16"),
    (lambda s: s.search(Q, 2), "empty"), (lambda s: s.add(X[:1] * np.nan), "not finite"),
    (lambda s: s.add(X[:1]).search(Q, 0), "at least 1"), (lambda s: s.add(X[:1]).search(Q, 20_000), "at most 16384")])
def test_bad_input(milvus, tmp_path, call, says):
    with VectorStore(tmp_path / "a.db", 16) as store, pytest.raises(ValueError, match=says):
        call(store)


def test_bad_settings(milvus, tmp_path):
    for options, says in (({"metric": "cosine"}, '"ip" or "l2"'), ({"dim": 0}, "at least 1")):
        with pytest.raises(ValueError, match=says):
            VectorStore(**({"address": tmp_path / "a.db", "dim": 4} | options))


def test_without_milvus_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(ImportError, match=r'pip install "visret-lab\[scale\]"'):
        VectorStore(tmp_path / "a.db", 4)
    assert not (tmp_path / "a.db").exists()
