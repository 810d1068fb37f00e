import time

import numpy as np
import pytest

from tests.scale.common import Deaf
from visret_lab.evaluation import neighbour_recall
from visret_lab.scale.shards import Shards, cut, merge, shard_of
from visret_lab.search.exact import ExactIndex

RNG = np.random.default_rng(0)
X = np.round(RNG.normal(size=(300, 4)), 0).astype(np.float32)  # few different values: many equal scores
Q = np.round(RNG.normal(size=(20, 4)), 0).astype(np.float32)


@pytest.fixture
def opened():
    made = []
    yield lambda *options, **more: made.append(Shards(*options, **more)) or made[-1]
    for one in made:
        one.close()


@pytest.mark.parametrize("shards", [1, 3, 7])
@pytest.mark.parametrize("k", [1, 10, 60, 400])
def test_all_shards_together_are_one_index(opened, shards, k):
    answer = opened(cut(X, shards, ExactIndex)).search(Q, k)
    scores, ids = ExactIndex().add(X).search(Q, k)
    assert np.array_equal(answer.ids, ids) and np.array_equal(answer.scores, scores)
    assert answer.missing == [] and answer.share == 1 and answer.scores.dtype == np.float32 and answer.ids.dtype == np.int64


def test_merge_by_hand():
    scores, ids = merge([np.array([[0.9, 0.5, -np.inf]]), np.array([[0.9, 0.7]])], [np.array([[8, 1, -1]]), np.array([[3, 9]])], 6)
    assert ids.tolist() == [[3, 8, 9, 1, -1, -1]]
    assert scores[0, :4].tolist() == [np.float32(v) for v in (0.9, 0.9, 0.7, 0.5)] and np.isneginf(scores[0, 4:]).all()
    assert merge([np.array([[-np.inf, -np.inf]])], [np.array([[-1, 5]])], 2)[1].tolist() == [[5, -1]]


def test_a_shard_that_does_not_answer_costs_its_share(opened):
    x, q = (np.random.default_rng(1).normal(size=(n, 8)).astype(np.float32) for n in (2000, 300))
    parts = cut(x, 4, ExactIndex)
    lost = len(parts[2][0])
    parts[2] = parts[2][0], [Deaf(), Deaf()]
    shards = opened(parts)
    answer = shards.search(q, 10)
    assert answer.missing == [2] and answer.share == pytest.approx(1 - lost / 2000) and len(shards) == 2000
    assert neighbour_recall(answer.ids, ExactIndex().add(x).search(q, 10)[1]).mean() == pytest.approx(answer.share, abs=0.03)


def test_a_replica_answers_in_its_place(opened):
    parts = cut(X, 3, ExactIndex, replicas=2)
    assert all(len(replicas) == 2 and replicas[0] is not replicas[1] for _, replicas in parts)
    answer = opened([(ids, [Deaf(), replicas[1]]) for ids, replicas in parts]).search(Q, 10)
    assert answer.missing == [] and np.array_equal(answer.ids, ExactIndex().add(X).search(Q, 10)[1])


def test_what_is_late_is_left_behind(opened):
    parts = cut(X, 3, ExactIndex)
    parts[0] = parts[0][0], [Deaf(late=0.6)]
    shards, start = opened(parts, deadline=0.15), time.monotonic()
    assert shards.search(Q, 5).missing == [0] and time.monotonic() - start < 0.5


def test_nobody_answers(opened):
    with pytest.raises(ConnectionError, match="None of 2 shards answered"):
        opened([([0], [Deaf()]), ([1], [Deaf()])]).search(Q, 2)


def test_a_bug_in_a_shard_is_no_missing_shard(opened):
    with pytest.raises(ValueError, match="columns|dim|4"):
        opened(cut(X, 2, ExactIndex)).search(Q[:, :2], 3)


def test_ids_are_spread_evenly_and_few_move():
    ids = np.arange(100_000)
    for shards in (2, 5, 16):
        owner, grown = shard_of(ids, shards), shard_of(ids, shards + 1)
        counts = np.bincount(owner, minlength=shards)
        assert len(counts) == shards and np.abs(counts * shards / len(ids) - 1).max() < 0.05
        moved = owner != grown
        assert (grown[moved] == shards).all() and moved.mean() == pytest.approx(1 / (shards + 1), rel=0.05)
    assert (shard_of(ids, 1) == 0).all() and np.array_equal(shard_of(ids[::-1], 5), shard_of(ids, 5)[::-1])
    assert shard_of([2**63 - 1, 0, 7], 1000).tolist() == shard_of([2**63 - 1, 0, 7], 1000).tolist()


@pytest.mark.parametrize(("call", "says"), [
    (lambda: Shards([]), "at least one shard"), (lambda: Shards([([0], [])]), "one replica"),
    (lambda: shard_of([1], 0), "at least one shard"),
    (lambda: cut(X[:2], 9, ExactIndex), "leave some of 9 shards empty")])
def test_bad_input(call, says):
    with pytest.raises(ValueError, match=says):
        call()
