"""The project of chapter 11: what the checker asks of a learner's search engine, the last step, and the figures beside ours.

Cells by k-means or product quantisation; codes by product quantisation or spherical hashing: four combinations.
"""

import copy

import numpy as np
import pandas as pd

from visret_lab.arrays import l2_normalize
from visret_lab.evaluation import Result, average_precision, ground_truth
from visret_lab.teaching.answers import CheckFailed, Exercise, Mistake
from visret_lab.teaching.projects.project import Probe, Project
from visret_lab.teaching.projects.search_engine import CELLS, CODES, SearchEngine

# ---- what the checker asks

ENOUGH = 0.5  # of the true ten nearest among the first 50 of 900, with all cells open; ours are above 0.85, chance is at 0.06


def hidden(seed, count=600, dim=32):
    """Vectors in 20 groups that overlap: (train float32 3000 x dim, database count x dim, queries 40 x dim).

    They are not of unit length: on the sphere a query without its residual finds much all the same, and the mistake stays hidden.
    """
    rng = np.random.default_rng(seed)
    middles = rng.normal(0.5, 1, size=(20, dim))
    stretch = np.geomspace(1.2, 0.3, dim)

    def draw(n):
        return (middles[rng.integers(20, size=n)] + rng.normal(size=(n, dim)) * stretch).astype(np.float32)

    return draw(3000), draw(count), draw(40)


def fitted(make, train):
    """A fresh engine that has learnt from a copy of `train`."""
    engine = make()
    for name in ("fit", "add", "search"):
        if not callable(getattr(engine, name, None)):
            raise CheckFailed(f"Your engine has no method `{name}`. It needs fit(train), add(x) and search(q, k).")
    engine.fit(train.copy())
    return engine


def opened(engine, nprobe=None):
    """The engine with `nprobe` cells open; None: all of them."""
    for name in ("nprobe", "n_cells"):
        if not isinstance(getattr(engine, name, None), (int, np.integer)):
            raise CheckFailed(f"Your engine has no attribute `{name}`, a whole number. The checker reads how many cells there are "
                              "(`n_cells`), and sets how many are looked into (`nprobe`).")
    engine.nprobe = engine.n_cells if nprobe is None else nprobe
    return engine


def found_by(engine, q, k):
    """Scores and ids of a search, once their form is right."""
    answer = engine.search(q.copy(), k)
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise CheckFailed("`search` must return two arrays: scores and ids, in this order.")
    scores, ids = np.asarray(answer[0]), np.asarray(answer[1])
    if scores.dtype.kind in "iu" and ids.dtype.kind == "f":
        raise CheckFailed("`search` seems to return the ids first. FAISS and this course return scores, then ids.")
    if ids.dtype.kind not in "iu" or scores.dtype.kind not in "fiu":
        raise CheckFailed(f"Scores must be numbers and ids whole numbers; yours have the types {scores.dtype} and {ids.dtype}. Rows "
                          f"of different lengths are one reason: fill up to k with score -inf and id -1.")
    if scores.shape != (len(q), k) or ids.shape != (len(q), k):
        raise CheckFailed(f"For {len(q)} queries and k = {k} both arrays must have the shape ({len(q)}, {k}); yours have "
                          f"{scores.shape} and {ids.shape}. Where fewer are found, the rest is filled with score -inf and id -1.")
    return scores, ids


def _shape(make):
    train, x, q = hidden(1)
    engine = fitted(make, train)
    engine.add(x.copy())
    found_by(engine, q, 10)


