import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from visret_lab.bench.bow import clustered
from visret_lab.encoding.assignment import TwoLevelAssigner, recall_of_nearest
from visret_lab.encoding.unseen import fingerprints, seen_share
from visret_lab.encoding.vocabulary import Vocabulary, approximate_kmeans, lloyd


def blobs(rng, count=60, spread=0.05):
    """Three clouds far apart: (x float32 3 count x 5, centres 3 x 5)."""
    centers = np.eye(3, 5) * 4
    return (np.repeat(centers, count, axis=0) + spread * rng.standard_normal((3 * count, 5))).astype(np.float32), centers


def exact_words(x, centers):
    return ((x[:, None, :] - centers[None]) ** 2).sum(-1).argsort(axis=1)


@pytest.mark.parametrize("exact", [True, False])
def test_the_words_are_the_middles_of_the_clouds(exact):
    x, centers = blobs(np.random.default_rng(0))
    best = min((Vocabulary(3, seed=s, exact=exact).fit([x[:90], [], x[90:]]).centers_ for s in range(5)),
               key=lambda c: exact_distance(x, c))  # k-means may stop at a poor place; one of five starts is good
    assert np.abs(np.sort(best, axis=0) - np.sort(centers, axis=0)).max() < 0.1


def exact_distance(x, centers):
    return ((x[:, None] - centers[None]) ** 2).sum(-1).min(axis=1).sum()


def test_assign_is_the_nearest_by_a_loop():
    rng = np.random.default_rng(1)
    x = rng.random((50, 6)).astype(np.float32)
    words = Vocabulary(9, n_iter=3).fit([x])
    want = exact_words(x, words.centers_)
    assert (words.assign(x) == want[:, 0]).all()
    assert (words.assign(x, k=3) == want[:, :3]).all()
    assert words.assign(np.zeros((0, 6))).shape == (0,) and words.assign(np.zeros((0, 6)), k=2).shape == (0, 2)


def test_two_levels_with_all_probes_are_exact():
    rng = np.random.default_rng(2)
    x, centers = np.split(clustered(500, rng), [300])
    want = exact_words(x, centers)
    all_groups = TwoLevelAssigner(centers, groups=8, probes=8)
    assert (all_groups.assign(x) == want[:, 0]).all()
    assert (all_groups.assign(x, k=4) == want[:, :4]).all()
    assert all_groups.assign(x[:0]).shape == (0,)


def test_two_levels_with_few_probes_are_nearly_always_right():
    rng = np.random.default_rng(3)
    x, centers = np.split(clustered(2500, rng, parts=16), [500])
    exact = exact_words(x, centers)[:, 0]
    assert recall_of_nearest(TwoLevelAssigner(centers).assign(x), exact) >= 0.95
    fewer = TwoLevelAssigner(centers, groups=500, probes=1)
    assert recall_of_nearest(fewer.assign(x), exact) < 0.95  # one probe does miss words: the measure can fail


def test_more_words_asked_for_than_the_probed_groups_hold():
    centers = np.array([[0.0, 0], [0, 1], [9, 9], [9, 8]], np.float32)
    found = TwoLevelAssigner(centers, groups=2, probes=1).assign(np.array([[0.1, 0.2]], np.float32), k=3)
    assert found.tolist() == [[0, 1, 1]]


def test_a_vocabulary_uses_the_two_levels_only_when_asked():
    rng = np.random.default_rng(4)
    x = clustered(1500, rng)
    words = Vocabulary(300, n_iter=3).fit([x])
    exact = words.assign(x)
    assert (exact == exact_words(x, words.centers_)[:, 0]).mean() > 0.999
    assert recall_of_nearest(words.assign(x, exact=False), exact) >= 0.95
    assert words.assign(x, k=2, exact=False).shape == (1500, 2)


def test_plain_lloyd_by_hand():
    x = np.array([[0.0, 0], [2, 0], [10, 0], [12, 0]])
    centers, labels, error = lloyd(x, [[0, 0], [4, 0]])
    assert centers.tolist() == [[1, 0], [11, 0]] and labels.tolist() == [0, 0, 1, 1]
    assert error[0] == pytest.approx(0 + 4 + 36 + 64) and error[-1] == pytest.approx(4)
    assert all(b <= a for a, b in zip(error, error[1:], strict=False))


def test_a_centre_without_points_stays():
    centers, _, _ = lloyd(np.array([[0.0], [1.0]]), [[0.5], [99.0]])
    assert centers[1] == 99


def test_approximate_kmeans_does_not_lose_centres():
    x = clustered(1200, np.random.default_rng(5))
    centers = approximate_kmeans(x, 300, n_iter=4)
    assert len(np.unique(centers, axis=0)) == 300
    assert exact_distance(x, centers) < exact_distance(x, x[:300])


