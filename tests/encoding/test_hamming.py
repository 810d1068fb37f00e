import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from visret_lab.bench.bow import clustered
from visret_lab.encoding.bow import BagOfWords
from visret_lab.encoding.hamming import HammingEmbedding, grouped_medians, hamming
from visret_lab.encoding.vocabulary import Vocabulary
from visret_lab.search.signatures import SignatureFile, ranges


@pytest.fixture(scope="module")
def parts():
    """(images: list of 6 sets of descriptors, the fourth empty; fitted vocabulary of 15 words; fitted embedding)."""
    rng = np.random.default_rng(0)
    rows = clustered(12 * 80, rng)
    images, training = list(rows[:480].reshape(6, 80, 128)), list(rows[480:].reshape(6, 80, 128))
    words = Vocabulary(15).fit(training)
    embedding = HammingEmbedding(words).fit(training)
    images[3] = []
    return images, words, embedding


def test_hamming_by_hand():
    assert hamming([0b1010, 0, 2**64 - 1], [0b0110, 0, 0]).tolist() == [2, 0, 64]


def test_medians_of_groups_by_a_loop():
    rng = np.random.default_rng(1)
    values, group = rng.random((50, 3)).astype(np.float32), rng.integers(0, 6, 50)
    group[group == 4] = 5  # nobody is in group 4
    got = grouped_medians(values, group, 7)
    for g in range(7):
        want = np.median(values[group == g], axis=0) if (group == g).any() else np.median(values, axis=0)
        assert np.allclose(got[g], want, atol=1e-6)


def test_the_projection_is_orthonormal_and_each_bit_halves_its_drawer(parts):
    images, words, embedding = parts
    p = embedding.projection_
    assert p.shape == (128, 64) and np.allclose(p.T @ p, np.eye(64), atol=1e-5)
    rows = np.concatenate([x for x in images if len(x)])
    found = words.assign(rows)
    signature = embedding.signatures(rows, found)
    big = np.bincount(found).argmax()
    share = [(signature[found == big] >> np.uint64(j) & np.uint64(1)).mean() for j in range(64)]
    assert 0.2 < np.min(share) and np.max(share) < 0.8 and 0.45 < np.mean(share) < 0.55


def test_signatures_by_a_loop(parts):
    images, words, embedding = parts
    found = words.assign(images[0])
    for x, w, got in zip(images[0][:10], found, embedding.signatures(images[0][:10], found[:10]), strict=False):
        z = x @ embedding.projection_
        assert int(got) == sum(1 << j for j in range(64) if z[j] > embedding.medians_[w, j])


def test_near_descriptors_have_near_signatures(parts):
    images, words, embedding = parts
    x = images[0]
    near = x + 0.002 * np.random.default_rng(2).standard_normal(x.shape).astype(np.float32)
    found = words.assign(x)
    same = hamming(embedding.signatures(x, found), embedding.signatures(near, found))
    other = hamming(embedding.signatures(x, found), np.roll(embedding.signatures(x, found), 1))
    assert same.mean() < 10 < other.mean()


def test_without_a_threshold_it_is_the_bag_of_words(parts):
    images, words, embedding = parts
    got = SignatureFile(embedding, threshold=64).add(images).scores(images[:3])
    encoder = BagOfWords(words, dense=True).fit(images)
    database, queries = encoder.transform(images), encoder.set_params(norm=None).transform(images[:3])
    assert np.allclose(got, queries @ database.T, rtol=1e-4, atol=1e-4)


def test_scores_by_a_loop(parts):
    images, words, embedding = parts
    file = SignatureFile(embedding, threshold=20).add(images)
    pairs = embedding.transform(images)
    present = np.array([[w in ws for w in range(15)] for ws, _ in pairs]).sum(axis=0)
    weight = np.where(present > 0, np.log(6 / np.maximum(present, 1)), 0)
    counts = np.array([np.bincount(ws, minlength=15) for ws, _ in pairs])
    length = np.linalg.norm(counts * weight, axis=1)
    for d, (ws, bits) in enumerate(pairs):
        total = sum(weight[a] ** 2 for a, s in zip(*pairs[0], strict=True) for b, t in zip(ws, bits, strict=True)
                    if a == b and bin(int(s) ^ int(t)).count("1") <= 20)
        assert file.scores(images[:1])[0, d] == pytest.approx(total / length[d] if length[d] else 0, rel=1e-4, abs=1e-6)


def test_adding_in_steps_changes_nothing(parts):
    images, _, embedding = parts
    whole = SignatureFile(embedding).add(images)
    steps = SignatureFile(embedding).add(images[:2]).add(images[2:])
    assert np.array_equal(whole.scores(images), steps.scores(images)) and whole.nbytes == steps.nbytes
    assert len(steps) == 6


def test_search_has_the_face_of_faiss(parts):
    images, _, embedding = parts
    scores, ids = SignatureFile(embedding).add(images).search(images[:2], 8)
    assert scores.shape == ids.shape == (2, 8)
    assert ids[:, 0].tolist() == [0, 1] and (ids[:, 6:] == -1).all() and np.isneginf(scores[:, 6:]).all()


def test_ranges():
    assert ranges(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]
    assert ranges(np.array([], int), np.array([], int)).tolist() == []


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda p: HammingEmbedding(Vocabulary(3)).fit(p[0]), NotFittedError, "not fitted"),
    (lambda p: HammingEmbedding(p[1]).transform(p[0]), NotFittedError, "not fitted"),
    (lambda p: HammingEmbedding(p[1], bits=65).fit(p[0]), ValueError, "bits must be between 1 and 64"),
    (lambda p: p[2].transform([np.zeros((2, 5))]), ValueError, "5 columns, but 128"),
    (lambda p: SignatureFile(p[2], threshold=65), ValueError, "0 to 64"),
    (lambda p: SignatureFile(p[2]).scores(p[0]), ValueError, "empty"),
    (lambda p: SignatureFile(p[2]).add(p[0]).search(p[0], 0), ValueError, "at least 1"),
])
def test_bad_input_is_named(parts, call, error, words):
    with pytest.raises(error, match=words):
        call(parts)