def _ids(make):
    """All cells open and k = N: every id of the database, once."""
    train, x, q = hidden(2)
    engine = fitted(make, train)
    engine.add(x[:400].copy())
    engine.add(x[400:].copy())
    _, all_ids = found_by(opened(engine), q, len(x))
    _, one_ids = found_by(opened(engine, 1), q, len(x))
    opened(engine)
    if all_ids.max() >= len(x):
        raise CheckFailed(f"There are {len(x)} vectors in the database, and you return the id {all_ids.max()}. Does `fit` store the "
                          "training vectors in the lists? It only learns from them; what is searched comes by `add`.")
    row = all_ids[0][all_ids[0] >= 0]
    if len(np.unique(row)) < len(row):
        if row.max() < 0.5 * len(x):
            raise CheckFailed("The same id comes several times in one row, and no id is large: you return places in the list of a "
                              "cell. Store with each code the number of its vector in the whole database, and return that.")
        raise CheckFailed("The same id comes several times in one row. Here two calls of `add` brought 400 and 200 vectors: the ids "
                          "of the second must go on counting from 400.")
    if len(row) < len(x):
        if (all_ids >= 0).sum() == (one_ids >= 0).sum():
            raise CheckFailed("With nprobe = n_cells every vector should be found, but the engine finds as many as with nprobe = 1: "
                              "it looks into one cell only. Take the `nprobe` nearest centres, at the time of the search.")
        if len(row) <= 200 and row.max() < 200 or row.min() >= 400:
            raise CheckFailed("Two calls of `add` brought 400 and 200 vectors, and only one of them is found: the second call "
                              "replaced what was in the lists. Append to them.")
        raise CheckFailed(f"With nprobe = n_cells and k = {len(x)} every vector should be found, but {len(x) - len(row)} of "
                          f"{len(x)} are not. Is every vector in exactly one list, and are all cells counted in `n_cells`?")


def _order_of_scores(make):
    train, x, _ = hidden(3)
    engine = opened(fitted(make, train), 1)
    engine.add(x.copy())
    scores, ids = found_by(engine, x[:100], len(x))
    steps = np.diff(np.where(ids < 0, np.nan, scores.astype(float)), axis=1)
    if np.nanmax(steps, initial=0) > 1e-6:
        if np.nanmin(steps, initial=0) >= -1e-6:
            raise CheckFailed("Your scores grow along a row: they are distances. In this course a larger score is better: return the "
                              "negative of the distance, best first.")
        raise CheckFailed("Your scores go up and down along a row. Put the candidates of all probed cells together first, then sort "
                          "them once.")
    own = np.array([scores[i][ids[i] == i][0] if (ids[i] == i).any() else np.nan for i in range(100)], float)
    if np.isnan(own).mean() > 0.05:
        raise CheckFailed(f"Vectors of the database were asked as queries, with nprobe = 1, and {np.isnan(own).mean():.0%} did not "
                          "find themselves. `add` and `search` choose different cells: both must take the *nearest* centre.")
    count = (ids >= 0).sum(1)
    last = np.array([scores[i][count[i] - 1] for i in range(100)], float)
    worst = (own <= last + 1e-6) & (own < scores[:, 0] - 1e-6)
    if worst.mean() > 0.5:
        raise CheckFailed("Vectors of the database were asked as queries, and they come *last* in their own cell. The distances are "
                          "sorted the wrong way round: the smallest distance is best.")
    if (own < scores[:, 0] - 1e-5 * np.maximum(1, np.abs(own))).mean() > 0.05:
        raise CheckFailed("Vectors of the database were asked as queries, and others of their own cell come before them. What is "
                          "done to a vector before it is coded must be done to the query as well: if you code the residual "
                          "x - centre, take the centre off the query, too.")


def recall(engine, x, q, depth=50):
    """Share of the true ten nearest of each query among the first `depth` that the engine finds."""
    true = np.argsort(((q[:, None] - x) ** 2).sum(2), axis=1, kind="stable")[:, :10]
    _, ids = found_by(engine, q, depth)
    return (ids[:, :, None] == true[:, None]).any(1).mean()


def agreement(engine, x, q):
    """Mean correlation of scores and true negative distances, within the one cell that each query looks into."""
    scores, ids = found_by(opened(engine, 1), q, len(x))
    values = []
    for one, row, number in zip(q, scores, ids, strict=True):
        here = number >= 0
        true = -((x[number[here]] - one) ** 2).sum(1)
        if here.sum() > 4 and row[here].std() > 0:
            values.append(np.corrcoef(row[here], true)[0, 1])
    return float(np.mean(values)) if values else 0.0


