import warnings

import faiss
import numpy as np
import pytest

from visret_lab.search import engines
from visret_lab.search.engines import KINDS, Engine
from visret_lab.search.exact import ExactIndex

RNG = np.random.default_rng(0)
X = RNG.normal(size=(2000, 16)).astype(np.float32)
Q = (X[:40] + 0.1 * RNG.normal(size=(40, 16))).astype(np.float32)
SMALL = {"exact": {}, "pq": {"M": 4, "bits": 4}, "ivf": {"nlist": 16}, "ivfpq": {"nlist": 16, "M": 4, "bits": 4},
         "hnsw": {"M": 12}}
OTHER = {"M": 8, "bits": 5, "nlist": 20, "nprobe": 5, "by_residual": False, "efConstruction": 50, "efSearch": 33}
every = pytest.mark.parametrize("kind", SMALL)


def engine(kind, *args, **more):
    return Engine(kind, 16, *args, **(SMALL[kind] | more))


def recall(ids, metric="l2", x=X, q=Q):
    true = ExactIndex(metric).add(x).search(q, 10)[1]
    return np.mean([len(set(a) & set(b)) / 10 for a, b in zip(ids, true, strict=True)])


@every
@pytest.mark.parametrize("metric", ["l2", "ip"])
def test_finds_near_rows_and_larger_scores_are_better(kind, metric):
    scores, ids = engine(kind, metric).fit(X).add(X[:1200]).add(X[1200:]).search(Q, 10)
    assert (np.diff(scores, axis=1) <= 0).all() and scores.dtype == np.float32 and ids.dtype == np.int64
    assert recall(ids, metric) >= {"exact": 1, "ivf": 0.7, "hnsw": 0.8, "pq": 0.15, "ivfpq": 0.15}[kind]
    if kind in ("exact", "ivf", "hnsw"):  # their scores are exact
        q = Q[:, None]
        true = (q * X[ids]).sum(2) if metric == "ip" else -((q - X[ids]) ** 2).sum(2)
        assert np.allclose(scores, true, atol=1e-4)


@every
def test_every_parameter_is_read_back_from_faiss(kind):
    chosen = {name: OTHER[name] for group in KINDS[kind] for name in group}
    made = Engine(kind, 16, **chosen)
    assert made.parameters() == chosen
    raw = faiss.downcast_index(made.index)
    where = {"M": "pq.M", "bits": "pq.nbits", "efConstruction": "hnsw.efConstruction", "efSearch": "hnsw.efSearch"}
    for name, value in chosen.items():
        if (name, kind) == ("M", "hnsw"):
            assert (raw.hnsw.nb_neighbors(0), raw.hnsw.nb_neighbors(1)) == (16, 8)
            continue
        at = raw
        for part in where.get(name, name).split("."):
            at = getattr(at, part)
        assert at == value


def test_set_and_read_back():
    made = engine("ivf")
    assert made.parameters() == {"nlist": 16, "nprobe": 8}
    assert made.set(nprobe=np.int64(3)) is made and made.index.nprobe == 3 and made.parameters()["nprobe"] == 3


def test_a_value_that_faiss_did_not_take_is_an_error(monkeypatch):
    made = engine("ivf")
    monkeypatch.setattr(engines, "_place", lambda index, name: (type("Elsewhere", (), {"nlist": 16, "nprobe": 1})(), name))
    with pytest.raises(RuntimeError, match="nprobe was set to 9, but FAISS has 1"):
        made.set(nprobe=9)


def test_the_seed_reaches_faiss():
    made = engine("ivfpq", seed=7)
    assert made.index.cp.seed == made.index.pq.cp.seed == 7
    assert (engine("pq", seed=1).fit(X).add(X).search(Q, 5)[0] == engine("pq", seed=1).fit(X).add(X).search(Q, 5)[0]).all()
    assert (engine("pq", seed=1).fit(X).add(X).search(Q, 5)[0] != engine("pq", seed=2).fit(X).add(X).search(Q, 5)[0]).any()


def test_more_probes_find_more():
    made = engine("ivf").fit(X).add(X)
    found = [recall(made.set(nprobe=n).search(Q, 10)[1]) for n in (1, 4, 16)]
    assert found[0] < found[1] < found[2] == 1


@pytest.mark.parametrize("metric", ["l2", "ip"])
def test_normalised_on_both_sides(metric):
    long = X * RNG.uniform(0.1, 30, (2000, 1)).astype(np.float32)
    scores, ids = engine("exact", metric, normalize=True).add(long).search(7 * Q, 10)
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    q = Q / np.linalg.norm(Q, axis=1, keepdims=True)
    expected, true = ExactIndex(metric).add(unit).search(q, 10)
    assert (ids == true).all() and np.allclose(scores, expected, atol=1e-5)
    assert recall(engine("exact", metric).add(long).search(Q, 10)[1], metric, unit, q) < 0.9  # it does make a difference
    assert (engine("ivf", metric, normalize=True).fit(long).add(long).set(nprobe=16).search(7 * Q, 10)[1] == true).all()


@every
def test_the_same_rows_in_other_dtypes_and_layouts(kind):
    made = engine(kind).fit(np.asfortranarray(X)).add(X.astype(np.float64))
    faiss.omp_set_num_threads(1)
    expected = engine(kind).fit(X).add(X).search(Q, 5)[1]
    wide = np.zeros((40, 32), np.float32)
    wide[:, ::2] = Q
    if kind != "hnsw":  # the graph depends on the order in which threads add
        assert (made.search(Q, 5)[1] == expected).all()
    assert (made.search(wide[:, ::2], 5)[1] == made.search(Q.astype(np.float64), 5)[1]).all()
    assert (made.search(Q[0], 5)[1] == made.search(Q, 5)[1][:1]).all()


