"""A cluster by its address: processes of this machine, or the workers of a Dask scheduler that runs somewhere else."""

import contextlib
import logging
import os
import re
import tempfile
import time

VARIABLE = "VISRET_CLUSTER"
URI = re.compile(r"(tcp|tls|ucx|ws|wss)://[^\s/:]+:\d+$")
HOW = "Start one with `dask scheduler`, and on each machine a worker with `dask worker {}`; or give no address to use this machine alone."


def dask():
    """The module `distributed`. ImportError with what to install where it is missing."""
    try:
        import distributed
    except ImportError as error:
        raise ImportError('Dask is not installed. Install the extra: pip install "visret-lab[scale]"') from error
    return distributed


@contextlib.contextmanager
def open_cluster(address=None, workers=2, timeout=5.0):
    """Open a cluster: `with open_cluster() as client`. When it is closed, no process, port or file of it is left.

    Without an address, `workers` processes of one thread each are started on this machine. They listen on 127.0.0.1 and nowhere else,
    and there is no dashboard. They are started anew ("spawn"): in a script, call this below `if __name__ == "__main__":`.

    Args:
        address: of a scheduler, as "tcp://host:8786"; None for VISRET_CLUSTER, or this machine where that is not set.
        workers: processes of this machine; a scheduler has its own.
        timeout: seconds to wait for a scheduler and its first worker.

    Yields:
        distributed.Client.

    Raises:
        ImportError: Dask is missing. ValueError: not the address of a scheduler, or no worker.
        ConnectionError: no scheduler answers there, or it has no workers.
    """
    distributed = dask()
    address = address or os.environ.get(VARIABLE) or None
    with contextlib.ExitStack() as stack:
        if address is None:
            address = stack.enter_context(_here(distributed, workers))
        elif not URI.match(address):
            raise ValueError(f'{address!r} is not the address of a scheduler. It looks like "tcp://host:8786".')
        stack.enter_context(quiet("distributed"))
        yield stack.enter_context(_connected(distributed, address, timeout))


@contextlib.contextmanager
def _here(distributed, workers):
    """Processes of this machine; yields the cluster itself, which a client takes in place of an address."""
    if workers < 1:
        raise ValueError(f"A cluster needs at least one worker, not {workers}.")
    with tempfile.TemporaryDirectory(prefix="visret-cluster-") as folder:
        any_port = "127.0.0.1:0"
        cluster = distributed.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=any_port, memory_limit=0,
            worker_dashboard_address=any_port, scheduler_kwargs={"dashboard": False}, silence_logs=logging.CRITICAL, local_directory=folder)
        try:
            yield cluster
        finally:
            cluster.close()


@contextlib.contextmanager
def _connected(distributed, address, timeout):
    try:
        client = distributed.Client(address, timeout=timeout)
    except OSError as error:  # a time that ran out is one, too
        raise ConnectionError(f"No scheduler answers at {address} (waited {timeout:g} s). {HOW.format(address)}") from error
    try:
        until = time.monotonic() + timeout
        while not worker_addresses(client):
            if time.monotonic() > until:
                raise ConnectionError(f"The scheduler at {address} has no workers (waited {timeout:g} s). {HOW.format(address)}")
            time.sleep(0.1)
        yield client
    finally:
        client.close()


def worker_addresses(client):
    """Addresses of the workers that are alive now: sorted list of str."""
    return sorted(client.scheduler_info(n_workers=-1)["workers"])


def worker_pids(client):
    """Process id of each worker, on its own machine: dict address -> int."""
    return client.run(os.getpid)


@contextlib.contextmanager
def quiet(name):
    """Keep a library's own messages back while the body runs; what goes wrong is told by our errors."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
