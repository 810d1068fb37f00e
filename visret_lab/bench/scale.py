"""`visret scale`: how time, memory and recall of four indexes grow from 10^4 to 10^6 descriptors.

The database is RootSIFT of the town's images, in random order; a smaller database is the beginning of a larger one. The queries
are descriptors of the query photographs, cut to their boxes. Cells and words are learnt in the other town. Every index is
built in a process of its own, so that its peak of memory is its own.
"""

import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tqdm import tqdm

from visret_lab.bench.laws import fit_power_law
from visret_lab.bench.record import versions
from visret_lab.datasets import load
from visret_lab.evaluation import bootstrap_interval, neighbour_recall
from visret_lab.features.local import SIFT
from visret_lab.files import write_bytes

RECORD = Path(__file__).parents[1] / "tables" / "records" / "scale.json"
SIZES = (10_000, 31_623, 100_000, 316_228, 1_000_000)
ENGINES = ("exact", "ivf", "ivfpq", "hnsw")
EFFORT = {"ivf": "nprobe", "ivfpq": "nprobe", "hnsw": "efSearch"}  # what is traded for recall at search time
PIECES = 32  # of a code, in bytes
K = 10
SHORTLIST = 100  # results of codes among which the true neighbours are looked for
SHARE = 0.95  # of what the index can reach, at the working point
TIMES = ("ms", "ms_low", "ms_high")  # mean of the queries, and its interval
BLOCK = 50_000  # rows that are added at a time


def parameters(kind, count):
    """What an index of `count` vectors is built with: 4 sqrt(N) cells, as FAISS's guide advises; graphs of 32 links."""
    cells = {"nlist": int(round(4 * count**0.5))}
    return {"exact": {}, "ivf": cells, "ivfpq": {**cells, "M": PIECES}, "hnsw": {"M": 32, "efConstruction": 40}}[kind]


def parse_sizes(text):
    """"10000,1e6" -> [10000, 1000000]. ValueError for what is not a number."""
    try:
        return [int(float(part)) for part in text.split(",") if part.strip()]
    except (ValueError, OverflowError):
        raise ValueError(f"Sizes are numbers separated by commas, as 10000,100000,1000000; got {text!r}.") from None


def scale(sizes=SIZES, save=False, queries=1000, timed=200):
    """Measure every index at every size, and show the laws.

    Args:
        sizes: numbers of vectors, at least three.
        save: write the record from which the book's page is made, after every run.
        queries: over which recall is taken. timed: of these, asked one by one on one thread.

    Returns:
        the record, a dict.

    Raises:
        ValueError: fewer than three sizes, a size too small for its cells, or larger than the town has descriptors.
    """
    sizes = sorted(set(sizes))
    if len(sizes) < 3 or sizes[0] < 1000:
        raise ValueError(f"A law needs at least three sizes of 1,000 or more; got {', '.join(f'{s:,}' for s in sizes) or 'none'}.")
    record = {"versions": versions(), "k": K, "queries": queries, "timed": timed, "share": SHARE, "runs": []}
    with tempfile.TemporaryDirectory() as folder:
        _write_vectors(Path(folder), sizes[-1], queries)
        record["dim"], record["town"] = 128, load("town", tier="mini").version
        tasks = [(kind, count) for count in sizes for kind in ENGINES]  # exact first: the others are compared with it
        for kind, count in tqdm(tasks, desc="indexes"):
            record["runs"].append(alone(measure, kind, count, folder, timed))
            if save:
                write_bytes(RECORD, (json.dumps(record, indent=1) + "\n").encode())
    return record