@every
def test_missing_places(kind):
    made = engine(kind).fit(X).add(X[:3])
    if kind in ("ivf", "ivfpq"):
        made.set(nprobe=16)
    scores, ids = made.search(Q[:2], 6)
    assert sorted(ids[0, :3]) == [0, 1, 2] and (ids[:, 3:] == -1).all() and np.isneginf(scores[:, 3:]).all()
    assert np.isfinite(scores[:, :3]).all()


@every
def test_bytes(kind):
    made = engine(kind).fit(X).add(X)
    written = len(faiss.serialize_index(made.index))
    table = 4 * made.index.precomputed_table.size() if kind == "ivfpq" else 0  # not in the file
    assert 0 <= written - (made.nbytes - table) < 1000
    assert len(made) == 2000 and (kind != "ivfpq" or table == 16 * 4 * 16 * 4)


@every
def test_bad_vectors(kind):
    made = engine(kind)
    for call in (made.fit, made.add):
        with pytest.raises(ValueError, match="8 columns, but 16"):
            call(X[:, :8])
        with pytest.raises(ValueError, match="not finite"):
            call(np.where(X == X[3, 0], np.nan, X))
    if not made.index.is_trained:
        for call in (lambda: made.add(X), lambda: made.search(Q, 1)):
            with pytest.raises(RuntimeError, match=f"This {kind} engine is not trained: call fit"):
                call()
    made.fit(X)
    with pytest.raises(ValueError, match="empty"):
        made.search(Q, 1)
    made.add(X)
    with pytest.raises(ValueError, match="8 columns, but 16"):
        made.search(Q[:, :8], 1)
    with pytest.raises(ValueError, match="not finite"):
        made.search(np.full((1, 16), np.inf), 1)
    with pytest.raises(ValueError, match="k must be at least 1"):
        made.search(Q, 0)


@every
def test_zero_rows_have_no_cosine(kind):
    rows = X.copy()
    rows[[7, 9]] = 0
    made = engine(kind, "ip", normalize=True)
    with pytest.raises(ValueError, match=r"x has a zero row, the first is row 7 \(2 of 2000\)"):
        made.fit(rows)
    made.fit(X)
    with pytest.raises(ValueError, match="zero row"):
        made.add(rows)
    with pytest.raises(ValueError, match="q has a zero row"):
        made.add(X).search(rows[7], 1)
    assert len(engine(kind, "ip").fit(rows).add(rows)) == 2000  # without cosines a zero row is a row


@pytest.mark.parametrize(("kind", "rows", "what"), [
    ("ivf", 15, "16 cells cannot be learnt from 15 training rows"), ("pq", 15, "16 words a piece cannot be learnt from 15"),
    ("ivfpq", 15, "16 cells"), ("ivf", 0, "from 0 training rows"), ("pq", 1, "from 1 training rows"), ("ivfpq", 1, "from 1")])
def test_too_few_training_rows(kind, rows, what):
    with pytest.raises(ValueError, match=what):
        engine(kind).fit(X[:rows])


@pytest.mark.parametrize("kind", ["ivf", "pq", "ivfpq"])
def test_few_training_rows_get_a_warning_in_words_and_none_from_faiss(kind, capfd):
    with pytest.warns(UserWarning, match="623 training rows for 16 .* fewer than 39 for each"):
        engine(kind).fit(X[:623])
    assert capfd.readouterr() == ("", "")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        engine(kind).fit(X[:624])


def test_trained_twice():
    with pytest.raises(RuntimeError, match="trained already"):
        engine("ivf").fit(X).fit(X)
    assert len(engine("hnsw").fit(X).fit(X).add(X)) == 2000  # it learns nothing, so nothing is lost


def test_bad_parameters():
    for kind in ("pq", "ivfpq"):
        with pytest.raises(ValueError, match=r"M = 5 does not divide the 16 dimensions. Take one of 1, 2, 4, 8, 16"):
            engine(kind, M=5)
    with pytest.raises(ValueError, match="There is no engine 'IVF1024'. There are: exact, pq, ivf, ivfpq, hnsw"):
        Engine("IVF1024", 16)
    with pytest.raises(ValueError, match="metric"):
        engine("ivf", "cosine")
    with pytest.raises(ValueError, match="ivf has no parameter n_probe. It has: nlist, nprobe"):
        engine("ivf", n_probe=3)
    with pytest.raises(ValueError, match="exact has no parameter nprobe. It has: none"):
        engine("exact").set(nprobe=3)
    with pytest.raises(ValueError, match="nlist is fixed when the index is built"):
        engine("ivf").set(nlist=3)
    with pytest.raises(ValueError, match="nprobe = 17, but there are only 16 cells"):
        engine("ivf").set(nprobe=17)
    for wrong in (0, -1, 2.5, True, "8"):
        with pytest.raises(ValueError, match="nprobe must be a whole number from 1 on"):
            engine("ivf").set(nprobe=wrong)
    with pytest.raises(ValueError, match="by_residual must be True or False"):
        engine("ivfpq", by_residual=1)
    with pytest.raises(ValueError, match="bits must be between 1 and 16"):
        engine("pq", bits=17)
    with pytest.raises(ValueError, match="dim must be at least 1"):
        Engine("exact", 0)
    with pytest.raises(ValueError, match="nprobe = 8, but there are only 4 cells"):
        engine("ivf", nlist=4)
