"""Milvus Lite and FAISS on the same vectors: seconds to fill, bytes, recall, and milliseconds of a question.

    python data_scripts/milvus_beside_faiss.py [--sizes 10000,100000] [--questions 200] [--save]

The vectors are RootSIFT descriptors of the painted town, as in `visret scale`: 128 numbers each, in random order; the questions are
descriptors of its query photographs. Milvus runs inside the process (a file), so its times hold no network. Exact search, and where both
have them a graph (HNSW) and an inverted file of equal parameters, in both engines; each is filled and asked in a process of its own, alone
on the machine. Questions are asked one by one, each three times, and the fastest is kept. The record stands in
visret_lab/tables/records/milvus.json (only with --save).
"""

import argparse
import itertools
import json
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

from visret_lab.bench.record import versions
from visret_lab.bench.scale import K, alone, descriptors, parse_sizes
from visret_lab.datasets import load
from visret_lab.evaluation import bootstrap_interval, neighbour_recall
from visret_lab.files import write_bytes

RECORD = Path(__file__).parents[1] / "visret_lab" / "tables" / "records" / "milvus.json"
EFFORT = {"exact": {}, "hnsw": {"efSearch": 64}, "ivf": {"nprobe": 16}}
IMAGES = 200  # of each town; a descriptor is taken from any of them


def write_vectors(folder, count, questions):
    """database.npy, queries.npy, train.npy in `folder`: float32, one descriptor a row, in random order."""
    town, elsewhere = load("town", tier="mini"), load("elsewhere", tier="mini")
    sources = {"database": (town.image, town.ids[:: len(town.ids) // IMAGES], count),
               "queries": (town.query_image, town.queries, questions),
               "train": (elsewhere.image, elsewhere.ids[:: max(1, 2 * len(elsewhere.ids) // IMAGES)], 2 * count)}
    for n, (name, (image, items, wanted)) in enumerate(sources.items()):
        rows = descriptors(image, list(items), name)
        if name == "database" and len(rows) < wanted:
            raise ValueError(f"{len(items)} pictures have {len(rows):,} descriptors, fewer than the {wanted:,} asked for.")
        np.save(folder / f"{name}.npy", rows[np.random.default_rng(n).permutation(len(rows))[:wanted]])


def built(count):
    """What each kind is built with, in FAISS's names."""
    return {"exact": {}, "hnsw": {"M": 32, "efConstruction": 40}, "ivf": {"nlist": int(round(4 * count**0.5))}}


def in_faiss(kind, count, x, train):
    """A filled engine, its search, and its bytes."""
    from visret_lab.search.engines import Engine

    engine = Engine(kind, x.shape[1], **built(count)[kind])
    if kind == "ivf":
        engine.fit(train)
    engine.add(x)
    engine.set(**EFFORT[kind])
    return engine, engine.nbytes


def in_milvus(kind, count, x, folder):
    """A filled store (its index made), and the bytes of its files."""
    from visret_lab.scale.vectors import VectorStore

    named = {"exact": ("FLAT", {}), "hnsw": ("HNSW", {"M": 32, "efConstruction": 40}), "ivf": ("IVF_FLAT", built(count)["ivf"])}
    asked = {"exact": {}, "hnsw": {"ef": EFFORT["hnsw"]["efSearch"]}, "ivf": EFFORT["ivf"]}
    name, parameters = named[kind]
    store = VectorStore(Path(folder) / f"{kind}-{count}.db", x.shape[1], "l2", kind=name, parameters=parameters, asking=asked[kind])
    store.add(x)
    for _ in range(2):  # Milvus makes its index when it is first asked
        store.search(x[:1], K)
    return store, sum(f.stat().st_size for f in Path(store.address).rglob("*") if f.is_file())


def measure(engine, kind, count, folder, questions):
    """One engine at one size, in this process: dict."""
    import faiss

    faiss.omp_set_num_threads(1)
    folder = Path(folder)
    x, q = np.load(folder / "database.npy")[:count], np.load(folder / "queries.npy")[:questions]
    start = time.perf_counter()
    index, bytes_ = in_faiss(kind, count, x, np.load(folder / "train.npy")) if engine == "FAISS" else in_milvus(kind, count, x, folder)
    fill = time.perf_counter() - start
    found, ms = [], []
    for one in q:
        took = []
        for _ in range(3):
            begun = time.perf_counter()
            answer = index.search(one[None], K)
            took.append(1000 * (time.perf_counter() - begun))
        found.append(answer[1][0])
        ms.append(min(took))
    begun = time.perf_counter()
    scores = index.search(q, K)[0]
    batch = 1000 * (time.perf_counter() - begun) / len(q)
    if (engine, kind) == ("FAISS", "exact"):
        np.savez(folder / f"truth-{count}.npz", ids=np.array(found), scores=scores)
    truth = np.load(folder / f"truth-{count}.npz")
    recall = neighbour_recall(np.array(found), truth["ids"])
    if engine == "Milvus Lite":
        index.close()
    return {"engine": engine, "kind": kind, "n": count, "fill_s": fill, "bytes": bytes_, "recall": float(recall.mean()),
            "recall_interval": list(bootstrap_interval(recall)), "score_gap": float(np.abs(scores - truth["scores"]).max()),
            "ms": float(np.mean(ms)), "ms_p50": float(np.percentile(ms, 50)), "ms_p95": float(np.percentile(ms, 95)), "ms_in_batch": batch}


def main():
    """Write the vectors once, measure, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=parse_sizes, default=[10_000, 100_000])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--save", action="store_true", help="write the record")
    arguments = parser.parse_args()
    told = versions() | {name: version(name) for name in ("pymilvus", "milvus-lite")}
    record = {"versions": told, "k": K, "dim": 128, "questions": arguments.questions, "effort": EFFORT, "runs": []}
    with tempfile.TemporaryDirectory() as folder:
        write_vectors(Path(folder), max(arguments.sizes), arguments.questions)
        for count, kind, engine in itertools.product(arguments.sizes, EFFORT, ("FAISS", "Milvus Lite")):
            record["runs"].append(alone(measure, engine, kind, count, folder, arguments.questions))
            print(json.dumps(record["runs"][-1]), flush=True)
            if arguments.save:
                write_bytes(RECORD, (json.dumps(record, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
