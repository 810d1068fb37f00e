import numpy as np

from tests.teaching.exercises.common import assert_exercise_module
from visret_lab.scale.assumptions import Assumptions, searching
from visret_lab.scale.fresh import Fresh
from visret_lab.scale.shards import merge
from visret_lab.search.exact import ExactIndex
from visret_lab.teaching.exercises import ch28_beyond_one_machine as exercise
from tests.bench.records import made_up
from visret_lab.bench.plan import model


def test_every_mistake_has_its_own_answer():
    assert_exercise_module(exercise)


def test_the_share_gives_back_the_time():
    for t1, w, tw in exercise.amdahl.cases():
        s, limit = exercise.amdahl.reference(t1, w, tw)
        assert np.isclose(t1 * (s + (1 - s) / w), tw) and np.isclose(limit, t1 / (t1 * s))


def test_the_plan_is_the_packages():
    a = Assumptions(n=1e9, memory=64, cores=16, rate=50, copies=2)
    told = searching(model(made_up()), "exact", a)
    assert exercise.plan.reference(1e9, 128, 0, 64, 50, told["ms"], 16, 2).tolist() == [told["shards"], told["replicas"], told["machines"]]


def test_late_questions_of_the_plan():
    took = np.zeros((1000, 20))
    for s in range(20):
        took[s * 10 : s * 10 + 10, s] = 99  # each shard is late for other questions
    assert np.allclose(exercise.late.reference(took, 50), [0.2, 1 - 0.99**20])


def test_certain_places_are_certain():
    rng = np.random.default_rng(0)
    for _ in range(300):
        x, k, sent = rng.integers(0, 6, 40) / 5, int(rng.integers(1, 12)), int(rng.integers(1, 6))
        owner = rng.integers(0, 4, 40)
        scores, ids = np.full((4, sent), -np.inf), np.full((4, sent), -1)
        for s in range(4):
            own = sorted((-x[i], i) for i in np.flatnonzero(owner == s))[:sent]
            scores[s, : len(own)], ids[s, : len(own)] = [-v for v, _ in own], [i for _, i in own]
        found, safe = exercise.merged.reference(scores, ids, k)
        truth = np.argsort(-x, kind="stable")[: len(found)]
        assert np.array_equal(found[:safe], truth[:safe])
        assert np.array_equal(found, merge(list(scores[:, None]), list(ids[:, None]), k)[1][0][: len(found)])


def test_new_rows_are_the_packages():
    rng = np.random.default_rng(1)
    rows, q = rng.normal(size=(30, 4)).astype(np.float32), rng.normal(size=4).astype(np.float32)
    fresh = Fresh(ExactIndex().add(rows[:20]), np.arange(20)).add(rows[20:24], [3, 5, 40, 41]).remove([7])
    large = ExactIndex().add(rows[:20]).search(q, 20)
    small, names = rows[20:24] @ q, np.array([3, 5, 40, 41])
    got = exercise.newest.reference((large[0][0], large[1][0]), {3, 5, 7}, (small, names), 9)
    assert np.array_equal(got, fresh.search(q, 9)[1][0])


def test_the_highest_lot_moves_to_the_new_shard_only():
    for lots, old in exercise.moved.cases():
        modulo, lot = exercise.moved.reference(lots, old)
        assert modulo > 0.5 and abs(lot - 1 / (old + 1)) < 0.1