def _learning(make):
    """What is learnt must not depend on what is added."""
    train, x, q = hidden(4)
    engine = opened(fitted(make, train))
    small, large = copy.deepcopy(engine), copy.deepcopy(engine)
    small.add(x[:100].copy())
    large.add(np.concatenate([x[:100], 3 * x[::-1] + 1]))
    scores = []
    for one, n in ((small, 100), (large, len(x) + 100)):
        s, ids = found_by(one, q, n)
        scores.append(np.array([[s[i][ids[i] == j][0] if (ids[i] == j).any() else np.nan for j in range(100)] for i in range(40)]))
    if not np.allclose(*scores, rtol=1e-3, atol=1e-4, equal_nan=True):
        raise CheckFailed("The scores of the first 100 vectors change when others are added: something is learnt from the database. "
                          "Centres and codes are learnt in `fit`, from the training vectors, and never again.")


def _recall(make):
    train, x, q = hidden(5, count=900)
    engine = fitted(make, train)
    engine.add(x.copy())
    one, all_ = recall(opened(engine, 1), x, q), recall(opened(engine), x, q)
    if all_ < one - 0.05 and agreement(engine, x, q) > 0.3:
        raise CheckFailed(f"With all cells open the engine finds less than with one: {all_:.0%} of the true ten nearest among the "
                          f"first 50, and {one:.0%}. Distances from different cells do not fit together. With residuals, each "
                          "probed cell needs its own: q minus *its* centre, not minus the nearest one.")
    if all_ < ENOUGH:
        raise CheckFailed(f"With all cells open only {all_:.0%} of the true ten nearest are among the first 50 of {len(x)}. The codes "
                          "say too little. Are they made as the query is? Do they have 8 bytes? Are they learnt from residuals if "
                          "they code residuals?")


def _looked(make):
    train, x, q = hidden(6)
    engine = fitted(make, train)
    engine.add(x.copy())
    seen = []
    for nprobe in (1, None):
        _, ids = found_by(opened(engine, nprobe), q, len(x))
        looked = np.asarray(getattr(engine, "looked_", np.zeros(0)))
        if looked.shape != (len(q),):
            raise CheckFailed("After a search, `looked_` must hold one number for each query: with how many vectors it was compared.")
        seen.append((looked, (ids >= 0).sum(1)))
    if (seen[0][0] >= len(x)).all():
        raise CheckFailed("With nprobe = 1 every query is still compared with the whole database: the lists save nothing. Compute "
                          "distances only for the vectors in the probed cells.")
    if any((looked != count).any() for looked, count in seen):
        raise CheckFailed("With k = N an engine returns all that it was compared with, but your `looked_` says another number. Count "
                          "the vectors in the probed cells, not the cells and not k.")


def _far_away(make):
    """Cells that hold nothing, and k larger than what is found."""
    train, x, q = hidden(7)
    engine = opened(fitted(make, train), 1)
    few = x[np.argsort(((x - x[0]) ** 2).sum(1))[:12]]  # neighbours: most cells stay empty
    engine.add(few.copy())
    scores, ids = found_by(engine, q, 30)
    if (ids >= len(few)).any():
        raise CheckFailed(f"Twelve vectors were added, and the id {ids.max()} comes back.")
    if ids.min() >= 0 or (ids >= 0).sum() and any(len(np.unique(r[r >= 0])) < (r >= 0).sum() for r in ids):
        raise CheckFailed("Where fewer than k are found, the free places must have the id -1. You fill them with something that looks "
                          "like an image, such as 0.")
    if np.isfinite(scores[ids < 0]).any() or (scores[ids < 0] > 0).any():
        raise CheckFailed("Places with the id -1 must have the score -inf, so that they stay last whoever sorts them.")


def _twins(make):
    train, x, _ = hidden(8)
    engine = opened(fitted(make, train))
    x = x[:60]
    engine.add(np.concatenate([x, x]))
    scores, ids = found_by(engine, x, 2 * len(x))
    place, twin = np.argsort(ids, axis=1), np.arange(len(x))
    first, second = place[twin, twin], place[twin, twin + len(x)]
    if not np.allclose(scores[twin, first], scores[twin, second], rtol=1e-4, atol=1e-5):
        raise CheckFailed("Each vector was added twice, and the two copies get different scores. A code must depend on the vector alone.")
    if (first > second).any():
        raise CheckFailed("Each vector was added twice, and the copy with the larger id comes first. Ties go to the lower id: sort by "
                          "score, then by id (`np.lexsort((ids, distances))`).")


