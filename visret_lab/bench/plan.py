"""From measured laws to machines: what a database of N vectors would take, on paper."""

from dataclasses import asdict, dataclass
from math import ceil

from visret_lab.bench.laws import PowerLaw
from visret_lab.bench.scale import ENGINES, PIECES, laws

WORDS = 256  # of a piece of a code
TABLES = 1 << 31  # bytes: FAISS keeps its tables of cells and words only below this


@dataclass(frozen=True)
class Machine:
    """What one machine has, and what is asked of all of them together.

    Attributes:
        memory: bytes for the index.
        cores: that answer queries side by side, one query each.
        rate: queries a second.
    """

    memory: float = 64e9
    cores: int = 16
    rate: float = 100.0


def model(record):
    """What the plan needs of a record of `visret scale`: a dict of plain numbers, for the page's calculator too.

    Returns:
        dict engine -> {"ms": law, "add_s": law, "links": bytes of a vector beside the vector itself}; a law is a dict a, b, low,
        high, spread, center. "dim" and "pieces" say what was measured.
    """
    found = {"dim": record["dim"], "pieces": PIECES}
    for kind, law in laws(record).items():
        last = [run for run in record["runs"] if run["engine"] == kind][-1]
        links = last["bytes"] / last["n"] - 4 * record["dim"] if kind == "hnsw" else 8.0 * (kind != "exact")
        found[kind] = {"ms": asdict(law["ms"]), "add_s": asdict(law["add_s"]), "links": links}
    return found


def index_bytes(kind, n, dim, pieces, links):
    """Bytes of an index of n vectors: float32 vectors or codes, ids or links, and with cells 4 sqrt(n) centres.

        exact   4 D n
        hnsw    (4 D + links) n
        ivf     (4 D + 8) n + 4 D C,         C = 4 sqrt(n)
        ivfpq   (M + 8) n + 4 D C + 1,024 D + 1,024 M C       the last term, FAISS's tables, only below 2 GB
    """
    if kind in ("exact", "hnsw"):
        return (4 * dim + links) * n
    cells = 4 * n**0.5
    if kind == "ivf":
        return (4 * dim + links) * n + 4 * dim * cells
    tables = 4 * WORDS * pieces * cells
    return (pieces + links) * n + 4 * dim * (cells + WORDS) + tables * (tables <= TABLES)


def plan(found, kind, n, machine, dim=128, pieces=PIECES):
    """What n vectors take with one engine.

    The database is cut into the fewest parts (shards) that fit into a machine's memory; every query goes to all parts, one core
    of each; the whole row of machines is repeated until the queries of a second fit into the seconds of the cores.

    Args:
        found: what `model` gave. kind: an engine. n: vectors. machine: a Machine. dim: D. pieces: M, for ivfpq.

    Returns:
        dict with bytes, shards, replicas, machines, ms, ms_low, ms_high (a query on one shard, one core), build_s (seconds of adding
        the vectors of one shard, on the machine that measured).

    Raises:
        ValueError: n below 1, or a machine without memory, cores or queries.
    """
    if n < 1 or machine.memory <= 0 or machine.cores < 1 or machine.rate <= 0:
        raise ValueError(f"A plan needs at least one vector, and a machine with memory, a core and queries; got n = {n}, {machine}.")
    part = found[kind]
    total = index_bytes(kind, n, dim, pieces, part["links"])
    shards = max(1, ceil(total / machine.memory))
    here = n / shards
    scale = pieces / found["pieces"] if kind == "ivfpq" else dim / found["dim"]
    law = PowerLaw(**part["ms"])
    ms, (low, high) = scale * law(here), (scale * end for end in law.between(here))
    replicas = max(1, ceil(machine.rate * ms / 1000 / machine.cores))
    return {"bytes": total, "shards": shards, "replicas": replicas, "machines": shards * replicas, "ms": float(ms),
            "ms_low": float(low), "ms_high": float(high), "build_s": float(scale * PowerLaw(**part["add_s"])(here))}


def plans(found, n, machine, dim=128, pieces=PIECES):
    """`plan` of every engine: dict engine -> dict."""
    return {kind: plan(found, kind, n, machine, dim, pieces) for kind in ENGINES}

