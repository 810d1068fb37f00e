"""Key features: one descriptor for a whole track, each bit by a vote of its frames.

    k_j = 1  where  (1 / T) sum over frames t of b_tj >= 1/2

Garcia and Vogiatzis, ICCV workshops 2017. Noise that turns single bits over is voted down. The authors' published code asks whether at
least *two* frames have the bit set: the same for three and four frames, and ever more ones for longer tracks.
"""

import numpy as np


def key_feature(bits):
    """The descriptor of a track.

    Args:
        bits: uint8 T x D, descriptors of its frames, or a list of them.

    Returns:
        uint8 D.

    Raises:
        ValueError: no frame, or another type.
    """
    rows = _require(bits)
    ones = np.unpackbits(rows, axis=1, bitorder="little").sum(axis=0, dtype=np.int64)
    return np.packbits(2 * ones >= len(rows), bitorder="little")


def two_or_more(bits):
    """What the published code computes: a bit is 1 where two frames or more have it. Arguments as `key_feature`."""
    return np.packbits(np.unpackbits(_require(bits), axis=1, bitorder="little").sum(axis=0, dtype=np.int64) >= 2, bitorder="little")


def _require(bits):
    rows = np.asarray(bits)
    if rows.dtype != np.uint8 or rows.ndim != 2 or not len(rows):
        raise ValueError(f"A track must be uint8 frames x bytes with at least one frame; got {rows.dtype} of shape {rows.shape}.")
    return rows
