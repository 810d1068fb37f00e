"""Vectors in an engine that somebody else wrote and runs: Milvus, behind the face of the course's own indexes.

A file name opens Milvus Lite inside this process; an address opens a server or a whole cluster. Nothing else changes (Wang et al.,
"Milvus: A Purpose-Built Vector Data Management System", SIGMOD 2021).
"""

import contextlib
import os
from pathlib import Path

import numpy as np

from visret_lab.arrays import as_rows, require_searchable
from visret_lab.datasets.errors import DataError
from visret_lab.files import plain_errors
from visret_lab.scale.cluster import quiet

VARIABLE = "VISRET_MILVUS"
METRICS = {"ip": "IP", "l2": "L2"}
MESSAGE = 32 << 20  # bytes of the vectors that are sent at a time; servers refuse messages of more than 64 MB
QUERIES = 256  # that are sent at a time
MOST = 16384  # results that Milvus gives for a query
MORE = 16  # results beyond k that are asked for, to see whether the k-th has equals


def milvus():
    """The module `pymilvus`. ImportError with what to install where it is missing."""
    try:
        import pymilvus
    except ImportError as error:
        raise ImportError('Milvus is not installed. Install the extra: pip install "visret-lab[scale]"') from error
    return pymilvus


class VectorStore:
    """Vectors in Milvus, with FAISS's face.

        with VectorStore("vectors.db", 128) as store:
            store.add(database)
            scores, ids = store.search(queries, 10)

    Args:
        address: "name.db", a path, for Milvus Lite; "http://host:19530" for a server. None: VISRET_MILVUS.
        dim: D. metric: "ip" (inner product) or "l2" (a score is then the negative squared distance).
        collection: name under which the vectors are kept. A collection that is there already is opened.
        kind, parameters: Milvus's index, "FLAT" (exact), "HNSW", "IVF_FLAT", ...; what it is built with, e.g. {"M": 32}.
        asking: what a question is asked with, e.g. {"ef": 64} or {"nprobe": 16}.
        timeout: seconds to wait for a server.

    Raises:
        ImportError: Milvus is missing. ValueError: no address or one of another form, or a collection with another D, metric or index.
        ConnectionError: nobody answers there. DataError: the file is no database, is damaged, or another process has it open.
    """

    def __init__(self, address=None, dim=128, metric="ip", collection="vectors", kind="FLAT", parameters=None, asking=None,
                 timeout=5.0):
        self.address = str(address or os.environ.get(VARIABLE) or "")
        if metric not in METRICS:
            raise ValueError(f'metric must be "ip" or "l2", not {metric!r}.')
        if dim < 1:
            raise ValueError(f"dim must be at least 1, not {dim}.")
        self.dim, self.metric, self.collection, self.asking, self._next = dim, metric, collection, dict(asking or {}), None
        self._client, api = _client(self.address, timeout), milvus()
        try:
            with _plain(self.address):
                if self._client.has_collection(collection):
                    self._require_same(kind)
                    self._client.load_collection(collection)
                else:
                    self._create(api, kind, parameters or {})
        except BaseException:
            self.close()
            raise

    def _create(self, api, kind, parameters):
        schema = api.MilvusClient.create_schema(auto_id=False)
        schema.add_field("id", api.DataType.INT64, is_primary=True)
        schema.add_field("vector", api.DataType.FLOAT_VECTOR, dim=self.dim)
        index = self._client.prepare_index_params()
        index.add_index("vector", index_type=kind, metric_type=METRICS[self.metric], params=parameters)
        self._client.create_collection(self.collection, schema=schema, index_params=index, consistency_level="Strong")

    def _require_same(self, kind):
        fields = {f["name"]: f for f in self._client.describe_collection(self.collection)["fields"]}
        index = self._client.describe_index(self.collection, "vector") or {}
        there = int(fields["vector"]["params"]["dim"]) if "vector" in fields else None, index.get("metric_type"), index.get("index_type")
        wanted = self.dim, METRICS[self.metric], kind
        if there != wanted:
            raise ValueError(f"The collection {self.collection!r} at {self.address} has (dim, metric, index) = {there}, not {wanted}. Open "
                             "it as it is, or take another name for the collection.")

    def __len__(self):
        with _plain(self.address):
            return int(self._client.get_collection_stats(self.collection)["row_count"])

    @property
    def nbytes(self):
        """Bytes of the vectors and their ids; what the engine keeps beside them is not known here."""
        return len(self) * (4 * self.dim + 8)

    def add(self, x, ids=None):
        """Append vectors, float N x D.

        Args:
            ids: int64 N, from 0 on, or None: they go on counting. A vector of an id that is there already takes its place, so that an
                `add` which was stopped can be done again.

        Returns:
            self.
        """
        x = as_rows(x, "x", self.dim)
        replace = ids is not None
        if ids is None:
            self._next = self._first_free() if self._next is None else self._next
            ids = np.arange(self._next, self._next + len(x))
        ids = np.asarray(ids, np.int64)
        if ids.shape != (len(x),) or (ids < 0).any() or len(np.unique(ids)) < len(ids):
            raise ValueError(f"ids must be {len(x)} different numbers from 0 on, one a vector.")
        step = max(1, MESSAGE // (4 * self.dim + 8))
        with _plain(self.address):
            send = self._client.upsert if replace else self._client.insert
            for a in range(0, len(x), step):
                send(self.collection, [{"id": int(i), "vector": row} for i, row in zip(ids[a : a + step], x[a : a + step], strict=True)])
            if _is_file(self.address):  # else its small form keeps them in Python objects; a server decides for itself
                self._client.flush(self.collection)
        self._next = None if replace else self._next + len(x)
        return self

    def remove(self, ids):
        """Take vectors out; ids that are not there are passed over. Returns self."""
        ids = [int(i) for i in np.atleast_1d(ids)]
        with _plain(self.address):
            for a in range(0, len(ids), MOST):
                self._client.delete(self.collection, ids=ids[a : a + MOST])
        return self

    def search(self, q, k):
        """The k best rows for each query.

        Args:
            q: float Q x D. k: how many, up to 16,384; where the database holds fewer, the missing places have id -1 and score -inf.

        Returns:
            scores float32 Q x k and ids int64 Q x k, best first, ties by id.

        Raises:
            ValueError: empty collection, another D, NaN, or k out of range.
        """
        require_searchable(1, k)
        if k > MOST:
            raise ValueError(f"Milvus gives at most {MOST} results for a query, not {k}.")
        q = as_rows(q, "q", self.dim)
        scores, ids = np.full((len(q), k), -np.inf, np.float32), np.full((len(q), k), -1, np.int64)
        waiting, want = np.arange(len(q)), min(k + MORE, MOST)
        while len(waiting):
            again = []
            for row, found in zip(waiting, self._ask(q[waiting], want), strict=True):
                best = sorted((-s, i) for s, i in found)[:k]
                scores[row, : len(best)], ids[row, : len(best)] = [-s for s, _ in best], [i for _, i in best]
                if len(found) == want > k and best[-1][0] == -found[-1][0]:
                    again.append(row)  # equals of the k-th may stand beyond the end: Milvus orders them as it likes
            waiting, want, before = np.array(again, np.int64), min(4 * want, MOST), want
            if want == before:
                break
        if len(q) and (ids < 0).all():
            require_searchable(len(self), k, "collection")
        return scores, ids

    def _ask(self, q, limit):
        """Yield for each query a list of (score, id), best first, as Milvus orders them."""
        sign = 1 if self.metric == "ip" else -1
        with _plain(self.address):
            for a in range(0, len(q), QUERIES):
                block = self._client.search(self.collection, data=list(q[a : a + QUERIES]), limit=limit, output_fields=["id"],
                                            anns_field="vector", search_params={"params": self.asking} if self.asking else {})
                yield from ([(np.float32(sign * hit["distance"]), int(hit["id"])) for hit in found] for found in block)

    def drop(self):
        """Delete the collection with all its vectors, wherever they are; other collections at the same address stay."""
        with _plain(self.address):
            self._client.drop_collection(self.collection)

    def _first_free(self):
        """One more than the largest id: looked for by halving, since Milvus counts rows but does not say their largest id."""
        def is_there(from_):
            return bool(self._client.query(self.collection, filter=f"id >= {from_}", output_fields=["id"], limit=1))

        with _plain(self.address):
            high = 1
            while is_there(high - 1):
                high *= 2
            low = high // 2
            while low < high:
                middle = (low + high) // 2
                low, high = (middle + 1, high) if is_there(middle) else (low, middle)
        return low

    def close(self):
        """Let go of the server, or of the file: other processes may open it then."""
        if self._client is not None:
            with contextlib.suppress(Exception), _plain(self.address):
                self._client.close()
            self._client = None
        if _is_file(self.address):
            with contextlib.suppress(ImportError), quiet("milvus_lite"):
                from milvus_lite.server_manager import server_manager_instance

                server_manager_instance.release_server(self.address)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


def _is_file(address):
    return address.endswith(".db") and "://" not in address


def _client(address, timeout):
    """A connection to Milvus at an address."""
    if not address:
        raise ValueError(f'Give the address of the vectors: "name.db" for a file, "http://host:19530" for a server; or set {VARIABLE}.')
    if not _is_file(address) and not address.startswith(("http://", "https://", "tcp://")):
        raise ValueError(f'{address!r} is neither a file (its name ends with ".db") nor a server ("http://host:19530").')
    if _is_file(address):
        _require_database(Path(address))
    api = milvus()
    with _plain(address, connecting=not _is_file(address)):
        return api.MilvusClient(address, timeout=timeout)


def _require_database(path):
    """A database of Milvus Lite is a folder; one that is not there yet is made."""
    with plain_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() or (path.is_dir() and any(path.iterdir()) and not (path / "collections").is_dir()):
        raise DataError(f"{path} is no database of Milvus Lite. Give a name that is not taken yet.")


@contextlib.contextmanager
def _plain(address, connecting=False):
    """Turn Milvus's errors into the course's, and keep its log back. connecting: whatever goes wrong is told as nobody answering."""
    api = milvus()
    with quiet("pymilvus"), quiet("pymilvus.decorators"), quiet("milvus_lite.server_manager"), quiet("grpc._server"):
        try:
            yield
        except api.MilvusException as error:
            message = str(error.message)
            if connecting or "Fail connecting" in message or "unavailable" in message.lower():
                raise ConnectionError(f"No Milvus answers at {address}. Is it running, and is the port right? A file, whose name ends with "
                                      ".db, needs no server.") from error
            if "Open local milvus failed" in message:
                raise DataError(f"{address} cannot be opened: another process has it open, or it is damaged. Close the other one; a "
                                "damaged database must be filled again under a new name.") from error
            raise DataError(f"Milvus at {address} says: {message}") from error
