"""All nearest codes of a query, ties included: what a vote needs, where a list of k neighbours would cut through a tie.

    N(q) = {i : d(q, c_i) = min over j of d(q, c_j)}
"""

import numpy as np

from visret_lab.encoding.blocks import in_threads

ROWS, QUERIES = 1 << 13, 8  # codes and queries at a time: half a megabyte of words stays near the processor


def nearest_all(codes, q):
    """Exact search that keeps every tie.

    Args:
        codes: uint64 N x W. q: uint64 Q x W, of the same length.

    Returns:
        list of Q tuples (distance int, ids int64, ascending).

    Raises:
        ValueError: no code, or words of another type or length.
    """
    _require(codes, q)
    words = np.ascontiguousarray(codes.T)
    found = [None] * len(q)

    def block(rows):
        best, ids = np.full(len(rows), 64 * q.shape[1] + 1), [[] for _ in rows]
        for start in range(0, words.shape[1], ROWS):
            d = np.zeros((len(rows), min(ROWS, words.shape[1] - start)), np.uint16)
            for w in range(len(words)):
                d += np.bitwise_count(q[rows, w, None] ^ words[w, start : start + ROWS])
            for i, least in enumerate(d.min(axis=1)):
                if least < best[i]:
                    best[i], ids[i] = least, []
                if least == best[i]:
                    ids[i].append(start + np.flatnonzero(d[i] == least))
        for i, row in enumerate(rows):
            found[row] = (int(best[i]), np.concatenate(ids[i]))

    in_threads(block, np.array_split(np.arange(len(q)), -(-len(q) // QUERIES)) if len(q) else [])
    return found


def nearest_in(codes, candidates, q):
    """The same among candidates only: codes uint64 N x W, candidates int64 n, one q uint64 W -> (distance, ids); (-1, none) if n is 0."""
    if not len(candidates):
        return -1, np.zeros(0, np.int64)
    d = distances_among(codes, candidates, q)
    return int(d.min()), np.sort(candidates[d == d.min()])


def distances_among(codes, ids, q):
    """Hamming distances of one code to some: codes uint64 N x W, ids int64 n, q uint64 W -> int64 n."""
    distances = np.zeros(len(ids), np.int64)
    for ones in np.bitwise_count(codes.take(ids, axis=0) ^ q).T:  # a third of the time of codes[ids] and a sum over so short an axis
        distances += ones
    return distances


def _require(codes, q):
    if not len(codes):
        raise ValueError("There is no code to search among: add the database first.")
    for name, x in (("codes", codes), ("q", q)):
        if x.dtype != np.uint64 or x.ndim != 2 or x.shape[1] != codes.shape[1]:
            raise ValueError(f"{name} must be uint64, all rows of one length; got {x.dtype} {x.shape}, and codes are {codes.shape}.")
