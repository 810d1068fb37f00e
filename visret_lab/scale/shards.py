"""A database cut over machines: every shard has some of the rows, every question goes to all of them, and their lists are merged.

A shard may stand on several machines (replicas); one of them has to answer. Where none does, the answer says which share of the rows was
not searched (Dean and Barroso, "The Tail at Scale", CACM 2013, on waiting no longer than a good answer needs).
"""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from visret_lab.arrays import as_rows


class Answer(NamedTuple):
    """scores float32 Q x k and ids int64 Q x k, best first, ties by id; missing: numbers of the shards that did not answer; share: of the
    rows that were searched, from 0 to 1."""

    scores: np.ndarray
    ids: np.ndarray
    missing: list
    share: float


def merge(scores, ids, k):
    """One list of several: the k best of all, ties by id.

    The k best rows of a database are among the k best of its shards, so nothing is lost as long as every shard gives k.

    Args:
        scores: list of float Q x k_s, one a shard. ids: list of int64 Q x k_s, numbers of the whole database; -1 is an empty place.

    Returns:
        scores float32 Q x k, ids int64 Q x k; -inf and -1 where there are fewer than k.
    """
    s, i = np.concatenate(scores, axis=1).astype(np.float32), np.concatenate(ids, axis=1).astype(np.int64)
    s = np.where(i < 0, -np.inf, s)
    last = np.where(i < 0, np.iinfo(np.int64).max, i)  # an empty place comes last, also after a score of -inf
    order = np.lexsort((last, -s), axis=1)[:, :k]
    s, i = (np.take_along_axis(x, order, axis=1) for x in (s, i))
    gap = ((0, 0), (0, max(0, k - s.shape[1])))
    return np.pad(s, gap, constant_values=-np.inf), np.pad(i, gap, constant_values=-1)


def shard_of(ids, shards):
    """The shard of each id, so that ids are spread evenly and few of them move when a shard is added: int64 N.

        shard(i) = argmax over s of h(i, s)

    Every shard draws a lot for every id, and the highest one has it. A new shard takes from each old one what it has the highest lot for,
    a share of 1 / (shards + 1) of all; nothing moves between old shards (Thaler and Ravishankar, IEEE/ACM ToN 1998, "rendezvous").

    Args:
        ids: int N, from 0 on. shards: how many.
    """
    ids = np.asarray(ids, np.uint64)
    if shards < 1:
        raise ValueError(f"There must be at least one shard, not {shards}.")
    best, owner = _lot(ids, 0), np.zeros(ids.shape, np.int64)
    for s in range(1, shards):
        lot = _lot(ids, s)
        owner[lot > best] = s
        best = np.maximum(best, lot)
    return owner


def _lot(ids, shard):
    """A number of 64 bits for (id, shard) that looks random: the mixing steps of splitmix64 (Steele et al., OOPSLA 2014)."""
    with np.errstate(over="ignore"):
        z = ids + np.uint64(shard + 1) * np.uint64(0x9E3779B97F4A7C15)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
        return z ^ (z >> np.uint64(31))


class Shards:
    """A database over several shards, each with one or more replicas.

    Args:
        parts: list of (ids, replicas): int64 N_s, the numbers of a shard's rows in the order in which they were added; list of indexes with
            `search(q, k) -> scores, rows`, all with the same rows.
        deadline: seconds to wait for the shards of a question; None waits for all. What is late is left behind and counts as missing.

    Raises:
        ValueError: no shard, or one without replicas.
    """

    def __init__(self, parts, deadline=None):
        self.parts = [(np.asarray(ids, np.int64), list(replicas)) for ids, replicas in parts]
        if not self.parts or not all(replicas for _, replicas in self.parts):
            raise ValueError("Give at least one shard, and at least one replica of each.")
        self.deadline, self._pool = deadline, ThreadPoolExecutor(2 * len(self.parts), thread_name_prefix="shard")

    def __len__(self):
        return sum(len(ids) for ids, _ in self.parts)

    def search(self, q, k):
        """Ask all shards at once, and merge their lists.

        Returns:
            Answer.

        Raises:
            ConnectionError: not one shard answered. ValueError: as the shards' own `search`.
        """
        q, until = as_rows(q, "q"), None if self.deadline is None else time.monotonic() + self.deadline
        asked = [self._pool.submit(_ask, ids, replicas, q, k) for ids, replicas in self.parts]
        found, missing = [], []
        for number, future in enumerate(asked):
            try:
                found.append(future.result(None if until is None else max(0.0, until - time.monotonic())))
            except (OSError, TimeoutError):
                future.cancel()
                missing.append(number)
        if not found:
            raise ConnectionError(f"None of {len(self.parts)} shards answered.")
        lost = sum(len(self.parts[number][0]) for number in missing)
        return Answer(*merge(*zip(*found, strict=True), k), missing, 1 - lost / len(self))

    def close(self):
        """Stop the threads that ask. What is late is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _ask(ids, replicas, q, k):
    """One shard: its first replica that answers."""
    for n, replica in enumerate(replicas):
        try:
            scores, rows = replica.search(q, k)
        except OSError:  # ConnectionError and TimeoutError are OSErrors
            if n == len(replicas) - 1:
                raise
            continue
        return scores, np.where(rows < 0, -1, ids[rows])


def cut(x, shards, make, replicas=1):
    """Cut rows over shards by `shard_of`: what `Shards` takes.

    Args:
        x: float N x D. make: function without arguments -> empty index with `add` and `search`. replicas: of each shard.
    """
    x = as_rows(x, "x")
    owner = shard_of(np.arange(len(x)), shards)
    rows = [np.flatnonzero(owner == s) for s in range(shards)]
    if not all(map(len, rows)):
        raise ValueError(f"{len(x)} rows leave some of {shards} shards empty. Take fewer shards.")
    return [(ids, [_filled(make(), x[ids]) for _ in range(replicas)]) for ids in rows]


def _filled(index, x):
    index.add(x)
    return index
