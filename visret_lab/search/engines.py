"""FAISS behind one small face: build an index by name, set its parameters by name, and read back what was set.

The names stand for FAISS's classes (Douze et al., "The Faiss library", 2024):

    exact    IndexFlat       every vector is compared
    pq       IndexPQ         every code is compared
    ivf      IndexIVFFlat    the vectors of the nprobe nearest of nlist cells are compared
    ivfpq    IndexIVFPQ      the codes of those cells; what is coded is the residual, vector - centre of its cell
    hnsw     IndexHNSWFlat   a walk on a graph of M links a vector (Malkov and Yashunin, TPAMI 2020)
"""

import faiss
import numpy as np

from visret_lab.arrays import as_rows, l2_normalize, require_searchable
from visret_lab.compact.pq import require_divisible, require_enough
from visret_lab.encoding.kmeans import by_products

# name: (parameters fixed when the index is built, parameters that may be set at any time), each with its default
KINDS = {
    "exact": ({}, {}),
    "pq": ({"M": 8, "bits": 8}, {}),
    "ivf": ({"nlist": 256}, {"nprobe": 8}),
    "ivfpq": ({"nlist": 256, "M": 8, "bits": 8, "by_residual": True}, {"nprobe": 8}),
    "hnsw": ({"M": 32, "efConstruction": 40}, {"efSearch": 16}),
}
METRICS = {"l2": faiss.METRIC_L2, "ip": faiss.METRIC_INNER_PRODUCT}


class Engine:
    """An index of FAISS.

        engine = Engine("ivfpq", 128, nlist=1024, M=16).fit(sample).add(database)
        scores, ids = engine.set(nprobe=32).search(queries, 10)

    FAISS starts with nprobe = 1, and looks into a single cell; here the default is 8. FAISS returns squared distances, smallest
    first; here a score is larger when better, as everywhere in the course: the negative squared distance, or the inner product.

    Args:
        kind: "exact", "pq", "ivf", "ivfpq" or "hnsw".
        dim: D, the length of the vectors.
        metric: "l2" or "ip".
        normalize: bring all vectors to unit length, those of the training, the database and the queries. With "ip" the scores
            are then cosines. A zero row is an error: it has no direction.
        seed: of the clustering.
        parameters: see KINDS. M: pieces of a code, or links of a vector (hnsw).

    Attributes:
        index: the FAISS index.
    """

    def __init__(self, kind, dim, metric="l2", normalize=False, seed=0, **parameters):
        if kind not in KINDS:
            raise ValueError(f"There is no engine {kind!r}. There are: {', '.join(KINDS)}.")
        if metric not in METRICS:
            raise ValueError(f'metric must be "l2" or "ip", not {metric!r}.')
        if dim < 1:
            raise ValueError(f"dim must be at least 1, not {dim}.")
        self.kind, self.dim, self.metric, self.normalize = kind, dim, metric, normalize
        fixed, free = KINDS[kind]
        unknown = set(parameters) - set(fixed) - set(free)
        if unknown:
            raise ValueError(f"{kind} has no parameter {', '.join(sorted(unknown))}. It has: {_names(fixed | free)}.")
        chosen = {**fixed, **free, **parameters}
        _require_valid(chosen)
        if "M" in chosen and kind != "hnsw":
            require_divisible(dim, chosen["M"])
            if not 1 <= chosen["bits"] <= 16:
                raise ValueError(f"bits must be between 1 and 16, not {chosen['bits']}.")
        self.index = _build(kind, dim, METRICS[metric], chosen, seed)
        self.set(**{name: chosen[name] for name in free})
        _require_same({name: chosen[name] for name in fixed}, self.parameters())
        _require_same({"seed": seed}, {"seed": _seed(self.index, seed)})

    def __len__(self):
        return self.index.ntotal

    def set(self, **parameters):
        """Set search parameters (nprobe, efSearch), and read each back from FAISS.

        Returns:
            self.

        Raises:
            ValueError: a name that this engine does not have, one that is fixed when the index is built, or a value out of range.
            RuntimeError: FAISS has another value afterwards.
        """
        fixed, free = KINDS[self.kind]
        for name, value in parameters.items():
            if name in fixed:
                raise ValueError(f"{name} is fixed when the index is built: make a new Engine({self.kind!r}, ..., "
                                 f"{name}={value}).")
            if name not in free:
                raise ValueError(f"{self.kind} has no parameter {name}. It has: {_names(fixed | free)}.")
            _require_valid({name: value})
            if name == "nprobe" and value > self.index.nlist:
                raise ValueError(f"nprobe = {value}, but there are only {self.index.nlist} cells.")
            setattr(*_place(self.index, name), value if isinstance(value, bool) else int(value))
        _require_same(parameters, self.parameters())
        return self

    def parameters(self):
        """All parameters, read from the FAISS index: dict by name."""
        fixed, free = KINDS[self.kind]
        return {name: _read(self.index, name) for name in fixed | free}

    def fit(self, x, y=None):
        """Learn cells and words from float N x D; does nothing for exact and hnsw, which learn nothing.

        Raises:
            ValueError: another D, NaN, a zero row where rows are normalised, or fewer rows than cells or words.
            RuntimeError: it has learnt before.

        Warns:
            UserWarning: fewer than 39 rows a cell, or a word.
        """
        x = self._rows(x, "x")
        now = self.parameters()
        if self.kind in ("exact", "hnsw"):
            return self
        if self.index.is_trained:
            raise RuntimeError(f"This {self.kind} engine is trained already; its codes would not fit new cells. Make a new one.")
        if "nlist" in now:
            require_enough(len(x), now["nlist"], "cells")
        if "bits" in now:
            require_enough(len(x), 1 << now["bits"], "words a piece")
        with by_products():
            self.index.train(x)
        return self

    def add(self, x):
        """Append vectors, float N x D; their ids go on counting. ValueError as `fit`, RuntimeError before `fit`."""
        x = self._rows(x, "x")
        self._require_trained()
        self.index.add(x)
        return self

    def search(self, q, k):
        """The k best rows for each query, as this engine finds them.

        Args:
            q: float Q x D.
            k: how many; where fewer are found (a small database, or empty cells) the missing places have id -1, score -inf.

        Returns:
            scores float32 Q x k and ids int64 Q x k, best first. FAISS orders ties as it likes.

        Raises:
            RuntimeError: before `fit`. ValueError: empty index, another D, NaN, a zero row where rows are normalised, k below 1.
        """
        self._require_trained()
        require_searchable(len(self), k)
        scores, ids = self.index.search(self._rows(q, "q"), int(k))
        if self.metric == "l2":
            scores = -scores
        scores[ids < 0] = -np.inf
        return scores, ids

    @property
    def nbytes(self):
        """Bytes of the index as it lies in memory: vectors or codes, ids, links, cells and words."""
        now, count, index = self.parameters(), len(self), self.index
        if self.kind == "hnsw":
            graph = index.hnsw
            return 4 * self.dim * count + 4 * graph.neighbors.size() + 8 * graph.offsets.size() + 4 * graph.levels.size()
        bytes_ = count * (4 * self.dim if self.kind == "exact" else index.code_size)
        bytes_ += 4 * self.dim * (1 << now["bits"]) if "bits" in now else 0
        if self.kind == "ivfpq":  # with l2 and residuals FAISS keeps the products of cells and words, up to a limit of 2 GB
            bytes_ += 4 * index.precomputed_table.size()
        return bytes_ + (8 * count + 4 * self.dim * now["nlist"] if "nlist" in now else 0)

    def _rows(self, x, name):
        x = as_rows(x, name, self.dim)
        if not self.normalize:
            return x
        zero = np.flatnonzero(~x.any(axis=1))
        if len(zero):
            raise ValueError(f"{name} has a zero row, the first is row {zero[0]} ({len(zero)} of {len(x)}): it has no direction, "
                             "and cannot be brought to unit length. Drop it, and find out which image has no descriptor.")
        return l2_normalize(x)

    def _require_trained(self):
        if not self.index.is_trained:
            raise RuntimeError(f"This {self.kind} engine is not trained: call fit with a sample of vectors before add and "
                               "search.")


