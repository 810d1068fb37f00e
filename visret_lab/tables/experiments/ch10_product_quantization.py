"""The run of chapter 10: recall, time and bytes of indexes on local descriptors, and mAP of VLAD and Fisher vectors by bytes."""

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from visret_lab.arrays import rank
from visret_lab.bench.compact import faiss_pq_index
from visret_lab.compact.opq import OPQ
from visret_lab.compact.pca import PCA
from visret_lab.compact.pq import ProductQuantizer
from visret_lab.datasets import load
from visret_lab.encoding.fisher import FisherVector
from visret_lab.encoding.unseen import remember, require_unseen
from visret_lab.encoding.vlad import VLAD
from visret_lab.evaluation import bootstrap_interval, evaluate
from visret_lab.search.engines import Engine
from visret_lab.tables.experiments import aggregated
from visret_lab.tables.experiments.neighbours import K, descriptor_task, recall_by_picture, windows

TABLE = "compact"
PIECES = (4, 8, 16, 32)
LEARN = 1 << 14  # training descriptors: 64 for each of 256 words
ROUNDS = 10  # of k-means
ROTATIONS = 5  # turns of OPQ; the first ones gain most
DIMENSIONS = 128  # of an image's vector before it is quantised
WINDOWS = 12_000  # parts of the other set's images that PCA and words are learnt from: 39 for each of 256 words, and some
FOUND = 100  # images that a graph gives for a query


@dataclass(frozen=True, eq=False)
class Point:
    """One index with one setting, measured on a Task.

    Attributes:
        method, setting: e.g. "IVF" and "nprobe 8".
        recall: float64, one a query picture, see `recall_by_picture`.
        bytes: that one more vector costs. fixed: bytes that do not grow with the database (words, cells, a rotation).
        ms: a query, all queries given at once, on one thread, fastest of three.
    """

    method: str
    setting: str
    recall: np.ndarray
    bytes: float
    fixed: float
    ms: float

    @property
    def mean(self):
        """Mean recall over the query pictures."""
        return float(self.recall.mean())

    @property
    def interval(self):
        """95 % bootstrap interval of the mean over the query pictures."""
        return bootstrap_interval(self.recall)


def descriptors(dataset, elsewhere, base=30_000, learn=LEARN, each=10, seed=0):
    """The `neighbours.Task` of this chapter."""
    return descriptor_task(dataset, elsewhere, base, learn, each, seed)


def measured(task, method, setting, search, bytes_, fixed=0):
    """A Point. Args: search: function float32 Q x D -> ids int64 Q x 10, as it is to be timed."""
    with threadpool_limits(1):
        ids, seconds = aggregated.fastest(lambda: search(task.queries))
    return Point(method, setting, recall_by_picture(task, ids), bytes_, fixed, 1000 * seconds / len(task.queries))


def exact_point(task):
    """The Point of FAISS's exact search."""
    engine = Engine("exact", task.base.shape[1]).add(task.base)
    return measured(task, "exact", "", lambda q: engine.search(q, K)[1], engine.nbytes / len(engine))


def code_points(task, pieces=PIECES, kinds=(ProductQuantizer, OPQ), **options):
    """Points of PQ and OPQ by number of pieces: our words and codes, FAISS's scan.

    Returns:
        (list of Point, dict (class name, M) -> fitted quantiser).
    """
    points, made = [], {}
    for kind in kinds:
        for m in pieces:
            name, quantizer = _named(kind, m, **options)
            quantizer.fit(task.learn)
            made[name, m] = quantizer
            points.append(code_point(task, name, quantizer))
    return points, made


def _named(kind, pieces, **options):
    """(name, quantiser that is not fitted yet) of ProductQuantizer or OPQ."""
    options = {"n_iter": ROUNDS, **options}
    return ("OPQ", OPQ(pieces, rotations=ROTATIONS, **options)) if kind is OPQ else ("PQ", kind(pieces, **options))


def code_point(task, name, quantizer, turn=None):
    """The Point of a fitted quantiser. Args: turn: float D x D, an orthogonal matrix that goes before it, or None."""
    turn = getattr(quantizer, "rotation_", turn)
    base = task.base if turn is None or hasattr(quantizer, "rotation_") else task.base @ turn
    index = faiss_pq_index(quantizer.codewords_, quantizer.encode(base))
    pieces = len(quantizer.codewords_)
    fixed = quantizer.codewords_.nbytes + (0 if turn is None else 4 * turn.size)
    return measured(task, name, f"M {pieces}", lambda q: index.search(q if turn is None else q @ turn, K)[1], pieces, fixed)


