import numpy as np
import pytest

from visret_lab.compact.bits import pack, unpack
from visret_lab.search import binary
from visret_lab.search.binary import BinaryIndex
from visret_lab.search.multi_index import MultiIndexHash, masks

RNG = np.random.default_rng(0)


def case(bits, count=900, queries=11):
    """Codes in clouds, so that there are near ones: bool count x bits, bool queries x bits."""
    centers = RNG.random((20, bits)) < 0.5
    x, q = (centers[RNG.integers(20, size=n)] ^ (RNG.random((n, bits)) < 0.1) for n in (count, queries))
    return x, q


def by_sorting(distances, k):
    ids = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return -np.take_along_axis(distances, ids, axis=1), ids


@pytest.mark.parametrize("bits", [1, 40, 64, 100, 256, 300])
@pytest.mark.parametrize("k", [1, 30])
def test_the_number_of_different_bits(bits, k, monkeypatch):
    monkeypatch.setattr(binary, "ROWS", 70)
    monkeypatch.setattr(binary, "QUERIES", 4)
    x, q = case(bits)
    scores, ids = BinaryIndex(bits).add(pack(x[:500])).add(pack(x[500:])).search(pack(q), k)
    expected = by_sorting((q[:, None] != x[None]).sum(2), k)
    assert (scores == expected[0]).all() and (ids == expected[1]).all()  # also the order of ties
    assert scores.dtype == np.float32 and ids.dtype == np.int64


@pytest.mark.parametrize("bits", [40, 100])
def test_the_spherical_distance(bits, monkeypatch):
    monkeypatch.setattr(binary, "ROWS", 70)
    x, q = case(bits)
    x[5] = False  # nothing in common with anything
    different, common = (q[:, None] ^ x[None]).sum(2), (q[:, None] & x[None]).sum(2)
    distances = np.where(common > 0, different / np.maximum(common, 1), different + 64 * -(-bits // 64)).astype(np.float32)
    scores, ids = BinaryIndex(bits, "spherical").add(pack(x)).search(pack(q), 900)
    expected = by_sorting(distances, 900)
    assert (ids == expected[1]).all() and np.allclose(scores, expected[0], rtol=1e-6)
    assert (different[common == 0] > 0).all() and scores[np.arange(11), -1].max() < -64  # nothing in common: last


def test_all_bits_different():
    """256 does not fit in the byte that counts a word."""
    scores, _ = BinaryIndex(256).add(pack(np.ones((3, 256)))).search(pack(np.zeros((1, 256))), 1)
    assert scores[0, 0] == -256


def test_bytes_missing_places_and_no_queries():
    x, q = case(100, 3, 2)
    for index in (BinaryIndex(100), MultiIndexHash(100)):
        scores, ids = index.add(pack(x)).search(pack(q), 5)
        assert len(index) == 3 and index.nbytes >= 48
        assert sorted(ids[0, :3]) == [0, 1, 2] and ids[0, 3:].tolist() == [-1, -1] and np.isneginf(scores[0, 3:]).all()
        assert index.search(pack(q)[:0], 2)[1].shape == (0, 2)
    assert BinaryIndex(100).add(pack(x)).nbytes == 48


def test_other_layouts_are_the_same_codes():
    x, q = case(130)
    codes, asked = pack(x), pack(q)
    expected = BinaryIndex(130).add(codes).search(asked, 5)[1]
    wide = np.zeros((900, 6), np.uint64)
    wide[:, ::2] = codes
    assert (BinaryIndex(130).add(np.asfortranarray(codes)).search(asked, 5)[1] == expected).all()
    assert (BinaryIndex(130).add(wide[:, ::2]).search(np.asfortranarray(asked), 5)[1] == expected).all()
    assert (BinaryIndex(130).add(codes).search(asked[0], 5)[1] == expected[:1]).all()


@pytest.mark.parametrize("make", [BinaryIndex, MultiIndexHash])
def test_bad_input(make):
    x, q = (pack(part) for part in case(64))
    with pytest.raises(ValueError, match="empty"):
        make(64).search(q, 1)
    index = make(64).add(x)
    with pytest.raises(ValueError, match="at least 1"):
        index.search(q, 0)
    with pytest.raises(ValueError, match=r"q must be uint64 N x 1 for 64 bits .* got float32"):
        index.search(q.astype(np.float32), 1)
    with pytest.raises(ValueError, match="got bool of shape"):
        index.add(unpack(x, 64))
    with pytest.raises(ValueError, match=r"shape \(11, 2\)"):
        index.search(np.hstack([q, q]), 1)
    with pytest.raises(ValueError, match="bits behind bit 39"):
        make(40).add(x)
    with pytest.raises(ValueError, match="bits must be at least"):
        make(0)


def test_a_metric_that_is_none():
    with pytest.raises(ValueError, match="metric"):
        BinaryIndex(8, "jaccard")


@pytest.mark.parametrize("bits", [16, 40, 64, 100, 128])
@pytest.mark.parametrize("k", [1, 10])
@pytest.mark.parametrize("share", [1.0, 0.05])
def test_multi_index_hashing_is_exact(bits, k, share):
    x, q = case(bits)
    codes = pack(x)
    index = MultiIndexHash(bits, share).add(codes[:400])
    index.search(pack(q), 1)  # the tables have to be made anew after more codes were added
    scores, ids = index.add(codes[400:]).search(pack(q), k)
    expected = BinaryIndex(bits).add(codes).search(pack(q), k)
    assert (scores == expected[0]).all() and (ids == expected[1]).all()


def test_multi_index_hashing_looks_at_few_codes():
    rng = np.random.default_rng(1)
    x = rng.random((20_000, 64)) < 0.5
    q = x[:20] ^ (rng.random((20, 64)) < 0.02)  # one or two bits from a code of the database
    index = MultiIndexHash(64).add(pack(x))
    scores, ids = index.search(pack(q), 1)
    assert (ids[:, 0] == np.arange(20)).all() and (index.looked_ < 200).all() and index.looked_.min() >= 1
    far = MultiIndexHash(256).add(pack(rng.random((20_000, 256)) < 0.5))
    far.search(pack(rng.random((3, 256)) < 0.5), 10)
    assert (far.looked_ == 20_000).all()  # no near neighbours: compared with all


def test_multi_index_hashing_with_equal_codes():
    codes = np.tile(pack(np.ones((1, 64))), (40, 1))
    assert MultiIndexHash(64).add(codes).search(codes[:1], 25)[1].tolist() == [list(range(25))]


def test_masks():
    assert [len(masks(r)) for r in range(4)] == [1, 16, 120, 560]
    assert (np.bitwise_count(masks(3)) == 3).all() and len(set(masks(3).tolist())) == 560 and masks(16).tolist() == [65535]
