"""Distances between histograms, all pairs at once: N x D against M x D gives N x M.

L1, L2, Hellinger and chi-squared are distances: smaller is more alike. Intersection is a similarity: larger is more
alike. To rank with a distance, hand its negative to `arrays.rank`.
"""

import numpy as np
import torch

from visret_lab.arrays import as_rows, require_finite

BLOCK = 1024  # pairs are done in blocks of so many rows: it bounds the memory and does not change the result


def l1(a, b):
    """Sum of absolute differences, sum_d |a_d - b_d|. In [0, 2] for histograms of mass 1.

    Args:
        a: N x D.
        b: M x D.

    Returns:
        float32 N x M.

    Raises:
        ValueError: different numbers of columns, or values that are not finite.
    """
    def term(total, buffer, x, y):
        torch.sub(x, y, out=buffer)
        total.add_(buffer.abs_())

    return _bin_by_bin(*_pair(a, b), term)


def l2(a, b):
    """Euclidean distance, the root of sum_d (a_d - b_d)^2. Arguments, result and errors as `l1`."""
    a, b = _pair(a, b)
    return torch.cdist(torch.from_numpy(a), torch.from_numpy(b), p=2).numpy()


def intersection(a, b):
    """Histogram intersection of Swain and Ballard, sum_d min(a_d, b_d): a similarity in [0, 1].

    Since min(x, y) = (x + y - |x - y|) / 2, histograms of mass 1 have intersection = 1 - L1 / 2: both give the same
    ranking. Arguments and result as `l1`.

    Raises:
        ValueError: as `l1`, or a histogram with a negative value or a mass other than 1.
    """
    a, b = _pair(a, b)
    require_mass(a, "a")
    require_mass(b, "b")

    def term(total, buffer, x, y):
        torch.minimum(x, y, out=buffer)
        total.add_(buffer)

    return _bin_by_bin(a, b, term)


def hellinger(a, b):
    """Hellinger distance, sqrt(1 - sum_d sqrt(a_d b_d)), in [0, 1].

    The sum is a dot product of root histograms, so one matrix product compares all pairs. OpenCV calls this distance
    HISTCMP_BHATTACHARYYA. Arguments and result as `l1`.

    Raises:
        ValueError: as `intersection`.
    """
    a, b = _pair(a, b)
    require_mass(a, "a")
    require_mass(b, "b")
    affinity = torch.from_numpy(np.sqrt(a)) @ torch.from_numpy(np.sqrt(b)).T
    return (1 - affinity).clamp_(min=0).sqrt_().numpy()


def chi_squared(a, b):
    """Symmetric chi-squared distance, 1/2 sum_d (a_d - b_d)^2 / (a_d + b_d); bins empty on both sides count 0.

    Because (a - b)^2 / (a + b) = a - 3 b + 4 b^2 / (a + b), one sum and one division a bin are enough; the rest is
    known from the masses. This shorter form subtracts numbers of the size of the mass, so very close pairs are done
    again by the definition. The result is right to about 1e-6 of the mass.

    The field has several chi-squared distances. OpenCV's HISTCMP_CHISQR_ALT is 4 times this one; its HISTCMP_CHISQR
    divides by a alone and is not symmetric. scikit-learn's additive_chi2_kernel is -2 times this one.

    Args:
        a: N x D, not negative. No normalisation is asked for, but histograms of unequal mass differ by their mass, too.
        b: M x D, not negative.

    Returns:
        float32 N x M, in [0, 1] for histograms of mass 1.

    Raises:
        ValueError: as `l1`, or a negative value.
    """
    a, b = _pair(a, b)
    require_nonnegative(a, "a")
    require_nonnegative(b, "b")
    tiny = torch.finfo(torch.float32).tiny

    def term(total, buffer, x, y):
        torch.add(x.clamp(min=tiny), y, out=buffer)  # a bin empty on both sides gives 0 / tiny = 0 in place of 0 / 0
        total.addcdiv_(y * y, buffer)

    mass_a, mass_b = a.sum(axis=1, dtype=np.float64), b.sum(axis=1, dtype=np.float64)
    distance = ((mass_a[:, None] - 3 * mass_b) / 2 + 2 * _bin_by_bin(a, b, term)).astype(np.float32)
    _repair_close_pairs(distance, a, b, mass_a, mass_b)
    return distance


def _bin_by_bin(a, b, term):
    """Sum over d of a term of a_d and b_d, for all pairs: N x D, M x D -> float32 N x M.

    One bin at a time for a whole table of pairs, because a few passes over a large table are quicker than many short
    sums. `term(total, buffer, x, y)` adds the term of one bin to `total` (n x m); x is n x 1, y is m, and `buffer`
    (n x m) is for its own use.
    """
    a, b = (torch.from_numpy(x).T.contiguous() for x in (a, b))
    out = torch.zeros(a.shape[1], b.shape[1])
    for i in range(0, len(out), BLOCK):
        for j in range(0, out.shape[1], BLOCK):
            total = out[i:i + BLOCK, j:j + BLOCK]
            part, buffer = torch.zeros(total.shape), torch.empty(total.shape)
            for d in range(len(a)):
                term(part, buffer, a[d, i:i + BLOCK, None], b[d, j:j + BLOCK])
                if d % 32 == 31:  # sums of sums: many small numbers added to a large one would lose digits
                    total += part
                    part.zero_()
            total += part
    return out.numpy()


def _repair_close_pairs(distance, a, b, mass_a, mass_b):
    """Replace the entries below a thousandth of the mass by the definition, which is exact there."""
    for i, row in enumerate(distance):
        close = np.flatnonzero(row <= 1e-3 * (mass_a[i] + mass_b))
        if close.size:
            total = a[i] + b[close]
            square = (a[i] - b[close]) ** 2
            row[close] = np.divide(square, total, out=np.zeros_like(total), where=total > 0).sum(axis=1) / 2


def require_nonnegative(x, name):
    """Raise a ValueError when the histograms `x` have a negative bin."""
    if x.size and x.min() < 0:
        row = int(np.argwhere(x < 0)[0][0])
        raise ValueError(
            f"{name} has a negative value in row {row}; a histogram counts, so no bin can be below 0. "
            "Was it centred or projected? Then compare with l2."
        )


def require_mass(x, name, tolerance=1e-3):
    """Raise a ValueError when a row of `x` is no histogram of mass 1: a negative bin, or a sum other than 1."""
    require_finite(x, name)
    require_nonnegative(x, name)
    mass = x.sum(axis=1, dtype=np.float64)
    off = np.flatnonzero(np.abs(mass - 1) > tolerance)
    if off.size:
        raise ValueError(
            f"{name} must have rows that sum to 1, but row {off[0]} sums to {mass[off[0]]:.4g} ({off.size} of "
            f"{len(x)} rows are off). Divide every histogram by its sum (its number of pixels)."
        )


def _pair(a, b):
    a = as_rows(a, "a")
    return a, as_rows(b, "b", dim=a.shape[1])
