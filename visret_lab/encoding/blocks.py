"""Images in blocks, so that memory is bounded; the blocks in threads, so that all cores work."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import ThreadpoolController


def blocks(counts, limit):
    """Slices of whole images, each with at most `limit` descriptors (or one image that has more). Args: counts: int M."""
    ends = np.cumsum(counts)
    first = 0
    while first < len(counts):
        done = ends[first - 1] if first else 0
        last = max(first + 1, int(np.searchsorted(ends, done + limit, side="right")))
        yield slice(first, last)
        first = last


def in_threads(function, pieces):
    """Call `function` for every piece, in as many threads as NumPy's matrix products may use.

    A block is a chain of small steps of which only the matrix products would use more than one core. So the blocks are dealt
    out to the cores, and each product keeps to one; the result does not depend on the number of threads.

    Args:
        function: takes a piece, and writes its result where no other piece does.
        pieces: an iterable.
    """
    pieces = list(pieces)
    if len(pieces) < 2:  # asking for the number of threads takes longer than a small block
        for piece in pieces:
            function(piece)
        return
    products = ThreadpoolController().select(user_api="blas")
    threads = max((library["num_threads"] for library in products.info()), default=1)
    with products.limit(limits=1), ThreadPoolExecutor(min(threads, len(pieces))) as pool:
        list(pool.map(function, pieces))  # the list brings errors to the caller
