import multiprocessing
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import pytest

from visret_lab.scale.cluster import VARIABLE, open_cluster, worker_addresses, worker_pids


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "\nState:\tZ" not in status.read_text()


def left_in_temporary():
    return {p.name for p in Path(tempfile.gettempdir()).glob("visret-cluster-*")}


def test_a_cluster_of_this_machine_leaves_nothing_behind():
    pytest.importorskip("distributed")
    before, children = left_in_temporary(), set(multiprocessing.active_children())
    with open_cluster(workers=1) as opened:
        (address,), pids = worker_addresses(opened), worker_pids(opened)
        assert address.startswith("tcp://127.0.0.1:") and opened.scheduler.address.startswith("tcp://127.0.0.1:")
        assert opened.submit(sum, [2, 3]).result() == 5 and opened.submit(os.getpid).result() == pids[address] != os.getpid()
        assert left_in_temporary() > before and alive(pids[address])
        port = int(opened.scheduler.address.rsplit(":", 1)[1])
    assert not alive(pids[address]) and left_in_temporary() == before and set(multiprocessing.active_children()) == children
    with socket.socket() as free:
        assert free.connect_ex(("127.0.0.1", port)) != 0


def test_a_scheduler_by_its_address(client, monkeypatch):
    address = client.scheduler.address
    with open_cluster(address) as opened:
        assert worker_addresses(opened) == worker_addresses(client) and len(worker_addresses(client)) == 2
    monkeypatch.setenv(VARIABLE, address)
    with open_cluster(workers=9) as opened:
        assert opened.scheduler.address == address and len(worker_addresses(opened)) == 2
    assert client.submit(sum, [1]).result() == 1  # closing a client does not close a cluster that is not ours


def test_nobody_at_the_address():
    pytest.importorskip("distributed")
    with socket.socket() as taken:  # bound, but it does not listen: nobody else gets the port while we try
        taken.bind(("127.0.0.1", 0))
        address, start = f"tcp://127.0.0.1:{taken.getsockname()[1]}", time.monotonic()
        with pytest.raises(ConnectionError, match=f"No scheduler answers at {address}.*dask worker {address}"), \
                open_cluster(address, timeout=1):
            pass
    assert time.monotonic() - start < 4


def test_a_scheduler_without_workers():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1", silence_logs=50) as empty, \
            pytest.raises(ConnectionError, match="has no workers.*dask worker tcp"), open_cluster(empty.scheduler_address, timeout=0.5):
        pass


@pytest.mark.parametrize("address", ["localhost:8786", "http://127.0.0.1:8786", "tcp://host", "tcp://host:port", "some where"])
def test_what_is_no_address_is_named(address):
    pytest.importorskip("distributed")
    with pytest.raises(ValueError, match="is not the address of a scheduler"), open_cluster(address):
        pass


def test_no_worker():
    pytest.importorskip("distributed")
    with pytest.raises(ValueError, match="at least one worker, not 0"), open_cluster(workers=0):
        pass


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r'pip install "visret-lab\[scale\]"'), open_cluster():
        pass