def alone(function, *arguments):
    """The value of a function that runs in a new process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def measure(kind, count, folder, timed):
    """Build one index of the first `count` vectors in `folder`, and search it with growing effort.

    Returns:
        dict with engine, n, parameters, train_s, add_s (all cores), bytes (of the index), peak_bytes (of building it), ceiling
        (recall when everything is looked at; for codes also shortlist, the same among the first 100), and curve: a list of dicts with effort, recall, low, high (over all queries),
        ms, ms_low, ms_high, ms_p95 (over the timed ones).
    """
    import faiss

    from visret_lab.search.engines import Engine

    folder, before = Path(folder), peak_bytes()
    faiss.omp_set_num_threads(os.cpu_count())
    engine = Engine(kind, 128, **parameters(kind, count))
    seconds = [time.perf_counter()]
    if kind in ("ivf", "ivfpq"):
        engine.fit(np.load(folder / "train.npy"))
    seconds.append(time.perf_counter())
    for rows in _blocks(folder / "database.npy", count):
        engine.add(rows)
    train, add = np.diff([*seconds, time.perf_counter()])
    run = {"engine": kind, "n": count, "parameters": engine.parameters(), "train_s": float(train), "add_s": float(add),
           "bytes": engine.nbytes, "peak_bytes": peak_bytes() - before}
    q = np.load(folder / "queries.npy")
    if kind == "exact":
        np.save(folder / f"truth-{count}.npy", engine.search(q, K)[1])
    exact = np.load(folder / f"truth-{count}.npy")
    return {**run, **_curve(engine, q, exact, timed)}


def _curve(engine, q, exact, timed):
    """Recall and time with growing effort: doubled until nearly all that can be found is found."""
    if engine.kind == "exact":
        return {"ceiling": 1.0, "curve": [_point(engine, None, q, exact, timed)]}
    name, best, curve = EFFORT[engine.kind], {"ceiling": 1.0}, []
    most = engine.parameters().get("nlist", 1024)
    if engine.kind == "ivfpq":  # codes lose neighbours even when every cell is looked into
        found = engine.set(nprobe=most).search(q, SHORTLIST)[1]
        best = {"ceiling": float(neighbour_recall(found[:, :K], exact).mean()),
                "shortlist": float(neighbour_recall(found, exact).mean())}
    effort = 1 if name == "nprobe" else K  # a list of candidates shorter than k would not hold the answer
    while not curve or (curve[-1]["recall"] < 0.99 * best["ceiling"] and curve[-1]["effort"] < most):
        engine.set(**{name: min(effort, most)})
        curve.append(_point(engine, min(effort, most), q, exact, timed))
        effort *= 2
    return {**best, "curve": curve}


def _point(engine, effort, q, exact, timed):
    import faiss

    recall = neighbour_recall(engine.search(q, K)[1], exact)
    faiss.omp_set_num_threads(1)
    ms = np.array([_milliseconds(engine, q[i : i + 1]) for i in range(min(timed, len(q)))])
    faiss.omp_set_num_threads(os.cpu_count())
    low, high = bootstrap_interval(recall)
    ms_low, ms_high = bootstrap_interval(ms)
    return {"effort": effort, "recall": float(recall.mean()), "low": low, "high": high, "ms": float(ms.mean()), "ms_low": ms_low,
            "ms_high": ms_high, "ms_p95": float(np.quantile(ms, 0.95))}


def _milliseconds(engine, query):
    """The fastest of three searches: one may have to wait for another program."""
    best = np.inf
    for _ in range(3):
        start = time.perf_counter()
        engine.search(query, K)
        best = min(best, time.perf_counter() - start)
    return 1000 * best


def peak_bytes():
    """Largest memory of this process so far, in bytes.

    Linux keeps it for each program; its getrusage would tell that of the parent at the start, if that was larger.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        return 1024 * int(next(line for line in status.read_text().splitlines() if line.startswith("VmHWM")).split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _blocks(path, count):
    """The first rows of a matrix on disk, a block at a time, without keeping the file in memory."""
    rows = np.load(path, mmap_mode="r")
    depth, offset = rows.shape[1], rows.offset
    del rows
    for start in range(0, count, BLOCK):
        here = min(BLOCK, count - start)
        yield np.fromfile(path, np.float32, here * depth, offset=offset + 4 * depth * start).reshape(here, depth)


def _write_vectors(folder, count, queries):
    """database.npy, queries.npy, train.npy in `folder`: float32, one descriptor a row, in random order."""
    town, elsewhere = load("town", tier="mini"), load("elsewhere", tier="mini")
    rng = np.random.default_rng(0)
    sources = {
        "database": (town.image, list(town.ids), count), "queries": (town.query_image, list(town.queries), queries),
        "train": (elsewhere.image, list(elsewhere.ids), None)}
    for name, (image, items, wanted) in sources.items():
        rows = descriptors(image, items, name)
        if wanted and len(rows) < wanted:
            raise ValueError(f"The town has {len(rows):,} descriptors for the {name}, fewer than the {wanted:,} asked for.")
        np.save(folder / f"{name}.npy", rows[rng.permutation(len(rows))[:wanted]])


def descriptors(image, items, what):
    """RootSIFT of weak points too, so that there are a million: float32 N x 128."""
    detector = SIFT(max_points=5000, contrast=0.005)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda item: detector.detect(image(item))[1], items)
        return np.concatenate(list(tqdm(found, desc=f"descriptors, {what}", total=len(items))))


def working_point(run):
    """Time where an index finds the agreed share of what it can find: dict with effort, recall, ms, ms_low, ms_high.

    Efforts were doubled, so the agreed share lies between two of them: time and effort there are read off the line between the
    two points, both as logarithms. Where the least effort is enough, or no effort was, the first or the last point stands.
    """
    curve, wanted = run["curve"], SHARE * run["ceiling"]
    recalls = [point["recall"] for point in curve]
    above = next((i for i, recall in enumerate(recalls) if recall >= wanted), len(curve) - 1)
    if above == 0 or recalls[above] <= wanted:
        return {name: curve[above][name] for name in ("effort", "recall", *TIMES)}
    share = (wanted - recalls[above - 1]) / (recalls[above] - recalls[above - 1])

    def between(name):
        return float(np.exp((1 - share) * np.log(curve[above - 1][name]) + share * np.log(curve[above][name])))

    return {"effort": between("effort"), "recall": wanted, **{name: between(name) for name in TIMES}}


def laws(record):
    """Laws of every index: dict engine -> {"ms", "add_s", "peak_bytes": PowerLaw over the number of vectors}."""
    found = {}
    for kind in ENGINES:
        runs = [run for run in record["runs"] if run["engine"] == kind]
        n = [run["n"] for run in runs]
        found[kind] = {"ms": fit_power_law(n, [working_point(run)["ms"] for run in runs]),
                       **{name: fit_power_law(n, [run[name] for run in runs]) for name in ("add_s", "peak_bytes")}}
    return found
