import numpy as np
import pytest

from visret_lab.video.bloom import BloomFilters, SignFisher, false_positive_rate

RNG = np.random.default_rng(0)
K, D = 24, 20


def random_signs(count, rng=RNG):
    return rng.random((count, K, D)) < 0.5


ALL = np.ones((1, K), bool)


@pytest.mark.parametrize(("bits", "inserted"), [(4, 10), (8, 100), (10, 2000)])
def test_false_positives_are_those_of_the_formula(bits, inserted):
    filters = BloomFilters(K, D, bits, least=1).add(random_signs(inserted), np.repeat(ALL, inserted, axis=0))
    hits = np.stack([filters.hits(s, ALL[0])[0] for s in random_signs(1500)])
    assert hits.mean() == pytest.approx(false_positive_rate(inserted, bits), abs=0.02)
    few = hits[:, :2].all(axis=1).mean()
    assert few == pytest.approx(false_positive_rate(inserted, bits, 2), abs=0.05)


def test_what_was_inserted_is_always_found():
    signs = random_signs(30)
    visited = RNG.random((30, K)) < 0.8
    filters = BloomFilters(K, D, 12, least=5).add(signs, visited)
    for s, v in zip(signs, visited, strict=True):
        assert np.array_equal(filters.hits(s, v)[0], v)


def test_each_hasher_reads_its_signs_as_a_number():
    filters, signs = BloomFilters(K, D, 5, least=1, seed=3), random_signs(2)
    for m, k in ((0, 0), (1, 7), (1, K - 1)):
        assert filters.numbers(signs)[m, k] == sum(int(signs[m, k, j]) << i for i, j in enumerate(filters.chosen[k]))
    assert len(set(map(tuple, filters.chosen))) > K // 2 and all(len(set(row)) == 5 for row in filters.chosen)


def test_the_score_is_hits_over_the_root_of_what_is_set():
    filters = BloomFilters(K, D, 12, least=1)
    one, many = random_signs(1), random_signs(16)
    filters.add(one, ALL).add(np.concatenate([one, many]), np.repeat(ALL, 17, axis=0)).add(many, np.repeat(ALL, 16, axis=0))
    scores, full = filters.scores(one[0], ALL[0]), filters.counts().sum(axis=1)
    assert scores[:2] == pytest.approx([K / full[0] ** 0.5, K / full[1] ** 0.5]) and scores[0] > scores[1] > scores[2]
    half = ALL[0] & (np.arange(K) < 12)
    assert filters.scores(one[0], half)[0] == pytest.approx(12 / 12**0.5)
    flat = BloomFilters(K, D, 12, least=1, alpha=0.0).add(one, ALL)
    assert flat.scores(one[0], ALL[0]) == [K]


def test_too_few_visited_words_say_nothing():
    filters, few = BloomFilters(K, D, 8, least=10), np.arange(K)[None] < 9
    filters.add(random_signs(1), few).add(random_signs(1), ALL)
    assert filters.counts().sum(axis=1).tolist() == [0, K] and not filters.scores(random_signs(1)[0], few[0]).any()
    assert filters.nbytes == 2 * K * 2**8 // 8 and filters.scenes == 2


def test_signs_are_those_of_the_fisher_vector():
    from visret_lab.encoding.fisher import FisherVector

    sets = [RNG.random((n, 32)).astype(np.float32) for n in (300, 200, 0, 250)]
    signer = SignFisher(6, 10).fit(sets)
    signs, visited = signer.transform(sets)
    means = FisherVector(gmm=signer.gmm_, blocks=("means",), power=1, l2=False).transform([
        signer.pca_.transform(x).astype(np.float32) if len(x) else np.zeros((0, 10), np.float32) for x in sets])
    clear = np.abs(means.reshape(4, 6, 10)) > 1e-5
    assert np.array_equal(signs[clear], (means.reshape(4, 6, 10) > 0)[clear]) and clear[[0, 1, 3]].mean() > 0.95
    assert visited[0].all() and not visited[2].any() and signs.shape == (4, 6, 10)


@pytest.mark.parametrize(("call", "says"), [
    (lambda: BloomFilters(K, D, 2), "bits"), (lambda: BloomFilters(K, D, 21), "bits"), (lambda: BloomFilters(K, D, 8, least=25), "least"),
    (lambda: BloomFilters(K, D, 8, least=4).numbers(np.zeros((1, 3, D), bool)), "must be M x 24"),
    (lambda: BloomFilters(K, D, 8, least=4).scores(random_signs(1)[0], ALL[0]), "no scene"),
    (lambda: SignFisher(8, 4).fit([np.zeros((5, 8), np.float32)]), "too few")])
def test_bad_input_is_named(call, says):
    with pytest.raises(ValueError, match=says):
        call()
