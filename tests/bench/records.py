"""A record of `visret scale` with costs that follow known laws."""

from visret_lab.bench import scale

LAWS = {"exact": (1e-4, 1.0), "ivf": (1e-3, 0.5), "ivfpq": (2e-3, 0.4), "hnsw": (5e-3, 0.1)}  # ms a query: a N^b


def made_up(sizes=(10_000, 100_000, 1_000_000)):
    """dict as `scale.scale` returns it. HNSW takes 784 bytes a vector, the others 512."""
    runs = []
    for n in sizes:
        for kind in scale.ENGINES:
            a, b = LAWS[kind]
            point = {"effort": None if kind == "exact" else 16, "recall": 1.0, "low": 0.99, "high": 1.0, "ms": a * n**b,
                     "ms_low": 0.9 * a * n**b, "ms_high": 1.1 * a * n**b, "ms_p95": 1.2 * a * n**b}
            runs.append({"engine": kind, "n": n, "parameters": scale.parameters(kind, n), "train_s": 0.5, "add_s": 1e-5 * n,
                         "bytes": (784 if kind == "hnsw" else 512) * n, "peak_bytes": 600 * n, "ceiling": 1.0, "shortlist": 0.99,
                         "curve": [point]})
    return {"versions": {"cores": 2}, "k": 10, "queries": 1000, "timed": 200, "share": 0.95, "dim": 128, "runs": runs}