def test_same_seed_same_words_and_another_seed_others():
    x = [clustered(600, np.random.default_rng(6))]
    for exact in (True, False):
        first, again, other = (Vocabulary(20, n_iter=3, seed=s, exact=exact).fit(x).centers_ for s in (0, 0, 1))
        assert np.allclose(first, again, atol=1e-6)
        assert not np.allclose(first, other, atol=1e-3)


def test_duplicate_points_count_once():
    with pytest.raises(ValueError, match="5 words cannot be learnt from 2 different"):
        Vocabulary(5).fit([np.repeat([[0.0, 1], [1, 0]], 10, axis=0)])
    assert Vocabulary(2).fit([np.repeat([[0.0, 1], [1, 0]], 10, axis=0)]).centers_.shape == (2, 2)


def test_a_constant_dimension_is_no_trouble():
    x = clustered(200, np.random.default_rng(7))
    x[:, 3] = 0.5
    words = Vocabulary(10).fit([x])
    assert np.allclose(words.centers_[:, 3], 0.5, atol=1e-5)


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda v, x: Vocabulary(50).fit([x[:20]]), ValueError, "50 words cannot be learnt from 20"),
    (lambda v, x: Vocabulary(0).fit([x]), ValueError, "at least 1"),
    (lambda v, x: Vocabulary(5).assign(x), NotFittedError, "not fitted"),
    (lambda v, x: v.assign(x[:, :3]), ValueError, "3 columns, but 128"),
    (lambda v, x: v.assign(x, k=99), ValueError, "between 1 and the 10 words"),
    (lambda v, x: v.assign(x * np.nan), ValueError, "not finite"),
    (lambda v, x: Vocabulary(5).fit([x * np.nan]), ValueError, "not finite"),
    (lambda v, x: TwoLevelAssigner(x, groups=9999), ValueError, "groups must be between"),
    (lambda v, x: recall_of_nearest([1, 2], [1]), ValueError, "one word a descriptor"),
])
def test_bad_input_is_named(call, error, words):
    x = clustered(100, np.random.default_rng(8))
    with pytest.raises(error, match=words):
        call(Vocabulary(10).fit([x]), x)


def test_save_and_load(tmp_path):
    x = clustered(100, np.random.default_rng(9))
    words = Vocabulary(10, seed=3).fit([x])
    words.assign(x, exact=False)
    words.save(tmp_path / "w.npz")
    again = Vocabulary.load(tmp_path / "w.npz")
    assert (again.centers_ == words.centers_).all() and again.get_params() == words.get_params()
    assert seen_share(again.fingerprints_, [x]) == 1
    (tmp_path / "broken.npz").write_bytes(b"no words")
    with pytest.raises(ValueError, match="not a vocabulary"):
        Vocabulary.load(tmp_path / "broken.npz")
    with pytest.raises(FileNotFoundError):
        Vocabulary.load(tmp_path / "absent.npz")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["broken.npz", "w.npz"]


def test_clone_keeps_the_settings_and_forgets_the_words():
    fresh = clone(Vocabulary(10, seed=3, exact=False).fit([clustered(100, np.random.default_rng(9))]))
    assert fresh.seed == 3 and not fresh.exact and not hasattr(fresh, "centers_")


def test_equal_rows_and_only_equal_rows_have_equal_fingerprints():
    x = clustered(5000, np.random.default_rng(10))
    assert len(np.unique(fingerprints(x))) == len(np.unique(x, axis=0))
    assert (fingerprints(x[::-1].copy()) == fingerprints(x)[::-1]).all()
    assert fingerprints(np.roll(x[:1], 1, axis=1)) != fingerprints(x[:1])


def test_a_vocabulary_from_the_test_set_is_caught():
    rng = np.random.default_rng(11)
    test, elsewhere = [clustered(80, rng) for _ in range(5)], [clustered(80, rng) for _ in range(5)]
    Vocabulary(10).fit(elsewhere).require_unseen(test)
    with pytest.raises(ValueError, match="fitted on the town: 100%"):
        Vocabulary(10).fit(test).require_unseen(test, name="town")
    with pytest.raises(ValueError, match="fitted on the test set"):  # a part of it is enough
        Vocabulary(10).fit(elsewhere + test[:1]).require_unseen(test)
    assert seen_share(Vocabulary(10).fit(elsewhere + test[:1]).fingerprints_, test) == pytest.approx(1 / 6)
    # One copied descriptor in a hundred is allowed for.
    Vocabulary(10).fit([*elsewhere, test[0][:3]]).require_unseen(test)
