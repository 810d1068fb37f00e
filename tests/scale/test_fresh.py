import numpy as np
import pytest

from visret_lab.scale.fresh import Fresh
from visret_lab.search.engines import Engine
from visret_lab.search.exact import ExactIndex

RNG = np.random.default_rng(0)
Q = np.round(RNG.normal(size=(6, 4))).astype(np.float32)


def expected(living, q, k, metric):
    """Exact search over a dict id -> row."""
    names = np.array(sorted(living))
    scores, rows = ExactIndex(metric).add(np.stack([living[i] for i in names])).search(q, k)
    return scores, np.where(rows < 0, -1, names[rows])


@pytest.mark.parametrize("metric", ["ip", "l2"])
def test_after_any_changes_it_answers_as_an_index_made_anew(metric):
    rng = np.random.default_rng(1)
    rows = np.round(rng.normal(size=(60, 4))).astype(np.float32)
    ids = rng.permutation(500)[:60]
    ids.sort()
    living = dict(zip(ids.tolist(), rows, strict=True))
    fresh = Fresh(ExactIndex(metric).add(rows), ids, metric)
    for step in range(60):
        new = np.round(rng.normal(size=(2, 4))).astype(np.float32)
        names = rng.choice(500, 2, replace=False)
        if step % 3 == 2:
            gone = rng.choice(sorted(living), 2, replace=False)
            fresh.remove(gone)
            for i in gone.tolist():
                del living[i]
        else:
            fresh.add(new, names)
            living |= dict(zip(names.tolist(), new, strict=True))
        for k in (1, 7, 200):
            got, wanted = fresh.search(Q, k), expected(living, Q, k, metric)
            assert np.array_equal(got[1], wanted[1]) and np.allclose(got[0], wanted[0], atol=1e-5)
        assert len(fresh) == len(living)


def test_beside_an_engine_that_is_not_ours():
    rows = RNG.normal(size=(40, 4)).astype(np.float32)
    fresh = Fresh(Engine("exact", 4, "ip").add(rows), np.arange(40)).remove([3]).add(10 * Q[:1], [3])
    assert fresh.search(Q[:1], 1)[1][0, 0] == 3


@pytest.mark.parametrize(("call", "says"), [
    (lambda f: f.remove([9]), "no row with id 9"), (lambda f: f.remove([1]).remove([1]), "no row with id 1"),
    (lambda f: f.add(Q[:2], [1]), "2 different ids"), (lambda f: f.add(Q[:2], [5, 5]), "1 different")])
def test_bad_input(call, says):
    with pytest.raises(ValueError, match=says):
        call(Fresh(ExactIndex().add(Q[:3]), [0, 1, 2]))


def test_ids_fit_the_index():
    for ids in ([0, 1], [0, 1, 1]):
        with pytest.raises(ValueError, match="3 different ids"):
            Fresh(ExactIndex().add(Q[:3]), ids)