def _memory(make):
    """Other layouts and types of the same numbers, and arguments that must stay as they are."""
    train, x, q = hidden(9)
    engine, other = fitted(make, train), None
    other = copy.deepcopy(engine)
    mine, asked = x.copy(), q.copy()
    engine.add(mine)
    want = engine.search(asked, 20)
    if not (np.array_equal(mine, x) and np.array_equal(asked, q)):
        raise CheckFailed("Your engine changes the arrays that it is given. `x -= centre` writes into the caller's array: write "
                          "`x = x - centre`.")
    again = engine.search(q.copy(), 20)
    if not (np.array_equal(want[1], again[1]) and np.allclose(want[0], again[0])):
        raise CheckFailed("The same search twice gives two answers. A search must leave the index as it is.")
    other.add(np.asfortranarray(x.astype(np.float64)))
    wide = np.zeros((len(q), 2 * q.shape[1]))
    wide[:, ::2] = q
    got = other.search(wide[:, ::2], 20)
    if not np.array_equal(np.asarray(want[1]), np.asarray(got[1])):
        raise CheckFailed("The same numbers in another layout (float64, or every second column of a wider array) give other results. "
                          "Begin `add` and `search` with `np.ascontiguousarray(x, np.float32)`.")
    empty = fitted(make, train)
    try:
        empty.search(q[:2].copy(), 5)
    except ValueError:
        return
    except Exception as error:
        raise CheckFailed(f"A search before anything was added stops with {type(error).__name__}. Raise a ValueError that says that "
                          "the index is empty.") from error
    raise CheckFailed("A search before anything was added gives an answer. Raise a ValueError that says that the index is empty: "
                      "somebody has forgotten `add`.")


project = Project(
    name="a search engine of cells and codes",
    probes=(Probe("it learns, adds and searches", _shape), Probe("ids are those of the database", _ids),
            Probe("a stored vector comes first in its cell", _order_of_scores),
            Probe("nothing is learnt from the database", _learning), Probe("codes find the true neighbours", _recall),
            Probe("it looks only into the probed cells", _looked), Probe("empty cells, and k above what is found", _far_away),
            Probe("equal vectors", _twins), Probe("layouts of the memory, and the empty index", _memory)),
    hints=("`fit`: centres first, then the cell of each training vector, then the codes. `add`: the cell of each vector, its code, "
           "and both its code and its id into the list of that cell.",
           "Keep for each cell an array of ids and an array of codes. With no vectors yet, `coder.encode(train[:0])` has the right "
           "type and width.",
           "`search`, for one query: `cells = np.argsort(distances to the centres)[:self.nprobe]`, collect ids and distances of these "
           "lists, `np.concatenate` both, then `best = np.lexsort((ids, distances))[:k]`.",
           "PQ codes `x - centre[cell]`; the query needs `q - centre[c]` anew for every probed cell c. A spherical code is made of "
           "the vector itself.",
           "Begin with `scores = np.full((len(q), k), -np.inf)` and `ids = np.full((len(q), k), -1)`, and write what was found over "
           "the first places."),
)


# ---- the last step of the project: an exercise


def _rerank(queries, database, first_stage):
    similarity = np.einsum("qd,qkd->qk", queries, database[first_stage])
    similarity[first_stage < 0] = -np.inf
    order = np.argsort(-similarity, axis=1, kind="stable")
    return np.take_along_axis(first_stage, order, axis=1)


def _rerank_cases():
    cases = []
    for seed, (count, k) in enumerate(((12, 5), (30, 8))):
        rng = np.random.default_rng(seed)
        x, q = (l2_normalize(rng.normal(size=(n, 6)).astype(np.float32)) for n in (count, 3))
        ids = np.stack([rng.permutation(count)[:k] for _ in range(3)])
        ids[0, k - 2 :] = -1
        x[-1] = q[0]  # whoever reads the id -1 as a place takes the last image, which is the best of all
        ids[(ids == count - 1)] = (set(range(count)) - set(ids.ravel())).pop()
        cases.append((q, x, ids))
    return cases