def _build(kind, dim, metric, chosen, seed):
    """The FAISS index, not trained yet; FAISS's own warnings about few training points are left to `Engine.fit`."""
    if kind == "exact":
        return faiss.IndexFlat(dim, metric)
    if kind == "hnsw":
        index = faiss.IndexHNSWFlat(dim, chosen["M"], metric)
        index.hnsw.efConstruction = chosen["efConstruction"]
        return index
    if kind == "pq":
        index = faiss.IndexPQ(dim, chosen["M"], chosen["bits"], metric)
    else:
        coarse = faiss.IndexFlat(dim, metric)
        if kind == "ivf":
            index = faiss.IndexIVFFlat(coarse, dim, chosen["nlist"], metric)
        else:
            index = faiss.IndexIVFPQ(coarse, dim, chosen["nlist"], chosen["M"], chosen["bits"], metric)
            index.by_residual = chosen["by_residual"]
        index.cp.seed, index.cp.min_points_per_centroid = seed, 1
    if kind != "ivf":
        index.pq.cp.seed, index.pq.cp.min_points_per_centroid = seed, 1
    return index


def _place(index, name):
    """(object, attribute) where FAISS keeps a parameter."""
    if name in ("efConstruction", "efSearch"):
        return index.hnsw, name
    if name in ("M", "bits"):
        return index.pq, {"M": "M", "bits": "nbits"}[name]
    return index, name


def _read(index, name):
    if name == "M" and hasattr(index, "hnsw"):
        return int(index.hnsw.nb_neighbors(1))  # the layers above the lowest have M links, the lowest has 2 M
    value = getattr(*_place(index, name))
    return value if isinstance(value, bool) else int(value)


def _seed(index, seed):
    """The seed that FAISS has; `seed` itself for an index that clusters nothing."""
    found = {part.cp.seed for part in (index, getattr(index, "pq", None)) if hasattr(part, "cp")}
    return found.pop() if len(found) == 1 else found or seed


def _require_valid(parameters):
    for name, value in parameters.items():
        if name == "by_residual":
            if not isinstance(value, bool):
                raise ValueError(f"by_residual must be True or False, not {value!r}.")
        elif isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} must be a whole number from 1 on, not {value!r}.")


def _require_same(asked, read):
    for name, value in asked.items():
        if read[name] != value:
            raise RuntimeError(f"{name} was set to {value}, but FAISS has {read[name]}.")


def _names(parameters):
    return ", ".join(parameters) or "none"
