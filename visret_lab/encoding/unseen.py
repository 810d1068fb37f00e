"""The check that what was learnt was not learnt on the images that it is about to be tested on.

What is learnt must come from other images (Paris for Oxford), else it fits the test set better than it will fit anything else.
"""

import numpy as np

from visret_lab.encoding.ragged import stack

FINGERPRINTS = 20_000  # of training descriptors that are remembered
BLOCK = 1 << 14  # rows whose marks are made at a time: their bits take 16 MB at 128 numbers


def remember(rows):
    """Marks of at most 20,000 training descriptors: sorted uint64. Args: rows: float32 N x D."""
    return np.unique(fingerprints(rows[:: -(-len(rows) // FINGERPRINTS)]))


def seen_share(marks, descriptors, dim=None):
    """Share, 0 to 1, of the remembered descriptors that occur in others.

    Args:
        marks: what `remember` gave. descriptors: list of float N_i x D, one an image. dim: the D that is expected.
    """
    rows, found = stack(descriptors, dim).rows, np.zeros(len(marks), bool)
    for start in range(0, len(rows), BLOCK):
        found |= np.isin(marks, fingerprints(rows[start : start + BLOCK]))
    return float(found.mean())


def require_unseen(marks, descriptors, what, most=0.01, name="test set", dim=None):
    """Stop when something was learnt from the images that it is about to be tested on.

    Args:
        marks: what `remember` gave at training, or None where nobody knows what it was learnt from.
        descriptors: list of float N_i x D, one a test image.
        what: what was learnt, for the error: "mixture".
        most: the largest share of training descriptors that may occur in them; a copy of a picture here and there is allowed.
        name: what the error calls the images.
        dim: the D that is expected.

    Raises:
        ValueError: a larger share was seen in training, or nothing is known of the training.
    """
    if marks is None:
        raise ValueError(f"Nothing is known of what this {what} was learnt from: it was made from numbers. Fit it here, on "
                         f"other images than the {name}.")
    share = seen_share(marks, descriptors, dim)
    if share > most:
        raise ValueError(f"This {what} was fitted on the {name}: {share:.0%} of its training descriptors occur there. Fit it "
                         "on other images, as the papers learn on Paris and test on Oxford; otherwise the score says nothing "
                         "about images that were not seen.")


def fingerprints(x):
    """One uint64 a row of float32 N x D: equal for equal rows, and different for others but for one pair in 2^64.

    The bits of each entry are multiplied by an odd number of its column, and summed without carrying beyond 64 bits.
    """
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32).astype(np.uint64)
    odd = np.random.default_rng(20031013).integers(0, 2**63, bits.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    bits *= odd
    mixed = bits.sum(axis=1, dtype=np.uint64)
    return mixed ^ (mixed >> np.uint64(29))