def _places(queries, database, first_stage):
    similarity = np.einsum("qd,qkd->qk", queries, database[first_stage])
    similarity[first_stage < 0] = -np.inf
    return np.argsort(-similarity, axis=1, kind="stable")


def _unmasked(queries, database, first_stage):
    similarity = np.einsum("qd,qkd->qk", queries, database[first_stage])
    return np.take_along_axis(first_stage, np.argsort(-similarity, axis=1, kind="stable"), axis=1)


def _worst_first(queries, database, first_stage):
    similarity = np.einsum("qd,qkd->qk", queries, database[first_stage])
    similarity[first_stage < 0] = np.inf
    return np.take_along_axis(first_stage, np.argsort(similarity, axis=1, kind="stable"), axis=1)


def _everything(queries, database, first_stage):
    return np.argsort(-queries @ database.T, axis=1, kind="stable")[:, : first_stage.shape[1]]


reranking = Exercise(
    name="re-ranking",
    reference=_rerank,
    cases=_rerank_cases,
    mistakes=(
        Mistake("places", _places, "You return places in the list of candidates. Return the ids that stand there: "
                "`np.take_along_axis(first_stage, order, axis=1)`."),
        Mistake("-1 as an image", _unmasked, "The id -1 is read as a place by NumPy: it is the *last* image of the database, and here "
                "it gets to the front. Set the similarity to -inf where the id is -1."),
        Mistake("worst first", _worst_first, "You sort the similarities upwards. The largest is best."),
        Mistake("everything", _everything, "You rank the whole database. Then the first stage was for nothing: only its candidates are "
                "compared again."),
        Mistake("unchanged", lambda q, x, ids: ids, "The order is still that of the codes."),
    ),
    hints=("`database[first_stage]` is Q x k x D: the vectors of the candidates.",
           "`np.einsum(\"qd,qkd->qk\", queries, database[first_stage])` gives their similarities.",
           "Put -inf where `first_stage < 0`, sort downwards (stable), and take the ids in this order."),
)


# ---- the learner's figures beside ours


def measured(name, engine, dataset, queries, protocol=None, seed=0):
    """Search the town with an engine that holds it, and score.

    Args:
        engine: holds one vector for each image of `dataset`. queries: float32 Q x D.

    Returns:
        (Result, share of the database that a query was compared with). Images that were not looked at are not found.
    """
    _, ids = engine.search(queries, len(dataset.ids))
    truth = ground_truth(dataset, protocol or dataset.default_protocol)
    values = [average_precision(row[row >= 0][None], [t])[0] for row, t in zip(np.asarray(ids), truth, strict=True)]
    result = Result(name, np.array(values), dataset.name, protocol or dataset.default_protocol,
                    getattr(engine, "nbytes", np.nan) / len(dataset.ids), None, seed)
    return result, float(np.mean(engine.looked_)) / len(dataset.ids)


def beside_ours(vectors, dataset, make=None, nprobe=8, seed=0):
    """The learner's engine, our four, and exact search, on one set.

    Args:
        vectors: (train, database, queries), float32, learnt from and taken from different sets. make: as for `check_project`.

    Returns:
        pandas DataFrame: engine, mAP, low, high, bytes an image, share looked at.
    """
    train, x, q = vectors
    ours = {f"{cells} cells, {codes} codes": SearchEngine(cells, codes, nprobe=nprobe, seed=seed).fit(train).add(x)
            for cells in CELLS for codes in CODES}
    engines = ours
    if make is not None:
        yours = make()
        yours.fit(train)
        yours.add(x)
        engines = {"yours": yours, **ours}
    rows = [(r, share) for r, share in (measured(name, e, dataset, q, seed=seed) for name, e in engines.items())]
    order = np.argsort(((q[:, None] - x) ** 2).sum(2), axis=1, kind="stable")
    exact = Result("exact", average_precision(order, ground_truth(dataset, dataset.default_protocol)), dataset.name,
                   dataset.default_protocol, x.nbytes / len(x), None, seed)
    return pd.DataFrame([{"engine": r.name, "mAP": r.mean, "low": r.interval[0], "high": r.interval[1],
                          "bytes an image": r.bytes_per_image, "share looked at": share} for r, share in [*rows, (exact, 1.0)]])