def cell_points(task, nlist=256, pieces=16, probes=(1, 2, 4, 8, 16, 32, 64)):
    """Points of IVF and IVF-PQ by nprobe: list of Point."""
    points, dim = [], task.base.shape[1]
    for kind, name in (("ivf", "IVF"), ("ivfpq", "IVF-PQ")):
        engine = Engine(kind, dim, nlist=nlist, **({"M": pieces} if kind == "ivfpq" else {})).fit(task.learn).add(task.base)
        bytes_ = 8 + (4 * dim if kind == "ivf" else pieces)  # with its number, of 8 bytes
        for nprobe in probes:
            engine.set(nprobe=nprobe)
            points.append(measured(task, name, f"nprobe {nprobe}", lambda q, e=engine: e.search(q, K)[1], bytes_,
                                   engine.nbytes - bytes_ * len(engine)))
    return points


def graph_points(task, links=16, lists=(10, 20, 40, 80, 160)):
    """Points of HNSW by efSearch: list of Point."""
    engine, points = Engine("hnsw", task.base.shape[1], M=links).add(task.base), []
    for ef in lists:
        engine.set(efSearch=ef)
        points.append(measured(task, "HNSW", f"efSearch {ef}", lambda q: engine.search(q, K)[1], engine.nbytes / len(engine)))
    return points


