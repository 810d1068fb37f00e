"""Product quantisation and hashing against FAISS and nanopq."""

import faiss
import numpy as np
import pytest

from visret_lab.bench.compact import faiss_pq, faiss_pq_index, nano_pq, races, words_and_codes
from visret_lab.bench.race import run_race
from visret_lab.compact.bits import as_bytes, pack, unpack
from visret_lab.compact.itq import ITQ
from visret_lab.compact.lsh import LSH
from visret_lab.compact.opq import OPQ
from visret_lab.compact.pq import PQIndex, ProductQuantizer
from visret_lab.search.binary import BinaryIndex
from visret_lab.search.multi_index import MultiIndexHash

pytestmark = pytest.mark.reference
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("race", races(small=True), ids=lambda race: race.name)
def test_the_races_agree(race):
    assert np.abs(race.ours()).max() > 0.05
    assert run_race(race, repeat=1)["max_difference"] <= race.tolerance


@pytest.fixture(scope="module", params=[(8, 128), (16, 128), (3, 12), (10, 10)], ids=str)
def shared(request):
    """Words, our quantiser, vectors and queries of length about 1."""
    pieces, dim = request.param
    words, _ = words_and_codes(0, pieces, dim, RNG)
    x, q = (RNG.normal(0, dim**-0.5, (n, dim)).astype(np.float32) for n in (2000, 7))
    return words, ProductQuantizer.from_codewords(words), x, q


def same_codes(ours, theirs, x, decode):
    """Equal, or, where two words are equally near within rounding, equally far from the vector."""
    off = np.flatnonzero((ours != theirs).any(axis=1))
    error = [((x[off] - decode(c[off])) ** 2).sum(1) for c in (ours, theirs)]
    return len(off) <= 0.01 * len(x) and np.allclose(*error, atol=1e-6)


def test_codes_of_faiss(shared):
    words, ours, x, _ = shared
    theirs = faiss_pq(words)
    codes = ours.encode(x)
    assert same_codes(codes, theirs.compute_codes(x), x, ours.decode)
    assert (ours.decode(codes) == theirs.decode(codes)).all()


@pytest.mark.parametrize("metric", ["l2", "ip"])
def test_distances_of_faiss(shared, metric):
    words, ours, x, q = shared
    codes = ours.encode(x)
    theirs = faiss_pq_index(words, codes, faiss.METRIC_L2 if metric == "l2" else faiss.METRIC_INNER_PRODUCT)
    expected, ids = theirs.search(q, len(x))
    distances = np.take_along_axis(ours.asymmetric(q, codes, metric), ids, axis=1)
    assert np.abs(distances - (expected if metric == "l2" else -expected)).max() < 1e-5
    scores, _ = PQIndex(ours, metric).add_codes(codes).search(q, 50)
    assert np.abs(scores - (-expected if metric == "l2" else expected)[:, :50]).max() < 1e-5


def test_symmetric_distances_of_faiss(shared):
    words, ours, x, q = shared
    theirs = faiss_pq_index(words, ours.encode(x))
    theirs.pq.compute_sdc_table()
    theirs.search_type = faiss.IndexPQ.ST_SDC
    expected, ids = theirs.search(q, 50)
    found = np.take_along_axis(ours.symmetric(ours.encode(q), ours.encode(x)), ids, axis=1)
    assert np.abs(found - expected).max() < 1e-5


def test_codes_and_distances_of_nanopq(shared):
    words, ours, x, q = shared
    theirs = nano_pq(words)
    codes = ours.encode(x)
    assert same_codes(codes, theirs.encode(x), x, ours.decode) and (ours.decode(codes) == theirs.decode(codes)).all()
    for row in q:
        assert np.abs(theirs.dtable(row).adist(codes) - ours.asymmetric(row, codes)[0]).max() < 1e-5


def correlated(count, dim=32):
    rng = np.random.default_rng(1)
    mix = rng.normal(size=(dim, dim)) * np.geomspace(1, 0.1, dim)[:, None]
    return (rng.normal(size=(count, dim)) @ mix).astype(np.float32)


def test_learnt_words_are_as_good_as_those_of_faiss():
    x = correlated(12_000)
    train, test = x[:10_000], x[10_000:]
    theirs = faiss.ProductQuantizer(32, 4, 6)
    theirs.train(train)
    lost = ((test - theirs.decode(theirs.compute_codes(test))) ** 2).sum(1).mean()
    assert ProductQuantizer(4, 6).fit(train).error(test) < 1.02 * lost


def test_opq_is_as_good_as_that_of_faiss():
    x = correlated(12_000)
    train, test = x[:10_000], x[10_000:]
    turn, words = faiss.OPQMatrix(32, 4), faiss.ProductQuantizer(32, 4, 6)
    turn.pq, turn.niter = words, 30
    turn.train(train)
    turned = turn.apply(test)
    words.train(turn.apply(train))
    lost = ((turned - words.decode(words.compute_codes(turned))) ** 2).sum(1).mean()
    ours = OPQ(4, 6).fit(train)
    assert ours.error(test) < 1.02 * lost
    assert ours.error(test) < 0.95 * ProductQuantizer(4, 6).fit(train).error(test)


def test_lsh_with_the_planes_of_faiss():
    x = correlated(500)
    theirs = faiss.IndexLSH(32, 24, True, False)
    made = LSH(24, center=False).fit(x)
    made.planes_ = np.ascontiguousarray(faiss.vector_to_array(theirs.rrot.A).reshape(24, 32).T)
    codes = theirs.sa_encode(x)
    assert codes.shape == (500, 3) and (as_bytes(made.transform(x))[:, :3] == codes).all()


def test_itq_is_as_good_as_that_of_faiss():
    """Both start from a random rotation, so the rotations differ; what they gain over a random one must not.

    |sign(v R) - v R|^2 = bits + |v|^2 - 2 sum |v R|, and only the last term depends on R.
    """
    x = correlated(5000)
    ours = ITQ(16).fit(x)
    v = (x - ours.mean_) @ (ours.directions_ @ ours.rotation_.T)
    theirs = faiss.ITQMatrix(16)
    theirs.train(np.ascontiguousarray(v))
    rotation = faiss.vector_to_array(theirs.A).reshape(16, 16).T
    assert np.allclose(rotation.T @ rotation, np.eye(16), atol=1e-3)

    def size(r):
        return np.abs(v @ r).sum(1).mean()

    rng = np.random.default_rng(2)
    by_chance = np.mean([size(np.linalg.qr(rng.normal(size=(16, 16)))[0]) for _ in range(20)])
    gained, expected = size(ours.rotation_) - by_chance, size(rotation) - by_chance
    assert expected > 0 and gained > 0.95 * expected, (gained, expected)
    assert np.isclose(16 + (v**2).sum(1).mean() - 2 * size(ours.rotation_), ours.errors_[-1], rtol=1e-4)


@pytest.mark.parametrize("bits", [64, 256, 320])
@pytest.mark.parametrize("make", [BinaryIndex, MultiIndexHash])
def test_hamming_search_of_faiss(bits, make):
    codes, q = (pack(RNG.random((n, bits)) < 0.5) for n in (3000, 9))
    theirs = faiss.IndexBinaryFlat(bits)
    theirs.add(as_bytes(codes))
    expected, _ = theirs.search(as_bytes(q), 40)
    scores, ids = make(bits).add(codes).search(q, 40)
    assert (-scores == expected).all()
    assert ((unpack(q, bits)[:, None] != unpack(codes, bits)[ids]).sum(2) == expected).all()