def window_vectors(encoder, points, descriptors, count=WINDOWS, seed=0):
    """Vectors of windows of images (see `neighbours.windows`): more to learn from than there are images.

    Args:
        encoder: fitted; its `transform` takes a list of float N_i x D.
        points, descriptors: lists, one entry an image.
        count: windows that are drawn, equally many in each image.

    Returns:
        float32 L x D', L at most about `count`.

    Raises:
        ValueError: no image has enough descriptors for a window.
    """
    each = -(-count // max(1, len(points)))
    found = [encoder.transform(parts) for _, parts in windows(points, descriptors, each, seed=seed)]
    if not found:
        raise ValueError("No image has 20 descriptors, so there are no windows to learn from.")
    return np.concatenate(found)


@dataclass(frozen=True, eq=False)
class Images:
    """Vectors of images, before and after the PCA, of unit length.

    Attributes:
        name: of the encoder.
        learn: float32 L x 128, vectors of windows of the other set. few: float32, of its whole images only.
        base: float32 N x 128. queries: float32 Q x 128. long, long_queries: the same before the PCA.
        ms: to make a query's vector from its descriptors, with and without PCA.
    """

    name: str
    learn: np.ndarray
    few: np.ndarray
    base: np.ndarray
    queries: np.ndarray
    long: np.ndarray
    long_queries: np.ndarray
    ms: tuple


def image_vectors(name, encoder, dataset, elsewhere, dimensions=DIMENSIONS, count=WINDOWS, seed=0):
    """Images: vectors of a fitted encoder, reduced by a PCA that is learnt from windows of `elsewhere`."""
    points, others = aggregated.local(elsewhere)
    learn = window_vectors(encoder, points, others, count, seed)
    pca = PCA(dimensions, l2_after=True).fit(learn[::8])  # neighbours in the list are of one image
    learn, few = pca.transform(learn), pca.transform(encoder.transform(others))
    base, asked = encoder.transform(aggregated.local(dataset)[1]), aggregated.local(dataset, queries=True)[1]
    queries, encoding = aggregated.fastest(lambda: encoder.transform(asked))
    reduced, turning = aggregated.fastest(lambda: pca.transform(queries))
    ms = tuple(1000 * s / len(asked) for s in (encoding, encoding + turning))
    return Images(name, learn, few, pca.transform(base), reduced, base, queries, ms)


def encoders(elsewhere, seed=0):
    """The encoders of this chapter, both with 2,048 numbers, learnt on `elsewhere`: dict name -> fitted encoder."""
    train = aggregated.local(elsewhere)[1]
    return {"VLAD": VLAD(n_words=16, seed=seed).fit(train), "FV": FisherVector(16, pca=64, seed=seed).fit(train)}


def by_bytes(images, dataset, protocol=None, pieces=(8, 16, 32), seed=0):
    """Results of one kind of vector as it is, after the PCA, as codes, and behind an index.

    Returns:
        (dict name -> Result, dict name -> ranking int64 Q x N).
    """
    results, rankings = {}, {}

    def add(name, ranking, bytes_, ms):
        name = f"{images.name}, {name}"
        rankings[name] = ranking
        results[name] = evaluate(name, ranking, dataset, protocol, bytes_per_image=bytes_, ms_per_query=ms, seed=seed)

    for name, q, x, ms in (("2,048-D", images.long_queries, images.long, images.ms[0]),
                           ("128-D", images.queries, images.base, images.ms[1])):
        similarities, comparing = aggregated.compare_all(q, x)
        add(name, rank(similarities), x.nbytes / len(x), ms + comparing)
    for kind in (ProductQuantizer, OPQ):
        for m in pieces:
            word, quantizer = _named(kind, m, seed=seed)
            codes = quantizer.fit(images.learn).encode(images.base)
            distances, seconds = aggregated.fastest(lambda q=quantizer, c=codes: q.asymmetric(images.queries, c))
            add(f"{word}, {m} bytes", rank(-distances), m, images.ms[1] + 1000 * seconds / len(images.queries))
    for name, engine, k in _engines(images, seed):
        (_, ids), seconds = aggregated.fastest(lambda e=engine, k=k: e.search(images.queries, k))
        add(name, completed(ids, len(images.base), seed), engine.nbytes / len(engine),
            images.ms[1] + 1000 * seconds / len(images.queries))
    return results, rankings


def _engines(images, seed):
    """(name, Engine, how many to ask for). Bytes of these are those of the whole index, with cells and words."""
    dim, count = images.base.shape[1], len(images.base)
    cells = Engine("ivfpq", dim, nlist=16, M=16, nprobe=4, seed=seed).fit(images.learn).add(images.base)
    graph = Engine("hnsw", dim, M=16, efSearch=64).add(images.base)
    return [("IVF-PQ, 4 of 16 cells", cells, count), (f"HNSW, first {FOUND}", graph, min(FOUND, count))]


def completed(ids, count, seed=0):
    """A whole ranking from what an index has found: what it did not find comes last, in random order.

    Not in the order of the numbers: a collection that stands sorted by building would give away a part of the answer.

    Args:
        ids: int64 Q x k, -1 where nothing was found. count: N.

    Returns:
        int64 Q x N.
    """
    place = count + np.random.default_rng(seed).permuted(np.tile(np.arange(count + 1), (len(ids), 1)), axis=1)
    np.put_along_axis(place, ids, np.arange(ids.shape[1])[None], axis=1)  # the last column takes the places of -1
    return np.argsort(place[:, :count], axis=1, kind="stable")


def results(dataset, elsewhere, seed=0, protocol=None):
    """Results of VLAD and Fisher vectors by bytes. Everything is learnt on `elsewhere`.

    Returns:
        (dict name -> Result, dict name -> ranking, dict encoder's name -> Images).

    Raises:
        ValueError: `elsewhere` shares images with `dataset`.
    """
    require_unseen(remember(np.concatenate(aggregated.local(elsewhere)[1])), aggregated.local(dataset)[1], "quantiser",
                   name=dataset.name)
    found, rankings, vectors = {}, {}, {}
    for name, encoder in encoders(elsewhere, seed).items():
        vectors[name] = image_vectors(name, encoder, dataset, elsewhere, seed=seed)
        more, ranked = by_bytes(vectors[name], dataset, protocol, seed=seed)
        found, rankings = found | more, rankings | ranked
    return found, rankings, vectors


def run(tier, seed=0):
    """Rows of the table "compact": VLAD and Fisher vectors under PQ, OPQ, IVF-PQ and HNSW."""
    rows = []
    for dataset in aggregated.sets(tier):
        found, rankings, _ = results(dataset, load("elsewhere", tier=tier), seed, aggregated.protocol_of(dataset))
        for name, result in found.items():
            rows += aggregated.rows_from(result, rankings[name], dataset, seed, table=TABLE)
    return rows
